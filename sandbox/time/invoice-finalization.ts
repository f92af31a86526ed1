import { advanceDraft } from "../billing/advance-invoice.js";
import { cause } from "./cause.js";

/** A draft that advances by itself is finalized, and asked for, about an hour after it was made. https://docs.stripe.com/billing/subscriptions/webhooks */
export const invoiceFinalization = cause("invoice", {
  at: ({ status, auto_advance, automatically_finalizes_at }) =>
    status === "draft" && auto_advance ? (automatically_finalizes_at ?? null) : null,
  run: advanceDraft,
});
