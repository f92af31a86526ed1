import type Stripe from "stripe";
import { asking } from "./stripe-errors.js";

/** Money to give back. */
export interface RefundOrder {
  readonly paymentIntentId: string;
  /** Minor units of the payment's currency. */
  readonly amount: number;
  /** Our ID of the refund, by which it is found again for as long as Stripe has it. */
  readonly refundId: string;
}

/** What is asked of Stripe to give money back. Fails as `StripeGateway` does. */
export interface StripeRefundGateway {
  /** How much a refund of ours gave back, in minor units of the payment's currency; null where it was not made. */
  findRefund(paymentIntentId: string, refundId: string): Promise<number | null>;
  /** Gives money back. A repeated key gives the first answer again. */
  createRefund(order: RefundOrder, idempotencyKey: string): Promise<void>;
}

/** The key under which our ID of a refund is in Stripe's metadata. */
const refundIdKey = "billing_refund_id";

/** The gateway over the SDK. */
export function makeRefundGateway(stripe: Stripe): StripeRefundGateway {
  return {
    findRefund: (paymentIntentId, refundId) =>
      asking(async () => {
        const made = stripe.refunds.list({ payment_intent: paymentIntentId, limit: 100 });
        for await (const { metadata, amount } of made) if (metadata?.[refundIdKey] === refundId) return amount;
        return null;
      }),
    createRefund: ({ paymentIntentId, amount, refundId }, idempotencyKey) =>
      asking(async () => {
        const metadata = { [refundIdKey]: refundId };
        await stripe.refunds.create({ payment_intent: paymentIntentId, amount, metadata }, { idempotencyKey });
      }),
  };
}
