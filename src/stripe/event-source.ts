import Stripe from "stripe";
import { idOf } from "./snapshots.js";
import { asking } from "./stripe-errors.js";

/** What a thin event may name in place of the payment or invoice that is synced. */
export type ReferenceKind = "charge" | "refund" | "dispute" | "invoice_payment";

/** The payment or invoice that a reference leads to. */
export interface Referred {
  readonly kind: "payment" | "invoice";
  readonly id: string;
}

/** What Stripe is asked about its events, beside the objects that they are about. Fails as `StripeGateway` does. */
export interface StripeEventSource {
  /** What a charge, refund, dispute or invoice payment belongs to; null for one that belongs to nothing of ours. */
  findReferred(kind: ReferenceKind, id: string): Promise<Referred | null>;
  /** Whose payment method it is; null when it is nobody's any more. */
  findCardOwner(paymentMethodId: string): Promise<string | null>;
  /** The account of the service's key, asked once; null when the key may not ask. */
  findAccountId(): Promise<string | null>;
  /** The same, if it was asked already. */
  knownAccountId(): string | null;
}

/** The source over the SDK. */
export function makeEventSource(stripe: Stripe): StripeEventSource {
  const readers: Readonly<Record<ReferenceKind, (id: string) => Promise<Referred | null>>> = {
    charge: async (id) => payment((await stripe.charges.retrieve(id)).payment_intent),
    refund: async (id) => payment((await stripe.refunds.retrieve(id)).payment_intent),
    dispute: async (id) => payment((await stripe.disputes.retrieve(id)).payment_intent),
    invoice_payment: async (id) => referred("invoice", (await stripe.invoicePayments.retrieve(id)).invoice),
  };
  let account: string | null = null;
  return {
    async findAccountId() {
      account ??= await asking(() => readAccountId(stripe));
      return account;
    },
    knownAccountId: () => account,
    findReferred: (kind, id) => asking(() => readers[kind](id)),
    findCardOwner: (id) => asking(async () => idOf((await stripe.paymentMethods.retrieve(id)).customer)),
  };
}

async function readAccountId(stripe: Stripe): Promise<string | null> {
  try {
    return (await stripe.accounts.retrieveCurrent()).id;
  } catch (error) {
    if (error instanceof Stripe.errors.StripePermissionError) return null;
    throw error;
  }
}

type Pointer = Parameters<typeof idOf>[0];

function payment(pointer: Pointer): Referred | null {
  return referred("payment", pointer);
}

function referred(kind: Referred["kind"], pointer: Pointer): Referred | null {
  const id = idOf(pointer);
  return id === null ? null : { kind, id };
}
