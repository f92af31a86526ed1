import { eq } from "drizzle-orm";
import { auditLog } from "../../src/billing/audit/audit.table.js";
import { userIdOf } from "../../src/billing/users/user.js";
import type { TestApp } from "./app.js";
import type { Person } from "./person.js";

/** Somebody who may do what staff do. */
export function staffOf(app: TestApp): Person {
  return app.person("root", { role: "admin" });
}

/** The account's ID, as its customer sees it. */
export async function customerIdOf(person: Person): Promise<string> {
  return (await person.ask("{ viewer { customer { id } } }")).viewer.customer.id;
}

/** What the audit log has of somebody's account, in the order in which it was done. */
export async function actsOn(app: TestApp, { sub }: Person) {
  const { actor, action, reason, details } = auditLog;
  return app.connection.db
    .select({ actor, action, reason, details })
    .from(auditLog)
    .where(eq(auditLog.userId, userIdOf(sub)))
    .orderBy(auditLog.occurredAt);
}

const refundMutation = `mutation ($input: AdminRefundPaymentInput!) { adminRefundPayment(input: $input) {
  payment { id status amount { amount } refundedAmount { amount } } userErrors { code message path } } }`;

let keys = 0;

/** Gives a payment back, all that is left of it unless an amount is said; gives the payload. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at refusals as well as at payments
export async function refund(app: TestApp, paymentId: string, input: Record<string, unknown> = {}): Promise<any> {
  const given = { paymentId, reason: "asked for it back", idempotencyKey: `refund-${++keys}`, ...input };
  return (await staffOf(app).ask(refundMutation, { input: given })).adminRefundPayment;
}

/** Somebody's newest payment, as they see it. */
// biome-ignore lint/suspicious/noExplicitAny: each test looks at another part
export async function newestPayment(person: Person): Promise<any> {
  const { payments } = await person.ask(
    "{ payments(first: 1) { nodes { id status amount { amount } refundedAmount { amount } } } }",
  );
  return payments.nodes[0];
}
