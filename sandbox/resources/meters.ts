import type Stripe from "stripe";
import { invalidRequest, noSuch } from "../api/errors.js";
import { matches, pageOf, paging } from "../api/lists.js";
import { operation, retrieval } from "../api/operation.js";
import { type Covers, hash, oneOf, only, type Read, required, text } from "../api/params.js";
import { newId } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { listSummaries, summaryParams } from "./meter-event-summaries.js";

const createParams = {
  customer_mapping: hash({ event_payload_key: required(text), type: required(only("by_id")) }),
  default_aggregation: required(hash({ formula: required(oneOf("count", "last", "sum")) })),
  display_name: required(text),
  event_name: required(text),
  event_time_window: oneOf("day", "hour"),
  value_settings: hash({ event_payload_key: required(text) }),
} satisfies Covers<Stripe.Billing.MeterCreateParams>;

const updateParams = { display_name: text } satisfies Covers<Stripe.Billing.MeterUpdateParams>;

const listParams = { ...paging, status: oneOf("active", "inactive") } satisfies Covers<Stripe.Billing.MeterListParams>;

const path = "/v1/billing/meters";
const answers = "billing.meter";
const longestEventName = 100;

export const meterOperations = [
  operation({ method: "POST", path, answers, params: createParams, run: createMeter }),
  retrieval(`${path}/:id`, answers, getMeter),
  operation({
    method: "POST",
    path: `${path}/:id`,
    answers,
    params: updateParams,
    run: (world, params, id) => {
      const before = getMeter(world, id);
      const after = put(world, { ...before, display_name: params.display_name ?? before.display_name });
      recordEvent(world, "billing.meter.updated", after, before);
      return after;
    },
  }),
  operation({
    method: "POST",
    path: `${path}/:id/deactivate`,
    answers,
    params: {},
    run: (world, _params, id) => {
      const before = getMeter(world, id);
      if (before.status === "inactive") throw invalidRequest("This meter is already inactive.");
      const status_transitions = { deactivated_at: nowInSeconds(world) };
      const after = put(world, { ...before, status: "inactive", status_transitions });
      recordEvent(world, "billing.meter.deactivated", after);
      return after;
    },
  }),
  operation({
    method: "POST",
    path: `${path}/:id/reactivate`,
    answers,
    params: {},
    run: (world, _params, id) => {
      const before = getMeter(world, id);
      if (before.status === "active") throw invalidRequest("This meter is already active.");
      refuseTakenName(world, before.event_name);
      const after = put(world, { ...before, status: "active", status_transitions: { deactivated_at: null } });
      recordEvent(world, "billing.meter.reactivated", after);
      return after;
    },
  }),
  operation({
    method: "GET",
    path: `${path}/:id/event_summaries`,
    answers: "nothing",
    params: summaryParams,
    run: (world, params, id) => listSummaries(world, params, getMeter(world, id)),
  }),
  operation({
    method: "GET",
    path,
    answers: { list: answers },
    params: listParams,
    run: (world, params) => {
      const found = world.tables["billing.meter"].newestFirst().filter(({ status }) => matches(params.status, status));
      return pageOf(found, params, path);
    },
  }),
];

export function getMeter(world: World, id: string, param = "id"): Stripe.Billing.Meter {
  const meter = world.tables["billing.meter"].find(id);
  if (!meter) throw noSuch("billing meter", id, param);
  return meter;
}

function createMeter(world: World, params: Read<typeof createParams>): Stripe.Billing.Meter {
  const { event_name, display_name } = params;
  if (event_name.length > longestEventName) {
    throw invalidRequest(`An event name has at most ${longestEventName} characters.`, { param: "event_name" });
  }
  refuseTakenName(world, event_name);
  const now = nowInSeconds(world);
  const meter = world.tables["billing.meter"].put({
    id: newId.meter(),
    object: "billing.meter",
    created: now,
    customer_mapping: {
      event_payload_key: params.customer_mapping?.event_payload_key ?? "stripe_customer_id",
      type: "by_id",
    },
    default_aggregation: params.default_aggregation,
    display_name,
    event_name,
    event_time_window: params.event_time_window ?? null,
    livemode: false,
    status: "active",
    status_transitions: { deactivated_at: null },
    updated: now,
    value_settings: { event_payload_key: params.value_settings?.event_payload_key ?? "value" },
  });
  recordEvent(world, "billing.meter.created", meter);
  return meter;
}

function put(world: World, meter: Stripe.Billing.Meter): Stripe.Billing.Meter {
  return world.tables["billing.meter"].put({ ...meter, updated: nowInSeconds(world) });
}

/** Of one event name there is one active meter. */
function refuseTakenName(world: World, name: string): void {
  const taken = world.tables["billing.meter"]
    .newestFirst()
    .find(({ event_name, status }) => event_name === name && status === "active");
  if (!taken) return;
  throw invalidRequest(`An active meter (\`${taken.id}\`) already takes events named ${name}.`, {
    param: "event_name",
  });
}
