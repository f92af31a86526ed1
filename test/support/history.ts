import { invoices } from "../../src/billing/history/invoice.table.js";
import { payments } from "../../src/billing/history/payment.table.js";
import { userIdOf } from "../../src/billing/users/user.js";
import { users } from "../../src/billing/users/user.table.js";
import { invoiceStatuses, paymentStatuses } from "../../src/stripe/snapshots.js";
import type { TestApp } from "./app.js";
import type { Person } from "./person.js";

/** How many invoices and payments a customer with a history has of each. */
export const rows = 47;

/** The moment of the oldest; the others follow by the hour. */
export const firstMoment = Date.UTC(2026, 0, 1);
export const hourMs = 3_600_000;

/** A customer with a long history of all states, written in no order; of any four, three are of the same moment. */
export async function withHistory(app: TestApp, sub: string): Promise<Person> {
  const { db } = app.connection;
  const userId = userIdOf(sub);
  await db.insert(users).values({ id: userId, externalId: sub, createdAt: new Date(firstMoment) });
  for (let index = 0; index < rows; index++) {
    const place = (index * 13) % rows;
    const issuedAt = new Date(firstMoment + (place - (place % 4 === 3 ? 0 : place % 4)) * hourMs);
    const money = { currency: "usd", amount: place, total: place };
    const [invoice] = await db
      .insert(invoices)
      .values({
        userId,
        stripeInvoiceId: `in_${sub}_${place}`,
        status: invoiceStatuses[index % invoiceStatuses.length] ?? "PAID",
        issuedAt,
        periodStart: issuedAt,
        periodEnd: issuedAt,
        subtotal: place,
        discountTotal: 0,
        tax: 0,
        amountDue: 0,
        ...money,
      })
      .returning();
    await db.insert(payments).values({
      userId,
      stripePaymentIntentId: `pi_${sub}_${place}`,
      invoiceId: invoice?.id ?? null,
      status: paymentStatuses[index % paymentStatuses.length] ?? "SUCCEEDED",
      refundedAmount: 0,
      createdAt: issuedAt,
      ...money,
    });
  }
  return app.person(sub);
}
