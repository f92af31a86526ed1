import { type Deps, inTransaction } from "../../deps.js";
import { StripeRefused } from "../../stripe/stripe-errors.js";
import { recordAct } from "../audit/audit.js";
import { globalId } from "../global-id.js";
import { listUnsettledReversals, loadInvoices, markReversalSettled } from "../history/history.service.js";
import type { PaymentRow } from "../history/payment.table.js";
import { findCreditFor, readPeriodPayments } from "../history/period-payments.js";
import { type Reversal, reversalOf } from "../history/reversal.js";
import { findStripeSubscription } from "../subscriptions/subscription.service.js";
import { syncSubscription } from "../subscriptions/subscription.sync.js";
import type { SubscriptionRow } from "../subscriptions/subscription.table.js";
import { dropWaiting } from "../subscriptions/waiting.js";
import { getCustomer } from "../users/user.service.js";
import { commit } from "../users/user.sync.js";
import { endOfRunningPeriod } from "./access-end.js";

/** What the audit log and Stripe are told. */
const reasons: Readonly<Record<Reversal, string>> = {
  DISPUTE: "The payment of the running period was lost to a dispute.",
  REFUND: "The payment of the running period was given back in full.",
};

/** Who does it, as the audit log names them. */
const itself = "system";

/**
 * Settles what follows from payments of a customer that were taken back: the subscription whose running period they paid
 * ends now, without credit. Call it under the customer's lock.
 *
 * A payment is settled once, whatever came of it, and only after Stripe has ended what is to end: a run that was cut off
 * is done again.
 */
export async function settleReversals(deps: Deps, userId: string): Promise<void> {
  for (const payment of await listUnsettledReversals(deps, userId)) {
    await settle(deps, payment).catch((error: unknown) => {
      if (!(error instanceof StripeRefused)) throw error;
      deps.log.error({ payment: payment.id, err: error }, "a subscription that was not paid for could not be ended");
    });
  }
}

async function settle(deps: Deps, payment: PaymentRow): Promise<void> {
  const subscription = await findUnpaid(deps, payment);
  const reversal = reversalOf(payment);
  if (!subscription || !reversal) {
    if (reversal) await tellOfCredit(deps, payment);
    return markReversalSettled(deps, payment);
  }
  // Paid for in this very moment: it is judged again in the next round, which knows of that payment.
  if (!(await dropWaiting(deps, subscription.stripeSubscriptionId, subscription))) return;
  const { id, userId, stripeSubscriptionId } = subscription;
  const reason = reasons[reversal];
  // Written before it is done, under the payment's ID, and so once: afterwards there would be nothing left to tell.
  const details = { subscription: globalId("BillingSubscription", id), payment: globalId("Payment", payment.id) };
  await inTransaction(deps, (inside) =>
    recordAct(inside, { id: payment.id, actor: itself, action: "subscription.end", userId, reason, details }),
  );
  await deps.stripe.cancelNow(stripeSubscriptionId, { reason: null, comment: reason, isCredited: false });
  const write = await syncSubscription(deps, await getCustomer(deps, userId), stripeSubscriptionId, "PAYMENT");
  await commit(deps, async (inside) => {
    await write(inside);
    await markReversalSettled(inside, payment);
  });
  deps.log.info({ subscription: id, payment: payment.id }, "a subscription ended: its payment was taken back");
}

/** Credit cannot be told from other credit once it is on the balance, and may be spent: somebody must look. */
async function tellOfCredit(deps: Deps, { id: payment, invoiceId }: PaymentRow): Promise<void> {
  const [invoice] = invoiceId ? await loadInvoices(deps, [invoiceId]) : [];
  const credit = invoice && (await findCreditFor(deps, invoice));
  if (!credit) return;
  const fields = { payment, invoice: credit.id, credited: -credit.total, currency: credit.currency };
  deps.log.warn(fields, "a payment was taken back after its unused time was credited: take the credit off the balance");
}

/**
 * The subscription whose running period, or a part of it, was paid with this, and with nothing that is left, as Stripe has
 * it now. Whoever has paid for some of a period, by money or by credit, keeps it.
 */
async function findUnpaid(deps: Deps, payment: PaymentRow): Promise<SubscriptionRow | undefined> {
  const { onRefund, onLostDispute } = deps.settings.endsAccess;
  const reversal = reversalOf(payment);
  if (!reversal || !(reversal === "REFUND" ? onRefund : onLostDispute) || !payment.invoiceId) return undefined;
  const [invoice] = await loadInvoices(deps, [payment.invoiceId]);
  if (!invoice?.stripeSubscriptionId) return undefined;
  const known = await findStripeSubscription(deps, invoice.stripeSubscriptionId);
  if (!known || known.userId !== payment.userId) return undefined;
  const user = await getCustomer(deps, known.userId);
  const present = await commit(deps, await syncSubscription(deps, user, known.stripeSubscriptionId));
  const end = endOfRunningPeriod(present, deps.now());
  const paid = end && (await readPeriodPayments(deps, present.stripeSubscriptionId, end));
  if (!paid?.invoiceIds.includes(invoice.stripeInvoiceId)) return undefined;
  if (!paid.isAnythingLeft) return present;
  const fields = { subscription: present.id, payment: payment.id };
  deps.log.info(fields, "a payment was taken back, and its subscription goes on: the period is paid for otherwise");
  return undefined;
}
