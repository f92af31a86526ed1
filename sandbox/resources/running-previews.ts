import type Stripe from "stripe";
import { lookingAt } from "../billing/choose-discounts.js";
import { lastUsage, unusedTime } from "../billing/give-back.js";
import { buildInvoice, type InvoiceDraft } from "../billing/invoice.js";
import { lineOfInvoiceItem } from "../billing/line-drafts.js";
import { draftNow, draftOfUpdate } from "../billing/make-update.js";
import { dropPendingUpdate } from "../billing/pending-update.js";
import { pendingItems } from "../billing/plan-renewal.js";
import { planUpdate, type SubscriptionChange } from "../billing/plan-update.js";
import { idOf } from "../billing/price-amounts.js";
import { buildRecurringInvoice } from "../billing/recurring-invoice.js";
import { currentPeriodEnd } from "../billing/subscription.js";
import { asPreview, buildUpcomingInvoice } from "../billing/upcoming-invoice.js";
import { newId } from "../ids.js";
import type { World } from "../world.js";
import { getCustomer } from "./customers.js";
import type { PreviewParams } from "./invoice-previews.js";
import { noneUpcoming } from "./none-upcoming.js";
import { applyCancelAt, changeOf } from "./subscription-changes.js";
import { discountsFor } from "./subscription-discounts.js";

/** What is looked at: a subscription as if it had the discounts asked for, or, bare, as if its customer had none either. */
interface Sight {
  subscription: Stripe.Subscription;
  customer: Stripe.Customer;
  change: SubscriptionChange | null;
  isBare: boolean;
}

/** The next invoice of a subscription that no schedule runs, as it stands or as a change would leave it. */
export function previewOfRunning(
  real: World,
  params: PreviewParams,
  running: { subscription: Stripe.Subscription; owner: string },
): Stripe.Invoice {
  const details = params.subscription_details;
  const change = (details && changeOf(real, running.subscription, details)) ?? null;
  const isReplacing = change !== null || params.discounts !== undefined;
  const { world, subscription } = isReplacing
    ? withNothingWaiting(real, running)
    : { world: real, subscription: running.subscription };
  const customer = getCustomer(world, running.owner, "customer");
  const items = change?.items ?? subscription.items.data;
  const chosen = discountsFor(world, subscription, params.discounts, items);
  const look = params.preview_mode === "recurring" ? recurringOf : nextOf;
  if (!chosen) return look(world, params, { subscription, customer, change, isBare: false });
  const to = { customer: customer.id, subscription: subscription.id, checkoutSession: null, invoice: null };
  return lookingAt(world, chosen, to, (discounts) => {
    const seen = { ...subscription, discounts: discounts.map(({ id }) => id) };
    return look(world, params, { subscription: seen, customer, change, isBare: chosen.length === 0 });
  });
}

/** A change takes the place of one that waits to be paid, whose invoice then uses no credit. */
function withNothingWaiting(
  real: World,
  { subscription, owner }: { subscription: Stripe.Subscription; owner: string },
): { world: World; subscription: Stripe.Subscription } {
  if (!subscription.pending_update) return { world: real, subscription };
  const world = real.imagine({ customer: owner, subscription: subscription.id, schedule: null });
  return { world, subscription: dropPendingUpdate(world, subscription) };
}

function nextOf(world: World, { subscription_details: details }: PreviewParams, sight: Sight): Stripe.Invoice {
  const { subscription, customer, change, isBare } = sight;
  const discounted = (draft: InvoiceDraft) => (isBare ? { ...draft, discounts: [] } : draft);
  if (details?.cancel_now) return previewOfEnd(world, sight, details.proration_behavior !== "none", discounted);
  const plan = change && planUpdate(world, subscription, change);
  const draft = plan && draftOfUpdate(world, plan, `upcoming_${newId.invoice()}`);
  if (draft) return asPreview(buildInvoice(world, discounted(draft)));
  const ending = goingOn(world, plan?.subscription ?? subscription, details);
  const pending = [...pendingItems(world, subscription), ...(plan?.prorations ?? [])];
  const terms = { pending, ...(plan && { countedFrom: plan.countedFrom }) };
  return buildUpcomingInvoice(world, ending, customer, terms, discounted);
}

function recurringOf(world: World, { subscription_details: details }: PreviewParams, sight: Sight): Stripe.Invoice {
  const { subscription, customer, change, isBare } = sight;
  if (details?.cancel_now) throw noneUpcoming(customer.id);
  const plan = change && planUpdate(world, subscription, change);
  const ending = goingOn(world, plan?.subscription ?? subscription, details);
  return buildRecurringInvoice(world, ending, customer, {
    ...(plan && { countedFrom: plan.countedFrom }),
    ...(isBare && { discounts: () => [] }),
  });
}

/** The subscription with the end it would have; refuses one that no period follows. */
function goingOn(
  world: World,
  subscription: Stripe.Subscription,
  details: PreviewParams["subscription_details"],
): Stripe.Subscription {
  const ending = applyCancelAt(world, subscription, details ?? {});
  const isOver = ending.cancel_at !== null && ending.cancel_at <= currentPeriodEnd(ending);
  if (isOver) throw noneUpcoming(idOf(ending.customer));
  return ending;
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
