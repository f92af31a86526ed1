import type Stripe from "stripe";
import { invalidRequest, unsupportedParameter } from "../api/errors.js";
import { operation } from "../api/operation.js";
import {
  bool,
  type Covers,
  clearable,
  hash,
  integer,
  listOf,
  notHere,
  oneOf,
  type Read,
  required,
  text,
} from "../api/params.js";
import { discountsParam } from "../billing/choose-discounts.js";
import { idOf } from "../billing/price-amounts.js";
import { isRunning } from "../billing/renew-subscription.js";
import { scheduleOf } from "../billing/schedule-of.js";
import type { World } from "../world.js";
import { getCustomer } from "./customers.js";
import { getSubscription } from "./get-subscription.js";
import { noneUpcoming } from "./none-upcoming.js";
import { previewOfRunning } from "./running-previews.js";
import { scheduleDetails } from "./schedule-params.js";
import { previewOfSchedule, previewOfScheduled } from "./schedule-previews.js";
import { previewOfStart } from "./start-previews.js";
import { applyCancelAt } from "./subscription-changes.js";
import { itemChange } from "./subscription-item-changes.js";
import { trialEnd } from "./subscriptions.js";

const subscriptionDetails = {
  billing_cycle_anchor: hash({ timestamp: integer(), type: required(oneOf("now", "timestamp", "unchanged")) }),
  billing_mode: notHere,
  billing_schedules: notHere,
  cancel_at: clearable(integer()),
  cancel_at_period_end: bool,
  cancel_now: bool,
  default_tax_rates: notHere,
  // A preview keeps nothing, so a price cannot be made for it.
  items: listOf(hash({ ...itemChange, price_data: notHere })),
  metadata: notHere,
  pause: notHere,
  proration_behavior: oneOf("always_invoice", "create_prorations", "none"),
  proration_date: integer(),
  resume_at: notHere,
  start_date: notHere,
  trial_end: trialEnd,
} satisfies Covers<Stripe.InvoiceCreatePreviewParams.SubscriptionDetails>;

export const previewParams = {
  automatic_tax: notHere,
  currency: text,
  customer: text,
  customer_account: notHere,
  customer_details: hash({
    address: notHere,
    shipping: notHere,
    tax: notHere,
    tax_exempt: oneOf("none", "exempt", "reverse"),
    tax_ids: notHere,
  }),
  discounts: clearable(discountsParam),
  invoice_items: notHere,
  issuer: notHere,
  on_behalf_of: notHere,
  preview_mode: oneOf("next", "recurring"),
  schedule: text,
  schedule_details: scheduleDetails,
  subscription: text,
  subscription_details: hash(subscriptionDetails),
} satisfies Covers<Stripe.InvoiceCreatePreviewParams>;

export type PreviewParams = Read<typeof previewParams>;

export const invoicePreviewOperations = [
  operation({
    method: "POST",
    path: "/v1/invoices/create_preview",
    answers: "invoice",
    params: previewParams,
    run: createPreview,
  }),
];

/**
 * The next invoice of a running subscription, as it stands or as a change would leave it, or what each later one comes to
 * (`preview_mode=recurring`); nothing is kept.
 *
 * It comes from the same plans that renew and change subscriptions, so it is what then happens.
 */
export function createPreview(world: World, params: PreviewParams): Stripe.Invoice {
  if (params.schedule !== undefined || params.schedule_details) {
    return previewOfSchedule(world, params);
  }
  if (params.subscription === undefined) return previewOfStart(world, params);
  refuseOfNewOnly(params);
  const subscription = getSubscription(world, params.subscription, "subscription");
  const customer = getCustomer(world, params.customer ?? idOf(subscription.customer), "customer");
  const isOthers = idOf(subscription.customer) !== customer.id;
  if (isOthers || !isRunning(subscription)) throw noneUpcoming(customer.id);
  if (scheduleOf(world, subscription) && !isOfItself(params)) {
    applyCancelAt(world, subscription, params.subscription_details ?? {});
    return previewOfScheduled(world, subscription, params);
  }
  return previewOfRunning(world, params, { subscription, owner: customer.id });
}

/** Whether it is about the subscription and not about what its schedule makes of it: it ends now, or is invoiced anew at once. */
function isOfItself({ subscription_details: details }: PreviewParams): boolean {
  return (
    details?.cancel_now === true || (details?.items !== undefined && details.proration_behavior === "always_invoice")
  );
}

/** What only a subscription that does not exist yet can be asked about. */
function refuseOfNewOnly({ currency, customer_details, subscription_details }: PreviewParams): void {
  const given = { currency, customer_details };
  const param = Object.entries(given).find(([, value]) => value !== undefined)?.[0];
  if (param !== undefined) throw unsupportedParameter(param, " with `subscription`");
  if (subscription_details?.billing_cycle_anchor?.type !== "timestamp") return;
  throw invalidRequest("An existing subscription's `billing_cycle_anchor` is `now` or `unchanged`.", {
    param: "subscription_details[billing_cycle_anchor][type]",
  });
}
