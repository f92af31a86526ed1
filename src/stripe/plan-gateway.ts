import type Stripe from "stripe";
import {
  changeParams,
  type DueNow,
  discountParams,
  dueNow,
  type HeldPayment,
  isChanged,
  type PlanChangeResult,
  type PlanOrder,
  planItem,
} from "./plan-change.js";
import { isStillAt, phasesFor, phasesOf } from "./plan-schedule.js";
import { idOf } from "./snapshots.js";
import { asking, makingOnce } from "./stripe-errors.js";

/** What is asked of Stripe to move a subscription to another price. Fails as `StripeGateway` does. */
export interface StripePlanGateway {
  /** What a change would cost that is invoiced at once, as all are but those within a trial, and after it. Nothing is made. */
  previewChange(order: PlanOrder): Promise<{ readonly now: DueNow; readonly recurring: number }>;
  /** What each later period would cost, discounts and tax counted, before credit. Nothing is made. */
  previewLaterPeriods(order: PlanOrder): Promise<number>;
  /**
   * Moves a subscription at once, if what is due for it is paid: else nothing changes but that the change is held back.
   * What was changed so already is left as it is, and a repeated key gives the first answer again; `StripeKeySpent` says
   * that the next try needs another one.
   */
  changePlan(order: PlanOrder, idempotencyKey: string): Promise<PlanChangeResult>;
  /** Moves a subscription when its running period ends, in place of any change that waits. May be repeated. */
  schedulePlan(order: PlanOrder): Promise<void>;
  /**
   * Puts a subscription back on what a schedule had held ready that was released, unless it is at another plan by now, or in
   * another period. May be repeated.
   */
  scheduleAgain(stripeSubscriptionId: string, releasedScheduleId: string): Promise<void>;
  /** Lets a subscription go on without its schedule. May be repeated. */
  releaseSchedule(scheduleId: string): Promise<void>;
  /** Withdraws an invoice that is open, and with it the change that waited for it; whether it is withdrawn now. May be repeated. */
  withdrawInvoice(invoiceId: string): Promise<boolean>;
}

/** The gateway over the SDK. */
export function makePlanGateway(stripe: Stripe): StripePlanGateway {
  const previewer = async (order: PlanOrder) => {
    const subscription = await stripe.subscriptions.retrieve(order.stripeSubscriptionId);
    const { id } = planItem(subscription, order.fromStripePriceId);
    return (preview_mode: "next" | "recurring") =>
      stripe.invoices.createPreview({
        customer: idOf(subscription.customer) ?? "",
        subscription: order.stripeSubscriptionId,
        subscription_details: changeParams(order, id),
        preview_mode,
        ...discountParams(order),
      });
  };
  return {
    previewChange: (order) =>
      asking(async () => {
        const preview = await previewer(order);
        const [next, later] = await Promise.all([preview("next"), preview("recurring")]);
        return { now: dueNow(next), recurring: later.total };
      }),
    previewLaterPeriods: (order) => asking(async () => (await (await previewer(order))("recurring")).total),
    changePlan: (order, idempotencyKey) =>
      asking(async () => {
        const id = order.stripeSubscriptionId;
        const expand = ["latest_invoice.payments"];
        const changed = await makingOnce<Stripe.Subscription>({
          find: () => stripe.subscriptions.retrieve(id, { expand }),
          isMade: (found) => isChanged(found, order),
          make: (found) => {
            const terms = {
              ...changeParams(order, planItem(found, order.fromStripePriceId).id),
              ...discountParams(order),
            };
            const params = { ...terms, payment_behavior: "pending_if_incomplete" as const, expand };
            return stripe.subscriptions.update(id, params, { idempotencyKey });
          },
        });
        const invoice = typeof changed.latest_invoice === "object" ? changed.latest_invoice : null;
        const held = changed.pending_update && invoice ? await heldPayment(stripe, invoice) : null;
        return { invoiceId: invoice?.id ?? null, held };
      }),
    schedulePlan: (order) =>
      asking(async () => {
        const { subscription, schedule } = await scheduled(stripe, order.stripeSubscriptionId);
        await replacePhases(stripe, schedule, phasesFor(order, subscription, schedule));
      }),
    scheduleAgain: (id, releasedId) =>
      asking(async () => {
        const [released, present] = await Promise.all([
          stripe.subscriptionSchedules.retrieve(releasedId),
          stripe.subscriptions.retrieve(id),
        ]);
        if (!isStillAt(present, released)) return;
        const { subscription, schedule } = await scheduled(stripe, id);
        await replacePhases(stripe, schedule, phasesOf(released, subscription, schedule));
      }),
    releaseSchedule: (id) =>
      asking(async () => {
        const { status } = await stripe.subscriptionSchedules.retrieve(id);
        if (status === "active" || status === "not_started") await stripe.subscriptionSchedules.release(id);
      }),
    withdrawInvoice: (id) =>
      asking(async () => {
        const { status } = await stripe.invoices.retrieve(id);
        return (status === "open" ? await stripe.invoices.voidInvoice(id) : { status }).status === "void";
      }),
  };
}

/** A subscription with its schedule, which is made now unless it has one. */
async function scheduled(stripe: Stripe, id: string) {
  const subscription = await stripe.subscriptions.retrieve(id, { expand: ["discounts"] });
  const known = idOf(subscription.schedule);
  const schedule = known
    ? await stripe.subscriptionSchedules.retrieve(known)
    : await stripe.subscriptionSchedules.create({ from_subscription: id });
  return { subscription, schedule };
}

async function replacePhases(
  stripe: Stripe,
  { id }: Stripe.SubscriptionSchedule,
  phases: Stripe.SubscriptionScheduleUpdateParams.Phase[],
): Promise<void> {
  await stripe.subscriptionSchedules.update(id, { end_behavior: "release", proration_behavior: "none", phases });
}

/**
 * What became of an invoice that was not paid at once; its payments must be expanded. A payment that asks for the customer
 * can be confirmed on the invoice's page; one that was declined cannot.
 */
export async function heldPayment(stripe: Stripe, invoice: Stripe.Invoice): Promise<HeldPayment> {
  const intentId = idOf(invoice.payments?.data[0]?.payment.payment_intent);
  const intent = intentId ? await stripe.paymentIntents.retrieve(intentId) : null;
  const isToConfirm = intent?.status === "requires_action";
  return { invoiceId: invoice.id ?? "", confirmationUrl: isToConfirm ? (invoice.hosted_invoice_url ?? null) : null };
}
