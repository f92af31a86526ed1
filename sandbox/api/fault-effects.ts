import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { PlantedFault } from "./faults.js";
import { plantedError } from "./planted-errors.js";

/** Half of what an answer would be, for a request that was not carried out. */
const halfAnAnswer = '{\n  "id": "';
const tricklesEveryMs = 50;

/** Whether the request meets with its fault before anybody at Stripe hears of it: not even its key is noted. */
export function isLostOnTheWay(fault: PlantedFault): boolean {
  return !fault.isAfter && ["reset", "garbage", "trickle", "body"].includes(fault.effect.kind);
}

/** What a planted fault does before the request takes effect. */
export async function waitOutFault(request: FastifyRequest, fault: PlantedFault | null): Promise<void> {
  if (!fault || fault.isAfter) return;
  const { effect } = fault;
  if (effect.kind === "delay") await sleep(effect.ms);
  if (effect.kind === "status") throw plantedError(effect.status, effect.error, effect.headers);
  if (effect.kind === "hang") {
    await hungUp(request);
    throw plantedError(500);
  }
}

/** Answers in the way of a fault: with `body` as far as that has come, or with something else. */
export async function sendWithFault(
  request: FastifyRequest,
  reply: FastifyReply,
  { effect }: PlantedFault,
  body = halfAnAnswer,
): Promise<FastifyReply> {
  switch (effect.kind) {
    case "delay":
      await sleep(effect.ms);
      return reply.send(body);
    case "status": {
      const { status, body: error, headers } = plantedError(effect.status, effect.error, effect.headers);
      return reply
        .code(status)
        .headers(headers)
        .send(JSON.stringify({ error }, null, 2));
    }
    case "body":
      return reply.code(effect.status).headers(effect.headers).send(effect.body);
    case "garbage":
      return reply.code(200).send(body === halfAnAnswer ? body : body.slice(0, Math.floor(body.length / 2)));
    case "reset":
      reply.hijack().raw.socket?.resetAndDestroy();
      return reply;
    case "hang":
      reply.hijack();
      await hungUp(request);
      return reply;
    case "trickle":
      trickle(reply, body);
      return reply;
  }
}

/** Nothing happens until the client gives up. */
function hungUp(request: FastifyRequest): Promise<void> {
  return new Promise((resolve) => request.raw.socket.once("close", () => resolve()));
}

function trickle(reply: FastifyReply, body: string): void {
  const { raw } = reply.hijack();
  raw.writeHead(200, { "content-type": "application/json" });
  let at = 0;
  const timer = setInterval(() => raw.write(body[at++] ?? " "), tricklesEveryMs);
  raw.once("close", () => clearInterval(timer));
}
