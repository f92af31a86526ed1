import type { DeliveryFault, DeliveryFaultEffect } from "../webhooks/delivery-faults.js";
import { countField, fieldsOf, numberField, textField } from "./fields.js";
import { ControlRefusal } from "./guard.js";

const known = ["deliveries", "event", "url", "skip", "times", "copies", "delay_ms"];

/** Reads what is to go wrong with webhook deliveries. */
export function readDeliveryFault(given: unknown): DeliveryFault {
  const fields = fieldsOf(given, known);
  const effect = readEffect(fields);
  // Fewer than two have no order.
  const times = effect.kind === "reorder" ? 2 : 1;
  return {
    event: fields["event"] === undefined ? "*" : textField(fields["event"], "event"),
    url: fields["url"] === undefined ? "*" : textField(fields["url"], "url"),
    skip: fields["skip"] === undefined ? 0 : countField(fields["skip"], "skip"),
    times: fields["times"] === undefined ? times : countField(fields["times"], "times"),
    effect,
  };
}

function readEffect({ deliveries: kind, copies, delay_ms }: Record<string, unknown>): DeliveryFaultEffect {
  if (copies !== undefined && kind !== "repeat") throw new ControlRefusal(400, '"copies" goes with "repeat".');
  if (delay_ms !== undefined && kind !== "delay") throw new ControlRefusal(400, '"delay_ms" goes with "delay".');
  if (kind === "hold" || kind === "drop" || kind === "reorder") return { kind };
  if (kind === "repeat") return { kind, copies: copies === undefined ? 1 : countField(copies, "copies") };
  if (kind === "delay") return { kind, ms: numberField(delay_ms, "delay_ms") };
  throw new ControlRefusal(400, '"deliveries" must be "hold", "drop", "repeat", "reorder" or "delay".');
}
