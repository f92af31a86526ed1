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
  only,
  type Read,
  required,
  text,
} from "../api/params.js";
import { discountsParam, lookingAt } from "../billing/choose-discounts.js";
import { lastUsage, unusedTime } from "../billing/give-back.js";
import { buildInvoice, type InvoiceDraft } from "../billing/invoice.js";
import { lineOfInvoiceItem } from "../billing/line-drafts.js";
import { draftNow, draftOfUpdate } from "../billing/make-update.js";
import { pendingItems } from "../billing/plan-renewal.js";
import { planUpdate, type SubscriptionChange } from "../billing/plan-update.js";
import { idOf } from "../billing/price-amounts.js";
import { isRunning } from "../billing/renew-subscription.js";
import { scheduleOf } from "../billing/schedule-of.js";
import { currentPeriodEnd } from "../billing/subscription.js";
import { asPreview, buildUpcomingInvoice } from "../billing/upcoming-invoice.js";
import { newId } from "../ids.js";
import type { World } from "../world.js";
import { getCustomer } from "./customers.js";
import { getSubscription } from "./get-subscription.js";
import { noneUpcoming } from "./none-upcoming.js";
import { scheduleDetails } from "./schedule-params.js";
import { previewOfSchedule, previewOfScheduled } from "./schedule-previews.js";
import { previewOfStart } from "./start-previews.js";
import { applyCancelAt, changeOf } from "./subscription-changes.js";
import { discountsFor } from "./subscription-discounts.js";
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
  preview_mode: only("next"),
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
 * The next invoice of a running subscription, as it stands or as a change would leave it; nothing is kept.
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
  const details = params.subscription_details;
  if (scheduleOf(world, subscription) && !details?.cancel_now) {
    if (params.discounts !== undefined) throw unsupportedParameter("discounts", " with a scheduled subscription");
    applyCancelAt(world, subscription, details ?? {});
    return previewOfScheduled(world, subscription, details);
  }
  const change = (details && changeOf(world, subscription, details)) ?? null;
  const items = change?.items ?? subscription.items.data;
  const chosen = discountsFor(world, subscription, params.discounts, items);
  if (!chosen) return previewOf(world, params, { subscription, customer, change, isBare: false });
  const to = { customer: customer.id, subscription: subscription.id, checkoutSession: null, invoice: null };
  return lookingAt(world, chosen, to, (discounts) => {
    const seen = { ...subscription, discounts: discounts.map(({ id }) => id) };
    return previewOf(world, params, { subscription: seen, customer, change, isBare: chosen.length === 0 });
  });
}

/** What is looked at: a subscription as if it had the discounts asked for, or, bare, as if its customer had none either. */
interface Sight {
  subscription: Stripe.Subscription;
  customer: Stripe.Customer;
  change: SubscriptionChange | null;
  isBare: boolean;
}

function previewOf(world: World, params: Read<typeof previewParams>, sight: Sight): Stripe.Invoice {
  const { subscription, customer, change, isBare } = sight;
  const details = params.subscription_details;
  const discounted = (draft: InvoiceDraft) => (isBare ? { ...draft, discounts: [] } : draft);
  if (details?.cancel_now) return previewOfEnd(world, sight, details.proration_behavior !== "none", discounted);
  const plan = change && planUpdate(world, subscription, change);
  const draft = plan && draftOfUpdate(world, plan, `upcoming_${newId.invoice()}`);
  if (draft) return asPreview(buildInvoice(world, discounted(draft)));
  const ending = applyCancelAt(world, plan?.subscription ?? subscription, details ?? {});
  const isOver = ending.cancel_at !== null && ending.cancel_at <= currentPeriodEnd(ending);
  if (isOver) throw noneUpcoming(customer.id);
  const pending = [...pendingItems(world, subscription), ...(plan?.prorations ?? [])];
  const terms = { pending, ...(plan && { countedFrom: plan.countedFrom }) };
  return buildUpcomingInvoice(world, ending, customer, terms, discounted);
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

/** What canceling now would be invoiced with: what is pending, what is given back, and what was used. */
function previewOfEnd(
  world: World,
  { subscription, customer }: Sight,
  isProrated: boolean,
  discounted: (draft: InvoiceDraft) => InvoiceDraft,
): Stripe.Invoice {
  const credits = isProrated ? unusedTime(world, subscription).prorations : [];
  const items = [...pendingItems(world, subscription), ...credits].map((item) => lineOfInvoiceItem(world, item));
  const lines = [...items, ...lastUsage(world, subscription)];
  const draft = draftNow(world, subscription, `upcoming_${newId.invoice()}`, lines);
  if (!draft) throw noneUpcoming(customer.id);
  return asPreview(buildInvoice(world, discounted(draft)));
}
