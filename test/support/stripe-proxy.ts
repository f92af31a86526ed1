import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { startTestApp, type TestApp, type TestAppOptions } from "./app.js";

/** What becomes of a request on its way to Stripe, or of the answer on its way back. */
export type Mishap =
  /** Somebody else answers in Stripe's place. */
  | { readonly status: number; readonly body: string; readonly headers?: Record<string, string> }
  /** The request never arrives. */
  | "reset"
  /** Stripe did what was asked, and its answer never arrives. */
  | "reset after"
  /** Nothing is ever heard again. */
  | "silence"
  /** The answer comes, a byte at a time and without an end. */
  | "trickle"
  /** Something happens once Stripe has answered, before anybody hears of it. */
  | { readonly onAnswer: () => void };

/** A wire between the service and Stripe on which things go wrong. */
export interface StripeProxy {
  readonly url: URL;
  /** From now on this happens to such requests; `path` is a pattern of the whole path without its query. */
  spoil(method: string, path: RegExp, mishap: Mishap): void;
  /** All is well again. */
  mend(): void;
  close(): Promise<void>;
}

/** Opens a wire on a free port to the Stripe, or sandbox, at this address. */
export async function openStripeProxy(target: URL): Promise<StripeProxy> {
  let spoiled: { method: string; path: RegExp; mishap: Mishap }[] = [];
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "/" } = request;
    const path = new URL(url, target).pathname;
    const body = await text(request);
    const mishap = spoiled.find((one) => one.method === method && one.path.test(path))?.mishap;
    if (mishap === "reset") return void request.socket.resetAndDestroy();
    if (mishap === "silence") return;
    if (typeof mishap === "object" && "status" in mishap) {
      response.writeHead(mishap.status, { "content-type": "application/json", ...mishap.headers }).end(mishap.body);
      return;
    }
    const answer = await fetch(new URL(url, target), {
      method,
      headers: asSent(request),
      ...(body !== "" && { body }),
    });
    const answered = await answer.text();
    if (mishap === "reset after") return void request.socket.resetAndDestroy();
    if (mishap === "trickle") return trickle(response, answered);
    mishap?.onAnswer();
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(answered);
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The proxy has no port.");
  return {
    url: new URL(`http://127.0.0.1:${address.port}`),
    spoil(method, path, mishap) {
      spoiled = [{ method, path, mishap }, ...spoiled];
    },
    mend() {
      spoiled = [];
    },
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function asSent(request: IncomingMessage): Record<string, string> {
  const ofTheWire = ["host", "connection", "content-length", "transfer-encoding", "keep-alive"];
  const sent = Object.entries(request.headers).filter(([name]) => !ofTheWire.includes(name));
  return Object.fromEntries(sent.map(([name, value]) => [name, String(value)]));
}

function trickle(response: ServerResponse, answer: string): void {
  response.writeHead(200, { "content-type": "application/json" });
  let at = 0;
  const timer = setInterval(() => response.write(answer[at++] ?? " "), 50);
  response.once("close", () => clearInterval(timer));
}

/** Starts a service whose wire to Stripe can be spoiled. */
export async function startOnSpoiledWire(
  options: TestAppOptions = {},
): Promise<{ app: TestApp; wire: StripeProxy; stop(): Promise<void> }> {
  let wire: StripeProxy | undefined;
  const { app, stop } = await startTestApp({
    ...options,
    async configure(config) {
      if (!config.stripe.apiBase) throw new Error("The service is not on the sandbox.");
      wire = await openStripeProxy(config.stripe.apiBase);
      return { ...config, stripe: { ...config.stripe, apiBase: wire.url } };
    },
  });
  if (!wire) throw new Error("The service was started without its wire.");
  const opened = wire;
  return {
    app,
    wire: opened,
    async stop() {
      await stop();
      await opened.close();
    },
  };
}
