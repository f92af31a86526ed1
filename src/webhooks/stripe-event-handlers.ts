import { watchPortal, watchProduct } from "../billing/catalog/catalog-watch.js";
import { syncCheckout } from "../billing/checkout/checkout.sync.js";
import { syncOrForgetInvoice } from "../billing/history/invoice.sync.js";
import { syncPayment } from "../billing/history/payment.sync.js";
import { syncPayer } from "../billing/subscriptions/payer.sync.js";
import { syncPaymentMethod } from "../billing/subscriptions/payment-method.sync.js";
import { syncSubscription } from "../billing/subscriptions/subscription.sync.js";
import { watchMeter } from "../billing/usage/meter-watch.js";
import type { Write } from "../billing/users/user.sync.js";
import type { UserRow } from "../billing/users/user.table.js";
import type { Deps } from "../deps.js";
import type { ReferenceKind } from "../stripe/event-source.js";
import type { StripeEvent } from "../stripe/stripe-event.js";

/** Reads an object from Stripe and gives the write that makes our rows match. */
type Sync = (deps: Deps, user: UserRow, stripeId: string) => Promise<Write<unknown>>;

/** The kinds of object that are synced. */
export const syncs = {
  customer: syncPayer,
  subscription: syncSubscription,
  invoice: syncOrForgetInvoice,
  payment: syncPayment,
  checkout: syncCheckout,
  payment_method: syncPaymentMethod,
} satisfies Record<string, Sync>;

export type ObjectKind = keyof typeof syncs;

/**
 * Looks at something that is no customer's, and tells the operator what is wrong with it; gives whether it is ours.
 * `eventIds` are Stripe's ids of the events that were about it.
 */
type Watch = (deps: Deps, stripeId: string, eventIds: readonly string[]) => Promise<boolean>;

/** The kinds of object that no record is kept of, and that a person should hear of. */
export const watches = {
  product: watchProduct,
  portal: watchPortal,
  meter: watchMeter,
} satisfies Record<string, Watch>;

export type WatchKind = keyof typeof watches;

/** Which object an event is a hint about; the event's own data is never trusted. */
export interface Target {
  readonly kind: ObjectKind | WatchKind | ReferenceKind;
  readonly id: string;
}

/** Whether a row's kind is one that something is done for. */
export function isTargetKind(kind: string | null): kind is Target["kind"] {
  return kind !== null && (isRead(kind) || references.some(([, known]) => known === kind));
}

/** Whether objects of this kind are read themselves, and not what they belong to. */
export function isRead(kind: string): kind is ObjectKind | WatchKind {
  return Object.hasOwn(syncs, kind) || isWatched(kind);
}

/** Whether objects of this kind are watched. */
export function isWatched(kind: string): kind is WatchKind {
  return Object.hasOwn(watches, kind);
}

/** Event type → what is read and which of the event's references names it. First match counts. */
const contents: readonly [prefix: string, kind: ObjectKind | WatchKind, id: (event: StripeEvent) => string | null][] = [
  ["customer.subscription.", "subscription", (event) => event.objectId],
  // One that has not begun names none: its subscription tells of itself when it is made.
  ["subscription_schedule.", "subscription", (event) => event.subscriptionId],
  ["customer.created", "customer", (event) => event.objectId],
  ["customer.updated", "customer", (event) => event.objectId],
  ["customer.deleted", "customer", (event) => event.objectId],
  // One that was just attached is nobody's default yet: making it one changes the customer or the subscription.
  ["payment_method.updated", "payment_method", (event) => event.objectId],
  ["payment_method.automatically_updated", "payment_method", (event) => event.objectId],
  ["payment_method.detached", "payment_method", (event) => event.objectId],
  ["checkout.session.", "checkout", (event) => event.objectId],
  ["invoice.upcoming", "invoice", () => null], // a preview: there is no such invoice yet
  ["invoice.", "invoice", (event) => event.objectId],
  ["invoice_payment.", "invoice", (event) => event.invoiceId],
  ["payment_intent.", "payment", (event) => event.objectId],
  ["charge.", "payment", (event) => event.paymentIntentId],
  ["refund.", "payment", (event) => event.paymentIntentId],
  ["product.", "product", (event) => event.objectId],
  ["price.", "product", (event) => event.productId],
  ["billing_portal.configuration.updated", "portal", (event) => event.objectId],
  // There are only thin ones. What they say is fetched by their own id; the second names no meter.
  ["billing.meter.error_report_triggered", "meter", (event) => event.objectId],
  ["billing.meter.no_meter_found", "meter", (event) => event.id],
];

/** What a thin event names where a classic one, which shows the whole object, names what is read. First match counts. */
const references: readonly [prefix: string, kind: ReferenceKind][] = [
  ["invoice_payment.", "invoice_payment"],
  ["charge.dispute.", "dispute"],
  ["charge.refund.", "refund"],
  ["charge.", "charge"],
  ["refund.", "refund"],
  ["subscription_schedule.", "subscription_schedule"],
  ["price.", "price"],
];

/** What an event asks to have synced; undefined for types that this service does not handle. */
export function targetOf(event: StripeEvent): Target | undefined {
  const [, referenceKind] = references.find(([prefix]) => event.isThin && event.type.startsWith(prefix)) ?? [];
  if (referenceKind) return event.objectId === null ? undefined : { kind: referenceKind, id: event.objectId };
  const [, kind, idOf] = contents.find(([prefix]) => event.type.startsWith(prefix)) ?? [];
  const id = idOf?.(event);
  return kind && id ? { kind, id } : undefined;
}
