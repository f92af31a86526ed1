import type { WebhookEvent } from "../stripe/webhook-endpoints.js";

/** The types, of those that the SDK knows, that `stripe-event-handlers.ts` has a line for. */
type HandledEvent = Exclude<
  Extract<
    WebhookEvent,
    | `customer.subscription.${string}`
    | `customer.${"created" | "updated" | "deleted"}`
    | `checkout.session.${string}`
    | `invoice.${string}`
    | `invoice_payment.${string}`
    | `payment_intent.${string}`
    | `payment_method.${"automatically_updated" | "detached" | "updated"}`
    | `charge.${string}`
    | `refund.${string}`
    | `subscription_schedule.${string}`
    | `product.${string}`
    | `price.${string}`
    | "billing_portal.configuration.updated"
  >,
  "invoice.upcoming"
>;

/** What Stripe is asked to send: everything that something is done for, and nothing else. */
export const handledEvents = complete([
  "billing_portal.configuration.updated",
  "charge.captured",
  "charge.dispute.closed",
  "charge.dispute.created",
  "charge.dispute.funds_reinstated",
  "charge.dispute.funds_withdrawn",
  "charge.dispute.updated",
  "charge.expired",
  "charge.failed",
  "charge.pending",
  "charge.refund.updated",
  "charge.refunded",
  "charge.succeeded",
  "charge.updated",
  "checkout.session.async_payment_failed",
  "checkout.session.async_payment_succeeded",
  "checkout.session.completed",
  "checkout.session.expired",
  "customer.created",
  "customer.deleted",
  "customer.subscription.created",
  "customer.subscription.deleted",
  "customer.subscription.paused",
  "customer.subscription.pending_update_applied",
  "customer.subscription.pending_update_expired",
  "customer.subscription.resumed",
  "customer.subscription.trial_will_end",
  "customer.subscription.updated",
  "customer.updated",
  "invoice.created",
  "invoice.deleted",
  "invoice.finalization_failed",
  "invoice.finalized",
  "invoice.marked_uncollectible",
  "invoice.overdue",
  "invoice.overpaid",
  "invoice.paid",
  "invoice.payment_action_required",
  "invoice.payment_attempt_required",
  "invoice.payment_failed",
  "invoice.payment_succeeded",
  "invoice.sent",
  "invoice.updated",
  "invoice.voided",
  "invoice.will_be_due",
  "invoice_payment.paid",
  "payment_intent.amount_capturable_updated",
  "payment_intent.canceled",
  "payment_intent.created",
  "payment_intent.partially_funded",
  "payment_intent.payment_failed",
  "payment_intent.processing",
  "payment_intent.requires_action",
  "payment_intent.succeeded",
  "payment_method.automatically_updated",
  "payment_method.detached",
  "payment_method.updated",
  "price.created",
  "price.deleted",
  "price.updated",
  "product.created",
  "product.deleted",
  "product.updated",
  "refund.created",
  "refund.failed",
  "refund.updated",
  "subscription_schedule.aborted",
  "subscription_schedule.canceled",
  "subscription_schedule.completed",
  "subscription_schedule.created",
  "subscription_schedule.expiring",
  "subscription_schedule.released",
  "subscription_schedule.updated",
]);

/** Compiles only when no type is missing, so that a new SDK cannot bring one that nobody hears of. */
function complete<const T extends HandledEvent>(
  events: readonly T[] & ([HandledEvent] extends [T] ? unknown : "a type is missing"),
): readonly HandledEvent[] {
  return events;
}
