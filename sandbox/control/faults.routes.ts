import type { FastifyInstance } from "fastify";
import type { FaultEffect } from "../api/faults.js";
import type { Runtime } from "../runtime.js";
import { fieldsOf, numberField, textField } from "./fields.js";
import { ControlRefusal } from "./guard.js";

const known = ["method", "path", "times", "status", "delay_ms", "hang", "garbage", "after"];

/** Planted faults: what goes wrong with the next matching API requests. */
export function registerFaults(app: FastifyInstance, { faults }: Runtime): void {
  app.post("/sandbox/faults", async (request) => {
    const fields = fieldsOf(request.body, known);
    faults.plant({
      method: textField(fields["method"], "method").toUpperCase(),
      path: textField(fields["path"], "path"),
      times: fields["times"] === undefined ? 1 : numberField(fields["times"], "times"),
      effect: readEffect(fields),
    });
    return { planted: true };
  });

  app.delete("/sandbox/faults", async () => {
    faults.clear();
    return { planted: false };
  });
}

function readEffect(fields: Record<string, unknown>): FaultEffect {
  const effects: FaultEffect[] = [];
  if (fields["status"] !== undefined) effects.push({ kind: "status", status: readStatus(fields["status"]) });
  if (fields["delay_ms"] !== undefined)
    effects.push({ kind: "delay", ms: numberField(fields["delay_ms"], "delay_ms") });
  if (fields["hang"] === true) effects.push({ kind: "hang" });
  if (fields["garbage"] === true) effects.push({ kind: "garbage" });
  if (fields["after"] === true) effects.push({ kind: "reset_after" });
  const [effect] = effects;
  if (effect && effects.length === 1) return effect;
  throw new ControlRefusal(
    400,
    'Send exactly one of "status", "delay_ms", "hang": true, "garbage": true and "after": true.',
  );
}

function readStatus(value: unknown): number {
  const status = numberField(value, "status");
  if (Number.isInteger(status) && status >= 400 && status <= 599) return status;
  throw new ControlRefusal(400, '"status" must be between 400 and 599.');
}
