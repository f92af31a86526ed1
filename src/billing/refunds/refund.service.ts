import type { Deps } from "../../deps.js";
import { done, type Outcome, refuse } from "../../errors.js";
import { StripeRefused } from "../../stripe/stripe-errors.js";
import { reasonFault, recordAct } from "../audit/audit.js";
import { globalId } from "../global-id.js";
import { findPayment } from "../history/history.service.js";
import { syncPayment } from "../history/payment.sync.js";
import type { PaymentRow } from "../history/payment.table.js";
import { withCustomerLock } from "../users/customer-lock.js";
import { isIdempotencyKey, keyFault, performOnce } from "../users/idempotency.js";
import { getCustomer } from "../users/user.service.js";
import { commit } from "../users/user.sync.js";
import { settleReversals } from "./access-end.service.js";
import { amountFault, refundable, refundIdOf, refusalOf } from "./refund.js";

/** What to give back, and why. */
export interface RefundPayment {
  /** Undefined for an ID that is no payment's. */
  readonly paymentId: string | undefined;
  /** Minor units of the payment's currency; all that is left when left out. */
  readonly amount?: number | null;
  readonly reason: string;
  /** Nothing is ever given back twice for one key. */
  readonly idempotencyKey: string;
}

/** A refund as it was decided. */
interface PlannedRefund {
  readonly refundId: string;
  readonly amount: number;
}

/** Gives back what was paid, in part or in full, never more than is left of it, and never twice for the same key. */
export async function refundPayment(
  deps: Deps,
  actor: string,
  input: RefundPayment,
): Promise<Outcome<{ paymentId: string }>> {
  const { paymentId, amount = null, reason, idempotencyKey: key } = input;
  if (!isIdempotencyKey(key)) return refuse("INVALID_INPUT", keyFault, { path: ["input", "idempotencyKey"] });
  const fault = reasonFault(reason) ?? amountFault(amount);
  if (fault) return fault;
  const payment = paymentId ? await findPayment(deps, paymentId) : undefined;
  if (!payment) {
    return refuse("NOT_FOUND", "There is no such payment on record.", { path: ["input", "paymentId"] });
  }
  const call = { userId: payment.userId, operation: "adminRefundPayment", key, input: { paymentId, amount, reason } };
  return withCustomerLock(deps, payment.userId, () =>
    performOnce<PlannedRefund, { paymentId: string }>(
      deps,
      call,
      () => decide(deps, payment, amount, refundIdOf(payment.userId, key)),
      (planned, attempt) => perform(deps, payment, planned, { actor, reason, attempt }),
    ),
  );
}

/** Judges by what Stripe has now. What an earlier call with this key gave back is never judged again, nor given back. */
async function decide(
  deps: Deps,
  { id, userId, stripePaymentIntentId }: PaymentRow,
  asked: number | null,
  refundId: string,
): Promise<Outcome<PlannedRefund>> {
  const made = await deps.stripe.findRefund(stripePaymentIntentId, refundId);
  if (made !== null) {
    return asked === null || asked === made ? done({ refundId, amount: made }) : refuse("IDEMPOTENCY_KEY_REUSED");
  }
  const user = await getCustomer(deps, userId);
  await commit(deps, await syncPayment(deps, user, stripePaymentIntentId));
  const present = await findPayment(deps, id);
  if (!present) throw new Error(`Payment ${id} was read again and has no row.`);
  const amount = refundable(present, asked);
  return typeof amount === "number" ? done({ refundId, amount }) : amount;
}

/** Who gives back, and in which try. */
interface Giver {
  readonly actor: string;
  readonly reason: string;
  readonly attempt: string;
}

/** Gives back, unless that was done, and writes it down: in our record of the payment and, once, in the log. */
async function perform(
  deps: Deps,
  payment: PaymentRow,
  { refundId, amount }: PlannedRefund,
  { actor, reason, attempt }: Giver,
): Promise<Outcome<{ paymentId: string }>> {
  const { id: paymentId, userId, stripePaymentIntentId: paymentIntentId, currency } = payment;
  try {
    await deps.stripe.createRefund({ paymentIntentId, amount, refundId }, `refund-${attempt}`);
  } catch (error) {
    if (error instanceof StripeRefused) return refusalOf(error);
    throw error;
  }
  const write = await syncPayment(deps, await getCustomer(deps, userId), paymentIntentId);
  await commit(deps, async (inside) => {
    await write(inside);
    const details = { payment: globalId("Payment", paymentId), amount, currency };
    await recordAct(inside, { id: refundId, actor, action: "payment.refund", userId, reason, details });
  });
  await settleReversals(deps, userId);
  return done({ paymentId });
}
