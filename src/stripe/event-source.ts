import Stripe from "stripe";
import { type MeterReport, meterReport } from "./meter-report.js";
import { readEvent } from "./read-event.js";
import { idOf } from "./snapshots.js";
import { asking } from "./stripe-errors.js";
import type { Delivery } from "./stripe-event.js";

/** What a thin event may name in place of what is read again. */
export type ReferenceKind = "charge" | "refund" | "dispute" | "invoice_payment" | "subscription_schedule" | "price";

/** What a reference leads to. */
export interface Referred {
  readonly kind: "payment" | "invoice" | "subscription" | "product";
  readonly id: string;
}

/** Which events are asked for. Times are Stripe's, to the second, and both ends are meant too. */
export interface UndeliveredQuery {
  readonly types: readonly string[];
  readonly since: Date;
  readonly until: Date;
  /** The id of the last event of the page before. */
  readonly after: string | undefined;
}

/** Events as a delivery would have brought them. */
export interface UndeliveredPage {
  readonly events: readonly Delivery[];
  readonly hasMore: boolean;
}

/** What Stripe is asked about its events, beside the objects that they are about. Fails as `StripeGateway` does. */
export interface StripeEventSource {
  /** What a charge, a schedule or another such thing belongs to; null for one that belongs to nothing. */
  findReferred(kind: ReferenceKind, id: string): Promise<Referred | null>;
  /** Whose payment method it is; null when it is nobody's any more. */
  findCardOwner(paymentMethodId: string): Promise<string | null>;
  /** What a meter's error report says, by its event's id; null for an event that is none. Stripe keeps it for 30 days. */
  findMeterReport(eventId: string): Promise<MeterReport | null>;
  /** A page of the events that some endpoint of the account has not taken, newest first; at most 20 types. */
  listUndelivered(asked: UndeliveredQuery): Promise<UndeliveredPage>;
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
    subscription_schedule: async (id) => {
      const { subscription, released_subscription } = await stripe.subscriptionSchedules.retrieve(id);
      return referred("subscription", subscription ?? released_subscription);
    },
    price: async (id) => referred("product", (await stripe.prices.retrieve(id)).product),
  };
  let account: string | null = null;
  return {
    async findAccountId() {
      account ??= await asking(() => readAccountId(stripe));
      return account;
    },
    knownAccountId: () => account,
    findReferred: (kind, id) => asking(() => readers[kind](id)),
    findMeterReport: (eventId) => asking(async () => meterReport(await stripe.v2.core.events.retrieve(eventId))),
    listUndelivered: (asked) => asking(() => undeliveredPage(stripe, asked)),
    findCardOwner: (id) => asking(async () => idOf((await stripe.paymentMethods.retrieve(id)).customer)),
  };
}

/** https://docs.stripe.com/webhooks/process-undelivered-events */
async function undeliveredPage(stripe: Stripe, { types, since, until, after }: UndeliveredQuery) {
  const page = await stripe.events.list({
    types: [...types],
    delivery_success: false,
    created: { gte: secondOf(since), lte: secondOf(until) },
    limit: 100,
    ...(after && { starting_after: after }),
  });
  const events = page.data.map((event) => {
    const body = JSON.stringify(event);
    return { event: readEvent(body), body };
  });
  return { events, hasMore: page.has_more };
}

function secondOf(instant: Date): number {
  return Math.floor(instant.getTime() / 1000);
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
