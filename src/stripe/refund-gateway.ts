import type Stripe from "stripe";
import { asking, makingOnce } from "./stripe-errors.js";

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
  /**
   * Gives money back, unless this refund was made already. A repeated key gives the first answer again; `StripeKeySpent`
   * says that the next try needs another one.
   */
  createRefund(order: RefundOrder, idempotencyKey: string): Promise<void>;
}

/** The key under which our ID of a refund is in Stripe's metadata. */
const refundIdKey = "billing_refund_id";

/** The gateway over the SDK. */
export function makeRefundGateway(stripe: Stripe): StripeRefundGateway {
  const find = async (payment_intent: string, refundId: string): Promise<number | null> => {
    const made = stripe.refunds.list({ payment_intent, limit: 100 });
    for await (const { metadata, amount } of made) if (metadata?.[refundIdKey] === refundId) return amount;
    return null;
  };
  return {
    findRefund: (paymentIntentId, refundId) => asking(() => find(paymentIntentId, refundId)),
    createRefund: async ({ paymentIntentId: payment_intent, amount, refundId }, idempotencyKey) => {
      const order = { payment_intent, amount, metadata: { [refundIdKey]: refundId } };
      await makingOnce<number | null>({
        find: () => find(payment_intent, refundId),
        isMade: (found) => found !== null,
        make: async () => (await stripe.refunds.create(order, { idempotencyKey })).amount,
      });
    },
  };
}
