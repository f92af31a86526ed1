import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import { applyChosen } from "../billing/choose-discounts.js";
import { nextInvoiceAfter } from "../billing/next-invoice.js";
import { idOf } from "../billing/price-amounts.js";
import { recurringPartOf } from "../billing/recurring-invoice.js";
import { asPreview } from "../billing/upcoming-invoice.js";
import { announceUpdate, updateItems } from "../billing/update-subscription.js";
import type { World } from "../world.js";
import { getCustomer } from "./customers.js";
import type { PreviewParams } from "./invoice-previews.js";
import { noneUpcoming } from "./none-upcoming.js";
import { createSchedule } from "./schedule-creation.js";
import type { scheduleDetails } from "./schedule-params.js";
import { updateSchedule } from "./schedule-update.js";
import { changeOf } from "./subscription-changes.js";
import { discountsFor } from "./subscription-discounts.js";
import { getSchedule } from "./subscription-schedules.js";

type Details = ReturnType<typeof scheduleDetails>;
type Mode = PreviewParams["preview_mode"];

interface SchedulePreviewParams {
  customer?: string | undefined;
  preview_mode?: Mode;
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
  const mode = params.preview_mode;
  if (id === undefined) return previewOfNew(world, { owner: params.customer, details, mode });
  const schedule = getSchedule(world, id, "schedule");
  const customer = getCustomer(world, idOf(schedule.customer), "customer");
  if (params.customer !== undefined && params.customer !== customer.id) {
    throw invalidRequest(`The schedule ${id} is not of the customer ${params.customer}.`, { param: "customer" });
  }
  if (schedule.status !== "active" && schedule.status !== "not_started") throw noneUpcoming(customer.id);
  const subscription = schedule.subscription === null ? null : idOf(schedule.subscription);
  const imagined = world.imagine({ customer: customer.id, subscription, schedule: schedule.id });
  return upcoming(imagined, { customer, mode }, () => {
    if (details) updateSchedule(imagined, details, schedule);
  });
}

/** The next invoice of a subscription that a schedule runs, as it stands or as a change would leave it. */
export function previewOfScheduled(
  world: World,
  subscription: Stripe.Subscription,
  { discounts, preview_mode: mode, subscription_details: details }: PreviewParams,
): Stripe.Invoice {
  const customer = getCustomer(world, idOf(subscription.customer), "customer");
  const schedule = subscription.schedule && idOf(subscription.schedule);
  const imagined = world.imagine({ customer: customer.id, subscription: subscription.id, schedule });
  return upcoming(imagined, { customer, mode }, () => {
    const change = details && changeOf(imagined, subscription, details);
    const items = change?.items ?? subscription.items.data;
    const chosen = discountsFor(imagined, subscription, discounts, items);
    if (!change && !chosen) return;
    const to = { customer: customer.id, subscription: subscription.id, checkoutSession: null, invoice: null };
    const given = chosen && applyChosen(imagined, chosen, to).map(({ id }) => id);
    const changed = imagined.tables.subscription.put({ ...subscription, discounts: given ?? subscription.discounts });
    if (change) updateItems(imagined, changed, change, "allow_incomplete");
    announceUpdate(imagined, subscription.id, subscription);
  });
}

function previewOfNew(
  world: World,
  { owner, details, mode }: { owner: string | undefined; details: Details; mode: Mode },
): Stripe.Invoice {
  const customer = getCustomer(world, owner ?? "", "customer");
  if (!details?.phases) {
    throw invalidRequest("You must pass either `schedule`, or `customer` and `schedule_details[phases]`.", {
      param: "schedule_details[phases]",
    });
  }
  const { end_behavior, phases } = details;
  const start_date = phases[0]?.start_date;
  const imagined = world.imagine({ customer: customer.id, subscription: null, schedule: null });
  return upcoming(imagined, { customer, mode }, () => {
    createSchedule(imagined, { customer: customer.id, end_behavior, phases, start_date });
  });
}

function upcoming(
  imagined: World,
  { customer, mode }: { customer: Stripe.Customer; mode: Mode },
  work: () => void,
): Stripe.Invoice {
  const isWanted = ({ billing_reason }: Stripe.Invoice) =>
    mode !== "recurring" || billing_reason === "subscription_cycle";
  const next = nextInvoiceAfter(imagined, customer, work, isWanted);
  if (!next) throw noneUpcoming(customer.id);
  return asPreview(mode === "recurring" ? recurringPartOf(imagined, next) : next);
}
