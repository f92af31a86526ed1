import { isSent } from "../billing/collection.js";
import { noteDelinquency } from "../billing/delinquency.js";
import { standOverdue } from "../billing/subscription-standing.js";
import { cause } from "./cause.js";

/** An invoice that was sent and is not paid when it is due: its customer is delinquent, its subscription past due. */
export const invoiceDue = cause("invoice", {
  at: (invoice) => (invoice.status === "open" && isSent(invoice) ? invoice.due_date : null),
  run: (world, invoice) => {
    noteDelinquency(world, invoice, true);
    standOverdue(world, invoice);
  },
});
