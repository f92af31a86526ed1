import type Stripe from "stripe";
import { invalidRequest, noSuch } from "../api/errors.js";
import { matches, pageOf, paging, range } from "../api/lists.js";
import { operation, retrieval } from "../api/operation.js";
import { bool, type Covers, notHere, text } from "../api/params.js";
import { cancelNow } from "../billing/cancel-subscription.js";
import { abortSchedule, finishSchedule } from "../billing/finish-schedule.js";
import { idOf } from "../billing/price-amounts.js";
import { releaseSchedule, subscriptionIn } from "../billing/schedule-phases.js";
import type { World } from "../world.js";
import { createSchedule } from "./schedule-creation.js";
import { createParams, updateParams } from "./schedule-params.js";
import { updateSchedule } from "./schedule-update.js";

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
    run: (world, params, id) => updateSchedule(world, params, getRunningSchedule(world, id, "update")),
  }),
  operation({
    method: "POST",
    path: `${path}/:id/release`,
    answers,
    params: { preserve_cancel_date: bool } satisfies Covers<Stripe.SubscriptionScheduleReleaseParams>,
    run: (world, { preserve_cancel_date: keepsCancelDate = false }, id) =>
      releaseSchedule(world, getRunningSchedule(world, id, "release"), { keepsCancelDate }),
  }),
  operation({
    method: "POST",
    path: `${path}/:id/cancel`,
    answers,
    params: { invoice_now: bool, prorate: bool } satisfies Covers<Stripe.SubscriptionScheduleCancelParams>,
    run: (world, { invoice_now = true, prorate = true }, id) =>
      cancelSchedule(world, getRunningSchedule(world, id, "cancel"), { prorate, invoiceNow: invoice_now }),
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

export function getSchedule(world: World, id: string, param?: string): Stripe.SubscriptionSchedule {
  const schedule = world.tables.subscription_schedule.find(id);
  if (!schedule) throw noSuch("subscription_schedule", id, param);
  return schedule;
}

function getRunningSchedule(world: World, id: string, what: "cancel" | "release" | "update") {
  const schedule = getSchedule(world, id);
  if (schedule.status === "active" || schedule.status === "not_started") return schedule;
  throw invalidRequest(
    `You cannot ${what} a subscription schedule that is currently in the \`${schedule.status}\` status. It must be in ` +
      `\`not_started, active\` status to be ${what === "cancel" ? "canceled" : `${what}d`}.`,
  );
}

/** Its subscription ends with it; the end of that is told first, as Stripe was seen to. */
function cancelSchedule(
  world: World,
  schedule: Stripe.SubscriptionSchedule,
  asked: { prorate: boolean; invoiceNow: boolean },
): Stripe.SubscriptionSchedule {
  if (schedule.status === "not_started") return abortSchedule(world, schedule);
  const subscription = subscriptionIn(world, schedule);
  if (!subscription || subscription.ended_at !== null) return finishSchedule(world, schedule, "canceled");
  cancelNow(world, subscription, subscription.cancellation_details, asked);
  return getSchedule(world, schedule.id);
}
