import { randomUUID } from "node:crypto";
import type Stripe from "stripe";
import { invalidRequest, missingParameter } from "../api/errors.js";
import { operation } from "../api/operation.js";
import { type Covers, hash, integer, mapOf, oneOf, type Read, required, text } from "../api/params.js";
import { type MeterFault, reportMeterError } from "../billing/meter-errors.js";
import type { StoredMeterEvent } from "../billing/meter-usage.js";
import { newId } from "../ids.js";
import { nowInSeconds, type World } from "../world.js";

const createParams = {
  event_name: required(text),
  identifier: text,
  payload: required(mapOf(required(text))),
  timestamp: integer(),
} satisfies Covers<Stripe.Billing.MeterEventCreateParams>;

const adjustmentParams = {
  cancel: hash({ identifier: text }),
  event_name: required(text),
  type: required(oneOf("cancel")),
} satisfies Covers<Stripe.Billing.MeterEventAdjustmentCreateParams>;

const daysBack = 35;
const secondsAhead = 300;
const secondsPerDay = 86_400;

export const meterEventOperations = [
  operation({
    method: "POST",
    path: "/v1/billing/meter_events",
    answers: "nothing",
    params: createParams,
    run: createMeterEvent,
  }),
  operation({
    method: "POST",
    path: "/v1/billing/meter_event_adjustments",
    answers: "nothing",
    params: adjustmentParams,
    run: cancelMeterEvent,
  }),
];

/**
 * Takes an event; the same identifier is taken once a day.
 *
 * One that no meter wants, or that names no customer or no number, is taken as well and counts for nobody: Stripe finds
 * out later, and here it is reported at once. https://docs.stripe.com/billing/subscriptions/usage-based/recording-usage-api#handle-meter-event-errors
 */
function createMeterEvent(world: World, params: Read<typeof createParams>): Stripe.Billing.MeterEvent {
  const now = nowInSeconds(world);
  const timestamp = params.timestamp ?? now;
  if (timestamp < now - daysBack * secondsPerDay || timestamp > now + secondsAhead) {
    throw invalidRequest(
      `The timestamp must be within the past ${daysBack} calendar days or up to 5 minutes in the future.`,
      { param: "timestamp" },
    );
  }
  const identifier = params.identifier ?? randomUUID();
  if (findRecent(world, identifier)) {
    throw invalidRequest(`An event already exists with identifier ${identifier}.`, { param: "identifier" });
  }
  const event: Stripe.Billing.MeterEvent = {
    object: "billing.meter_event",
    created: now,
    event_name: params.event_name,
    identifier,
    livemode: false,
    payload: params.payload,
    timestamp,
  };
  const fate = fateOf(world, event);
  const counted = "counted" in fate ? fate.counted : null;
  if ("code" in fate) reportMeterError(world, fate, identifier);
  world.tables["billing.meter_event"].put({ ...event, id: newId.meterEvent(), counted, isCanceled: false });
  return event;
}

/** Takes an event back, within a day of its coming in. */
function cancelMeterEvent(world: World, params: Read<typeof adjustmentParams>): Stripe.Billing.MeterEventAdjustment {
  const identifier = params.cancel?.identifier;
  if (identifier === undefined) throw missingParameter("cancel[identifier]");
  const event = findRecent(world, identifier);
  if (event?.event_name !== params.event_name) {
    throw invalidRequest(
      `No event named ${params.event_name} with identifier ${identifier} came in within the last 24 hours.`,
      { param: "cancel[identifier]" },
    );
  }
  world.tables["billing.meter_event"].put({ ...event, isCanceled: true });
  return {
    object: "billing.meter_event_adjustment",
    cancel: { identifier },
    event_name: event.event_name,
    livemode: false,
    status: "complete",
    type: "cancel",
  };
}

function findRecent(world: World, identifier: string): StoredMeterEvent | undefined {
  const earliest = nowInSeconds(world) - secondsPerDay;
  return world.tables["billing.meter_event"]
    .newestFirst()
    .find((event) => event.identifier === identifier && event.created >= earliest);
}

/** Whom an event counts for, or why it counts for nobody. */
function fateOf(
  { tables }: World,
  { event_name, payload }: Stripe.Billing.MeterEvent,
): { counted: NonNullable<StoredMeterEvent["counted"]> } | MeterFault {
  const named = tables["billing.meter"].newestFirst().filter((known) => known.event_name === event_name);
  const meter = named.find(({ status }) => status === "active");
  if (!meter) return { code: named[0] ? "archived_meter" : "no_meter", meter: named[0]?.id ?? null };
  const customer = payload[meter.customer_mapping.event_payload_key];
  if (customer === undefined) return { code: "meter_event_no_customer_defined", meter: meter.id };
  if (!tables.customer.find(customer)) return { code: "meter_event_customer_not_found", meter: meter.id };
  const isCount = meter.default_aggregation.formula === "count";
  const value = isCount ? "1" : (payload[meter.value_settings.event_payload_key] ?? "");
  if (!/^-?\d+(\.\d+)?$/.test(value)) return { code: "meter_event_invalid_value", meter: meter.id };
  return { counted: { meter: meter.id, customer, value } };
}
