import type { FastifyInstance } from "fastify";
import { within } from "../within.js";

/** Whether the parts that requests need are there; each name that is false is one to look at. */
export interface Readiness {
  readonly database: boolean;
  readonly catalog: boolean;
}

/** A probe that gets no answer is tried again, and none waits for long. */
const deadlineMs = 2_000;

/** Whether a part answers, and does so before whoever probes gives up. */
export function answersInTime(ask: Promise<unknown>): Promise<boolean> {
  return within(deadlineMs, ask).then(
    () => true,
    () => false,
  );
}

/**
 * Serves `/healthz` (the process is up) and `/readyz` (it can serve requests: 200, or 503 with what is missing, or since it
 * is about to end).
 */
export async function serveHealth(http: FastifyInstance, readiness: () => Promise<Readiness>): Promise<void> {
  let isEnding = false;
  http.addHook("preClose", async () => {
    isEnding = true;
  });
  http.get("/healthz", async () => ({ status: "ok" }));
  http.get("/readyz", async (_request, reply) => {
    const checks = await readiness();
    const isReady = Object.values(checks).every(Boolean) && !isEnding;
    const status = isReady ? "ready" : "not ready";
    return reply.code(isReady ? 200 : 503).send({ status: isEnding ? "ending" : status, checks });
  });
}
