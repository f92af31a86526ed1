import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import { StripeRefusal } from "./errors.js";
import type { FaultEffect } from "./faults.js";

/** What a planted fault does before the request takes effect. */
export async function waitOutFault(request: FastifyRequest, fault: FaultEffect | null): Promise<void> {
  if (fault?.kind === "delay") await sleep(fault.ms);
  if (fault?.kind === "status") throw plantedError(fault.status);
  if (fault?.kind === "hang") {
    await hungUp(request);
    throw plantedError(500);
  }
}

/** What it does to the answer. */
export function sendWithFault(reply: FastifyReply, body: string, fault: FaultEffect | null): FastifyReply {
  if (fault?.kind === "reset_after") {
    reply.hijack();
    reply.raw.socket?.resetAndDestroy();
    return reply;
  }
  if (fault?.kind === "garbage") return reply.code(200).send(body.slice(0, Math.floor(body.length / 2)));
  return reply.send(body);
}

/** Nothing happens until the client gives up. */
function hungUp(request: FastifyRequest): Promise<void> {
  return new Promise((resolve) => request.raw.socket.once("close", () => resolve()));
}

function plantedError(status: number): StripeRefusal {
  const type = status >= 500 ? "api_error" : "invalid_request_error";
  const code = status === 429 ? { code: "rate_limit" } : {};
  const message =
    status === 429
      ? "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits."
      : "An unknown error occurred";
  return new StripeRefusal(status, { type, message, ...code });
}
