import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import { nextInvoiceAfter } from "../billing/next-invoice.js";
import { idOf } from "../billing/price-amounts.js";
import { asPreview } from "../billing/upcoming-invoice.js";
import { announceUpdate, updateItems } from "../billing/update-subscription.js";
import type { World } from "../world.js";
import { getCustomer } from "./customers.js";
import { noneUpcoming } from "./none-upcoming.js";
import { createSchedule } from "./schedule-creation.js";
import type { scheduleDetails } from "./schedule-params.js";
import { updateSchedule } from "./schedule-update.js";
import { changeOf } from "./subscription-changes.js";
import { getSchedule } from "./subscription-schedules.js";

type Details = ReturnType<typeof scheduleDetails>;

interface SchedulePreviewParams {
  customer?: string | undefined;
  schedule?: string | undefined;
  schedule_details?: Details;
  subscription?: string | undefined;
  subscription_details?: object | undefined;
}

/** The next invoice of a schedule as it stands or as a change would leave it; begun, waiting or not there yet. */
export function previewOfSchedule(world: World, params: SchedulePreviewParams): Stripe.Invoice {
  const { schedule: id, schedule_details: details } = params;
  if (params.subscription !== undefined || params.subscription_details) {
    const param = id === undefined ? "schedule_details" : "schedule";
    throw invalidRequest(`\`${param}\` cannot be used with \`subscription\` or \`subscription_details\`.`, { param });
  }
  if (id === undefined) return previewOfNew(world, params.customer, details);
  const schedule = getSchedule(world, id, "schedule");
  const customer = getCustomer(world, idOf(schedule.customer), "customer");
  if (params.customer !== undefined && params.customer !== customer.id) {
    throw invalidRequest(`The schedule ${id} is not of the customer ${params.customer}.`, { param: "customer" });
  }
  if (schedule.status !== "active" && schedule.status !== "not_started") throw noneUpcoming(customer.id);
  const subscription = schedule.subscription === null ? null : idOf(schedule.subscription);
  const imagined = world.imagine({ customer: customer.id, subscription, schedule: schedule.id });
  return upcoming(imagined, customer, () => {
    if (details) updateSchedule(imagined, details, schedule);
  });
}

/** The next invoice of a subscription that a schedule runs, as it stands or as a change would leave it. */
export function previewOfScheduled(
  world: World,
  subscription: Stripe.Subscription,
  details: Parameters<typeof changeOf>[2] | undefined,
): Stripe.Invoice {
  const customer = getCustomer(world, idOf(subscription.customer), "customer");
  const schedule = subscription.schedule && idOf(subscription.schedule);
  const imagined = world.imagine({ customer: customer.id, subscription: subscription.id, schedule });
  return upcoming(imagined, customer, () => {
    const change = details && changeOf(imagined, subscription, details);
    if (!change) return;
    updateItems(imagined, subscription, change, "allow_incomplete");
    announceUpdate(imagined, subscription.id, subscription);
  });
}

function previewOfNew(world: World, owner: string | undefined, details: Details): Stripe.Invoice {
  const customer = getCustomer(world, owner ?? "", "customer");
  if (!details?.phases) {
    throw invalidRequest("You must pass either `schedule`, or `customer` and `schedule_details[phases]`.", {
      param: "schedule_details[phases]",
    });
  }
  const { end_behavior, phases } = details;
  const start_date = phases[0]?.start_date;
  const imagined = world.imagine({ customer: customer.id, subscription: null, schedule: null });
  return upcoming(imagined, customer, () => {
    createSchedule(imagined, { customer: customer.id, end_behavior, phases, start_date });
  });
}

function upcoming(imagined: World, customer: Stripe.Customer, work: () => void): Stripe.Invoice {
  const next = nextInvoiceAfter(imagined, customer, work);
  if (!next) throw noneUpcoming(customer.id);
  return asPreview(next);
}
