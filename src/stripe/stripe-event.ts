/** What the inbox keeps of a Stripe event. */
export interface StripeEvent {
  readonly id: string;
  /** As a classic event names it: a thin one's `v1.` is taken off. */
  readonly type: string;
  readonly apiVersion: string | null;
  readonly isLive: boolean;
  /** Whether it only names its object, and says nothing about it: https://docs.stripe.com/event-destinations#thin-events */
  readonly isThin: boolean;
  /** The account that it happened in, where it says so: those of connected accounts do, and those sent to an organisation. */
  readonly accountId: string | null;
  /** When Stripe says it happened. */
  readonly createdAt: Date;
  /** The object that it is about, and what kind it is. */
  readonly objectId: string | null;
  readonly objectType: string | null;
  /** The Stripe customer that it is about. */
  readonly customerId: string | null;
  /** The object that a charge, refund or invoice payment belongs to and that is synced in its place. */
  readonly paymentIntentId: string | null;
  readonly invoiceId: string | null;
  /** The subscription that a schedule changes, or changed until it was released. */
  readonly subscriptionId: string | null;
  /** The product that a price is of. */
  readonly productId: string | null;
}

/** A delivery that did not prove to be Stripe's. `reason` is for counters and logs. */
export class UnverifiedEvent extends Error {
  override readonly name = "UnverifiedEvent";
  constructor(
    readonly reason: "missing_signature" | "bad_signature" | "too_old" | "too_new" | "bad_body",
    message: string,
  ) {
    super(message);
  }
}

/** An event, and the JSON that told of it. */
export interface Delivery {
  readonly event: StripeEvent;
  readonly body: string;
}
