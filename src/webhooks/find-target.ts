import type { Deps } from "../deps.js";
import { type ObjectKind, syncs, type Target } from "./stripe-event-handlers.js";

/** The object that is synced. */
export interface Synced {
  readonly kind: ObjectKind;
  readonly id: string;
}

/** What is to be synced for what an event named: the object itself, or what it belongs to. Reads Stripe for the latter. */
export async function findSynced({ stripeEvents }: Deps, { kind, id }: Target): Promise<Synced | null> {
  return isSynced(kind) ? { kind, id } : stripeEvents.findReferred(kind, id);
}

function isSynced(kind: Target["kind"]): kind is ObjectKind {
  return Object.hasOwn(syncs, kind);
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
