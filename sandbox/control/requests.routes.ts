import type { FastifyInstance } from "fastify";
import type { Runtime } from "../runtime.js";

/** The log of API requests, newest first; `path` may have `*` in it. */
export function registerRequestLog(app: FastifyInstance, { requests }: Runtime): void {
  app.get<{ Querystring: { id?: string; path?: string; method?: string } }>("/sandbox/requests", async (request) => ({
    data: requests.find(request.query),
  }));
}
