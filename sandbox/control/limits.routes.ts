import type { FastifyInstance } from "fastify";
import type { LimitSettings } from "../api/limits.js";
import type { Runtime } from "../runtime.js";
import { countField, fieldsOf, flagField } from "./fields.js";

/** Rate limits and lock timeouts: what the API refuses with 429. */
export function registerLimits(app: FastifyInstance, { limits }: Runtime): void {
  app.get("/sandbox/limits", async () => shown(limits.settings()));

  // What is left out is switched off.
  app.post("/sandbox/limits", async (request) => {
    const known = ["requests_per_second", "endpoint_requests_per_second", "lock_timeouts"];
    const { lock_timeouts, ...rates } = fieldsOf(request.body, known);
    limits.set({
      requestsPerSecond: readRate(rates, "requests_per_second"),
      endpointRequestsPerSecond: readRate(rates, "endpoint_requests_per_second"),
      hasLockTimeouts: lock_timeouts === undefined ? false : flagField(lock_timeouts, "lock_timeouts"),
    });
    return shown(limits.settings());
  });
}

function readRate(fields: Record<string, unknown>, name: string): number | null {
  const value = fields[name] ?? null;
  return value === null ? null : countField(value, name);
}

function shown(settings: LimitSettings) {
  return {
    requests_per_second: settings.requestsPerSecond,
    endpoint_requests_per_second: settings.endpointRequestsPerSecond,
    lock_timeouts: settings.hasLockTimeouts,
  };
}
