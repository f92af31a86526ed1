import { collectInvoice } from "../billing/collect-invoice.js";
import { cause } from "./cause.js";

/** A payment that failed is tried again at `next_payment_attempt`. https://docs.stripe.com/billing/revenue-recovery/smart-retries */
export const paymentRetry = cause("invoice", {
  at: ({ status, auto_advance, next_payment_attempt }) =>
    status === "open" && auto_advance ? next_payment_attempt : null,
  run: collectInvoice,
});
