import type { Deps } from "../deps.js";
import { isRead, type ObjectKind, type Target, type WatchKind } from "./stripe-event-handlers.js";

/** The object that is synced. */
export interface Synced {
  readonly kind: ObjectKind;
  readonly id: string;
}

/** The object that is synced or watched. */
export interface Found {
  readonly kind: ObjectKind | WatchKind;
  readonly id: string;
}

/** What is to be read for what an event named: the object itself, or what it belongs to. Reads Stripe for the latter. */
export async function findTarget({ stripeEvents }: Deps, { kind, id }: Target): Promise<Found | null> {
  return isRead(kind) ? { kind, id } : stripeEvents.findReferred(kind, id);
}

/** The Stripe customer whose object this is, for events that do not say; null when it is nobody's. Reads Stripe. */
export async function findPayer({ stripe, stripeEvents }: Deps, { kind, id }: Synced): Promise<string | null> {
  const readers: Readonly<Record<ObjectKind, () => Promise<string | null>>> = {
    customer: async () => id,
    subscription: async () => (await stripe.getSubscription(id)).customerId,
    invoice: async () => (await stripe.getInvoice(id)).customerId,
    payment: async () => (await stripe.getPayment(id)).customerId,
    checkout: async () => (await stripe.getCheckout(id)).customerId,
    payment_method: () => stripeEvents.findCardOwner(id),
  };
  return readers[kind]();
}
