import type Stripe from "stripe";
import { invalidRequest, noSuch } from "../api/errors.js";
import { matches, pageOf, paging, range } from "../api/lists.js";
import { mergeMetadata } from "../api/metadata.js";
import { operation, retrieval } from "../api/operation.js";
import {
  bool,
  type Covers,
  hash,
  integer,
  listOf,
  metadata,
  notHere,
  oneOf,
  only,
  required,
  text,
} from "../api/params.js";
import { cancelNow } from "../billing/cancel-subscription.js";
import { finishSchedule } from "../billing/finish-schedule.js";
import { idOf } from "../billing/price-amounts.js";
import { releaseSchedule } from "../billing/schedule-phases.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { createSchedule, phasesFrom } from "./schedule-creation.js";

const phase = hash({
  add_invoice_items: notHere,
  application_fee_percent: notHere,
  automatic_tax: notHere,
  billing_cycle_anchor: oneOf("automatic", "phase_start"),
  billing_thresholds: notHere,
  collection_method: only("charge_automatically"),
  currency: text,
  default_payment_method: notHere,
  default_tax_rates: notHere,
  description: notHere,
  discounts: notHere,
  duration: hash({ interval: required(oneOf("day", "week", "month", "year")), interval_count: integer({ min: 1 }) }),
  end_date: integer(),
  invoice_settings: notHere,
  items: required(
    listOf(
      hash({
        billing_thresholds: notHere,
        discounts: notHere,
        metadata: notHere,
        plan: text,
        price: text,
        price_data: notHere,
        quantity: integer({ min: 0 }),
        tax_rates: notHere,
      }),
    ),
  ),
  metadata,
  on_behalf_of: notHere,
  proration_behavior: oneOf("always_invoice", "create_prorations", "none"),
  start_date: integer(),
  transfer_data: notHere,
  trial: notHere,
  trial_end: notHere,
});

export type PhaseParams = NonNullable<ReturnType<typeof phase>>;

const endBehavior = oneOf("cancel", "release");
const defaultSettings = hash({
  billing_cycle_anchor: oneOf("automatic"),
  collection_method: only("charge_automatically"),
});

export const createParams = {
  billing_mode: hash({ type: only("flexible"), flexible: notHere }),
  customer: text,
  customer_account: notHere,
  default_settings: defaultSettings,
  end_behavior: endBehavior,
  from_subscription: text,
  metadata,
  pause_schedules: notHere,
  phases: listOf(phase),
  start_date: (value: unknown, at: string) => (value === "now" ? "now" : integer()(value, at)),
} satisfies Covers<Stripe.SubscriptionScheduleCreateParams>;

const updateParams = {
  default_settings: defaultSettings,
  end_behavior: endBehavior,
  metadata,
  pause_schedules: notHere,
  phases: listOf(phase),
  proration_behavior: oneOf("always_invoice", "create_prorations", "none"),
} satisfies Covers<Stripe.SubscriptionScheduleUpdateParams>;

const listParams = {
  ...paging,
  canceled_at: notHere,
  completed_at: notHere,
  created: range,
  customer: text,
  customer_account: notHere,
  released_at: notHere,
  scheduled: bool,
} satisfies Covers<Stripe.SubscriptionScheduleListParams>;

const path = "/v1/subscription_schedules";
const answers = "subscription_schedule";

export const subscriptionScheduleOperations = [
  operation({ method: "POST", path, answers, params: createParams, run: createSchedule }),
  retrieval(`${path}/:id`, answers, getSchedule),
  operation({
    method: "POST",
    path: `${path}/:id`,
    answers,
    params: updateParams,
    run: (world, params, id) => {
      const before = getSchedule(world, id);
      refuseWhenOver(before);
      const phases = params.phases
        ? phasesFrom(world, params.phases, before.phases.at(0)?.start_date ?? null)
        : before.phases;
      refuseOtherPresent(before, phases);
      const current = phases.find(({ start_date }) => start_date === before.current_phase?.start_date);
      const after = world.tables.subscription_schedule.put({
        ...before,
        current_phase: current ? { start_date: current.start_date, end_date: current.end_date } : before.current_phase,
        end_behavior: params.end_behavior ?? before.end_behavior,
        metadata: mergeMetadata(before.metadata, params.metadata),
        phases,
      });
      recordEvent(world, "subscription_schedule.updated", after, before);
      return after;
    },
  }),
  operation({
    method: "POST",
    path: `${path}/:id/release`,
    answers,
    params: { preserve_cancel_date: notHere } satisfies Covers<Stripe.SubscriptionScheduleReleaseParams>,
    run: (world, _params, id) => {
      const schedule = getSchedule(world, id);
      refuseWhenOver(schedule);
      return releaseSchedule(world, schedule);
    },
  }),
  operation({
    method: "POST",
    path: `${path}/:id/cancel`,
    answers,
    params: { invoice_now: bool, prorate: bool } satisfies Covers<Stripe.SubscriptionScheduleCancelParams>,
    run: (world, { invoice_now = true, prorate = true }, id) => {
      const schedule = getSchedule(world, id);
      refuseWhenOver(schedule);
      const canceled = finishSchedule(world, schedule, "canceled");
      const reference = schedule.subscription;
      const subscription = reference && world.tables.subscription.find(idOf(reference));
      if (subscription && subscription.ended_at === null) {
        cancelNow(world, subscription, subscription.cancellation_details, { prorate, invoiceNow: invoice_now });
      }
      return canceled;
    },
  }),
  operation({
    method: "GET",
    path,
    answers: { list: answers },
    params: listParams,
    run: (world, params) => {
      const found = world.tables.subscription_schedule
        .newestFirst()
        .filter((schedule) => params.created(schedule.created) && matches(params.customer, idOf(schedule.customer)))
        .filter(({ status }) => !params.scheduled || status === "not_started");
      return pageOf(found, params, path);
    },
  }),
];

function getSchedule(world: World, id: string): Stripe.SubscriptionSchedule {
  const schedule = world.tables.subscription_schedule.find(id);
  if (!schedule) throw noSuch("subscription_schedule", id);
  return schedule;
}

function refuseWhenOver({ status }: Stripe.SubscriptionSchedule): void {
  if (status === "active" || status === "not_started") return;
  throw invalidRequest(`You cannot change a subscription schedule that is ${status}.`);
}

/** The sandbox changes phases to come; what runs now is changed on the subscription itself. */
function refuseOtherPresent(
  { phases, current_phase }: Stripe.SubscriptionSchedule,
  next: Stripe.SubscriptionSchedule.Phase[],
) {
  const words = (all: Stripe.SubscriptionSchedule.Phase[]) => {
    const phase = all.find(({ start_date }) => start_date === current_phase?.start_date);
    return JSON.stringify(phase?.items.map(({ price, quantity }) => [idOf(price), quantity ?? 1]));
  };
  if (words(phases) === words(next)) return;
  throw invalidRequest(
    "The sandbox does not support changing the items of the current phase. Stripe does; see sandbox/README.md.",
    { param: "phases" },
  );
}
