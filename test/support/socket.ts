import { once } from "node:events";
import WebSocket from "ws";

/** A message of the protocol: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md */
export interface Message {
  readonly type: string;
  readonly id?: string;
  // biome-ignore lint/suspicious/noExplicitAny: each test asks for another shape, and checks it
  readonly payload?: any;
}

/** A connection on which a test says each message itself, rude ones included. */
export interface RawSocket {
  say(message: object | string): void;
  /** The next message that is no ping; fails when the connection ends first. */
  hear(): Promise<Message>;
  /** Resolves with code and reason once the connection has ended. */
  readonly closed: Promise<{ code: number; reason: string }>;
  close(): void;
}

/** Connects without a word; resolves when the connection stands. */
export async function openSocket(url: string, protocol = "graphql-transport-ws"): Promise<RawSocket> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, protocol);
  const heard: Message[] = [];
  let wake = () => {};
  socket.on("message", (data) => {
    const message: Message = JSON.parse(data.toString());
    if (message.type !== "ping" && message.type !== "pong") heard.push(message);
    wake();
  });
  const closed = once(socket, "close").then(([code, reason]) => ({ code: Number(code), reason: String(reason) }));
  const isOver = closed.then(() => wake());
  await once(socket, "open");
  return {
    closed,
    say: (message) => socket.send(typeof message === "string" ? message : JSON.stringify(message)),
    async hear() {
      for (;;) {
        const message = heard.shift();
        if (message) return message;
        if (socket.readyState === WebSocket.CLOSED) throw new Error("The connection ended without another word.");
        await Promise.race([isOver, new Promise<void>((resolve) => (wake = resolve))]);
      }
    },
    close: () => socket.close(),
  };
}

/** Connects and introduces itself. */
export async function greet(url: string, token?: string): Promise<RawSocket> {
  const socket = await openSocket(url);
  socket.say({ type: "connection_init", payload: token ? { authorization: `Bearer ${token}` } : {} });
  const { type } = await socket.hear();
  if (type !== "connection_ack") throw new Error(`The server said ${type}.`);
  return socket;
}

/** Asks for one operation; gives what comes first. */
export async function askOver(socket: RawSocket, query: string, variables: object = {}): Promise<Message> {
  socket.say({ type: "subscribe", id: crypto.randomUUID(), payload: { query, variables } });
  return socket.hear();
}
