import { createClient } from "graphql-ws";
import WebSocket from "ws";

/** A live update as a client sees it. */
export interface Stream {
  /** The next event; fails after a minute without one. */
  // biome-ignore lint/suspicious/noExplicitAny: each test asks for another shape, and checks it
  next(): Promise<any>;
  /** Resolves when the server ends the stream. */
  readonly ended: Promise<void>;
  /** Events that came and were not taken with `next`. */
  readonly waiting: unknown[];
  close(): Promise<void>;
}

/** Subscribes over `graphql-transport-ws`; resolves when the server is known to listen. */
export async function openStream(
  url: string,
  token: string | undefined,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Stream> {
  const client = createClient({
    url: `${url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    ...(token && { connectionParams: { authorization: `Bearer ${token}` } }),
  });
  const waiting: unknown[] = [];
  let wake = () => {};
  let failure: unknown;
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  client.subscribe(
    { query, variables },
    {
      next: (result) => {
        waiting.push(result);
        wake();
      },
      error: (error) => {
        failure = error;
        wake();
        end();
      },
      complete: () => {
        wake();
        end();
      },
    },
  );
  await settled(client);
  return {
    waiting,
    ended,
    async next() {
      const deadline = Date.now() + 60_000;
      while (waiting.length === 0) {
        if (failure) throw failure;
        if (Date.now() > deadline) throw new Error("Waited a minute in vain for a live update.");
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 50);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      return waiting.shift();
    },
    close: async () => client.dispose(),
  };
}

/**
 * The protocol does not acknowledge a subscription. A ping does it: the server handles messages in
 * order, so its pong comes after the subscription was taken.
 */
async function settled(client: ReturnType<typeof createClient>): Promise<void> {
  await new Promise<void>((resolve) => {
    const stop = client.on("connected", (socket) => {
      stop();
      const pong = client.on("pong", () => {
        pong();
        resolve();
      });
      const closed = client.on("closed", () => {
        closed();
        resolve();
      });
      setTimeout(() => {
        if (socket instanceof WebSocket && socket.readyState === WebSocket.OPEN)
          socket.send(JSON.stringify({ type: "ping" }));
      }, 20);
    });
    const failed = client.on("closed", () => {
      failed();
      resolve();
    });
  });
}
