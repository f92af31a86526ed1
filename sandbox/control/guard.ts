import type { FastifyRequest } from "fastify";

/** A refusal of the sandbox's own, outside Stripe's API. */
export class ControlRefusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const loopback = new Set(["127.0.0.1", "localhost", "[::1]"]);

/**
 * Keeps web pages out of the control API: a page on another site can reach a local port, but it cannot send
 * JSON without asking first, and a rebound domain name shows in `Host`.
 */
export function guardControl(request: FastifyRequest): void {
  const host = request.headers.host?.replace(/:\d+$/, "") ?? "";
  if (!loopback.has(host))
    throw new ControlRefusal(403, `The control API answers to loopback host names only, not to "${host}".`);
  if (request.method === "GET" || request.method === "HEAD") return;
  const type = request.headers["content-type"]?.split(";")[0]?.trim();
  const isBare = request.method === "DELETE" && type === undefined;
  if (type !== "application/json" && !isBare) {
    throw new ControlRefusal(403, "The control API takes JSON only: send content-type application/json.");
  }
}
