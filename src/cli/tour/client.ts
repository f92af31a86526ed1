import { createClient } from "graphql-ws";
import WebSocket from "ws";
import type { z } from "zod";
import { Surprise } from "./narrator.js";

/** The API as a front end uses it. */
export interface Client {
  /** Sends an operation over HTTP; what comes back must have this shape. */
  ask<T extends z.ZodType>(shape: T, query: string, variables?: Record<string, unknown>): Promise<z.output<T>>;
  /** Opens a live update; each event must have this shape. */
  follow<T extends z.ZodType>(shape: T, query: string, variables?: Record<string, unknown>): Updates<z.output<T>>;
}

/** Events of a live update, one after another. */
export interface Updates<T> {
  next(): Promise<T>;
  close(): Promise<void>;
}

const patienceMs = 10_000;

/** A client of the API at `url`; anonymous without a token. */
export function makeClient(url: string, token?: string): Client {
  return {
    async ask(shape, query, variables = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
        body: JSON.stringify({ query, variables }),
      });
      return read(shape, JSON.parse(await response.text()));
    },
    follow(shape, query, variables = {}) {
      const socket = createClient({
        url: `${url.replace("http", "ws")}/graphql`,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        ...(token && { connectionParams: { authorization: `Bearer ${token}` } }),
      });
      const events = socket.iterate({ query, variables });
      return {
        async next() {
          const event = await within(patienceMs, events.next());
          if (event.done) throw new Surprise("The live update ended too early.");
          return read(shape, event.value);
        },
        close: async () => {
          await events.return?.();
          await socket.dispose();
        },
      };
    },
  };
}

function read<T extends z.ZodType>(shape: T, answer: { data?: unknown; errors?: unknown }): z.output<T> {
  if (answer.errors) throw new Surprise(`The API answered with errors: ${JSON.stringify(answer.errors)}`);
  const result = shape.safeParse(answer.data);
  if (!result.success) throw new Surprise(`The API answered ${JSON.stringify(answer.data)}: ${result.error.message}`);
  return result.data;
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Surprise(`Nothing came in ${ms / 1000} s.`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
