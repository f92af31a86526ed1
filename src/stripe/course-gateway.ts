import type Stripe from "stripe";
import { invoiceSnapshot } from "./invoice-snapshot.js";
import type { HeldPayment } from "./plan-change.js";
import { heldPayment } from "./plan-gateway.js";
import { type CancellationReason, type InvoiceSnapshot, idOf } from "./snapshots.js";
import { asking, unlessMissing } from "./stripe-errors.js";

/** What a customer says of why they leave. */
export interface CancellationWords {
  readonly reason: CancellationReason | null;
  readonly comment: string | null;
}

/** How a subscription ends at once. */
export interface CancellationTerms extends CancellationWords {
  /** Whether the time that is paid for and not used goes to the customer's balance. */
  readonly isCredited: boolean;
}

/** What is asked of Stripe to end a subscription, to pause it, and to let it go on. Fails as `StripeGateway` does. */
export interface StripeCourseGateway {
  /** Ends a subscription with its running period. May be repeated. */
  cancelAtPeriodEnd(subscriptionId: string, words: CancellationWords): Promise<void>;
  /** Ends a subscription now. May be repeated: what has ended is left as it is. */
  cancelNow(subscriptionId: string, terms: CancellationTerms): Promise<void>;
  /** Takes back a cancellation that has not taken effect, by whichever field it was made. May be repeated. */
  takeCancellationBack(subscriptionId: string): Promise<void>;
  /** The newest invoices of a subscription, as many as anybody looks at; none where Stripe does not have it. */
  invoicesOfSubscription(subscriptionId: string): Promise<InvoiceSnapshot[]>;
  /** The invoices of a subscription that nobody has paid, and that charge for time after an instant. */
  unpaidInvoicesBeyond(subscriptionId: string, instant: Date): Promise<string[]>;
  /** Withdraws an invoice that nobody has paid, a draft too; whether it is withdrawn now. May be repeated. */
  withdrawUnpaidInvoice(invoiceId: string): Promise<boolean>;
  /**
   * Pauses a subscription: its period ends now, and what is not used of it goes to the customer's balance, if so wanted. May
   * be repeated: what is paused is left as it is.
   */
  pauseSubscription(subscriptionId: string, terms: Pick<CancellationTerms, "isCredited">): Promise<void>;
  /**
   * Takes so much, in minor units, off the credit that was given when a subscription stopped at once, but no more than that
   * was. May be repeated: it is taken off once.
   */
  withholdCredit(subscriptionId: string, most: number): Promise<void>;
  /**
   * Charges a new period, which begins now, and lets a paused subscription run as soon as that is paid. What did not go
   * through is the answer; null where it runs. May be repeated: what runs, or has been charged for, is not charged again.
   */
  resumeSubscription(subscriptionId: string): Promise<HeldPayment | null>;
}

/** Asked for or about to be, or given up on: nothing was received for these. */
const unpaidStates: readonly string[] = ["draft", "open", "uncollectible"];

/** The key under which the invoice that gave a credit is in the metadata of what was taken off it. */
const withheldOfKey = "billing_withheld_of";

/** The gateway over the SDK. */
export function makeCourseGateway(stripe: Stripe): StripeCourseGateway {
  return {
    cancelAtPeriodEnd: (id, words) =>
      asking(async () => {
        await stripe.subscriptions.update(id, { cancel_at_period_end: true, ...detailsOf(words) });
      }),
    cancelNow: (id, { isCredited, ...words }) =>
      asking(async () => {
        const hasEnded = async () => (await stripe.subscriptions.retrieve(id)).ended_at !== null;
        if (await hasEnded()) return;
        // Nothing is credited unless asked for, and only an invoice takes a credit to the balance:
        // https://docs.stripe.com/billing/subscriptions/cancel
        const credit = isCredited ? { prorate: true, invoice_now: true } : {};
        try {
          await stripe.subscriptions.cancel(id, { ...credit, ...detailsOf(words) });
        } catch (error) {
          // A key makes no difference here, so a second try after a lost answer is told that there is nothing any more.
          if (!(await hasEnded())) throw error;
        }
      }),
    takeCancellationBack: (id) =>
      asking(async () => {
        const { cancel_at, cancel_at_period_end } = await stripe.subscriptions.retrieve(id);
        // Stripe takes one of the two only. The first also drops the date that it has set.
        if (cancel_at_period_end) await stripe.subscriptions.update(id, { cancel_at_period_end: false });
        else if (cancel_at !== null) await stripe.subscriptions.update(id, { cancel_at: "" });
      }),
    invoicesOfSubscription: async (subscription) => {
      const asked = { subscription, limit: 100, expand: ["data.payments"] };
      const found = await unlessMissing(asking(() => stripe.invoices.list(asked)));
      return (found?.data ?? []).map(invoiceSnapshot);
    },
    unpaidInvoicesBeyond: (subscription, instant) =>
      asking(async () => {
        const seconds = instant.getTime() / 1000;
        const { data } = await stripe.invoices.list({ subscription, limit: 100 });
        const unpaid = data.filter(({ status }) => status !== null && unpaidStates.includes(status));
        return unpaid.flatMap(({ id, lines }) =>
          id && lines.data.some(({ period }) => period.end > seconds) ? id : [],
        );
      }),
    withdrawUnpaidInvoice: (id) =>
      asking(async () => {
        const found = await stripe.invoices.retrieve(id);
        // A draft of a subscription cannot be deleted: https://docs.stripe.com/api/invoices/delete
        const { status } =
          found.status === "draft" ? await stripe.invoices.finalizeInvoice(id, { auto_advance: false }) : found;
        const isVoidable = status === "open" || status === "uncollectible";
        return (isVoidable ? await stripe.invoices.voidInvoice(id) : { status }).status === "void";
      }),
    // Without keys of ours: Stripe would repeat a failure under them for a day. What is there tells what was done.
    pauseSubscription: (id, { isCredited }) =>
      asking(async () => {
        const { status } = await stripe.subscriptions.retrieve(id);
        if (status === "paused") return;
        const bill_for = isCredited ? {} : { bill_for: { unused_time_from: { type: "none" as const } } };
        await stripe.subscriptions.pause(id, { type: "subscription", invoicing_behavior: "invoice", ...bill_for });
      }),
    withholdCredit: (id, most) =>
      asking(async () => {
        const { latest_invoice: invoice } = await stripe.subscriptions.retrieve(id, { expand: ["latest_invoice"] });
        if (!invoice || typeof invoice === "string" || !invoice.id || invoice.total >= 0) return;
        const customer = idOf(invoice.customer) ?? "";
        // What is there tells what was done, here too.
        for await (const { metadata } of stripe.customers.listBalanceTransactions(customer, { limit: 100 })) {
          if (metadata?.[withheldOfKey] === invoice.id) return;
        }
        await stripe.customers.createBalanceTransaction(customer, {
          amount: Math.min(most, -invoice.total),
          currency: invoice.currency,
          description: "Given back before, and so not credited",
          metadata: { [withheldOfKey]: invoice.id },
        });
      }),
    resumeSubscription: (id) =>
      asking(async () => {
        const expand = ["latest_invoice.payments"];
        const found = await stripe.subscriptions.retrieve(id, { expand });
        const isToBeAsked = found.status === "paused" && found.pending_update === null;
        const payment_behavior = "resume_on_payment_success";
        const { status, latest_invoice: invoice } = isToBeAsked
          ? await stripe.subscriptions.resume(id, { payment_behavior, expand })
          : found;
        if (status !== "paused" || !invoice || typeof invoice === "string") return null;
        return heldPayment(stripe, invoice);
      }),
  };
}

/** What was not said is left out. */
function detailsOf({ reason, comment }: CancellationWords) {
  const feedback = reason?.toLowerCase();
  if (!feedback && !comment) return {};
  return { cancellation_details: { ...(feedback && { feedback }), ...(comment && { comment }) } };
}
