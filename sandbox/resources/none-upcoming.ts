import { StripeRefusal } from "../api/errors.js";

/** Where nothing is to be invoiced there is nothing to preview. */
export function noneUpcoming(customer: string): StripeRefusal {
  const code = "invoice_upcoming_none";
  const doc_url = "https://stripe.com/docs/error-codes/invoice-upcoming-none";
  const message = `No upcoming invoices for customer: '${customer}'`;
  return new StripeRefusal(404, { type: "invalid_request_error", code, message, doc_url });
}
