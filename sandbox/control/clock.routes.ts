import type { FastifyInstance } from "fastify";
import type { Runtime } from "../runtime.js";
import { fieldsOf, numberField, textField } from "./fields.js";
import { ControlRefusal } from "./guard.js";

interface ClockQuery {
  follower?: string;
  version?: string;
}

/** The clock: read it, move it forward, or follow it by long poll. */
export function registerClock(app: FastifyInstance, runtime: Runtime): void {
  const { world, followers } = runtime;

  app.get<{ Querystring: ClockQuery }>("/sandbox/clock", async (request, reply) => {
    const { follower, version } = request.query;
    if (follower === undefined) return { now: world.clock.now().toISOString() };
    const applied = Number(version ?? -1);
    if (!Number.isInteger(applied)) throw new ControlRefusal(400, '"version" must be the last version you were given.');
    reply.raw.once("close", () => {
      if (!reply.raw.writableFinished) followers.drop(follower);
    });
    await followers.poll(follower, applied);
    return { now: world.clock.now().toISOString(), offset_ms: world.clock.offsetMs(), version: followers.version() };
  });

  app.post("/sandbox/clock", async (request) => {
    const { advance_seconds, to } = fieldsOf(request.body, ["advance_seconds", "to"]);
    if ((advance_seconds === undefined) === (to === undefined)) {
      throw new ControlRefusal(400, 'Send either "advance_seconds" or "to".');
    }
    const target =
      to === undefined
        ? new Date(world.clock.now().getTime() + numberField(advance_seconds, "advance_seconds") * 1000)
        : readInstant(textField(to, "to"));
    return { now: (await runtime.setClock(target)).toISOString() };
  });
}

function readInstant(text: string): Date {
  const instant = new Date(text);
  const isRfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i.test(text);
  if (!isRfc3339 || Number.isNaN(instant.getTime())) {
    throw new ControlRefusal(400, `"${text}" is no RFC 3339 instant, such as 2027-01-31T12:00:00Z.`);
  }
  return instant;
}
