import { sql } from "drizzle-orm";
import { expect } from "vitest";
import { userIdOf } from "../src/billing/users/user.js";
import { type TestApp, test } from "./support/app.js";
import { deliver, eventOf, inbox, thinOf } from "./support/deliveries.js";
import { customerOf } from "./support/objects.js";
import type { Person } from "./support/person.js";
import { quiet } from "./support/quiet.js";
import { reconcile, unheard } from "./support/reconcile.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

const paymentFields = `{ payments { totalCount nodes {
  id status amount { amount } refundedAmount { amount currency decimal } failureCode failureMessage
  method { kind brand last4 } receiptUrl invoice { status payments { id } } } } }`;

async function paymentsOf(person: Person) {
  return (await person.ask(paymentFields)).payments.nodes;
}

/** Stripe's ID of the one payment that this person made. */
async function intentOf(app: TestApp, person: Person): Promise<string> {
  const [customer] = (await app.stripe.customers.list({ email: `${person.sub}@example.com` })).data;
  const { data } = await app.stripe.paymentIntents.list({ customer: customer?.id ?? "nobody" });
  expect(data).toHaveLength(1);
  return data[0]?.id ?? "";
}

/** The one payment, once it has this state. */
function paymentThatIs(person: Person, status: string) {
  return until(`the payment to be ${status}`, async () => {
    const [payment, ...others] = await paymentsOf(person);
    expect(others).toEqual([]);
    return payment?.status === status && payment;
  });
}

test("a payment that is given back shows it, first in part and then in full", async ({ app }) => {
  const person = await app.customerOn("professional");
  const payment_intent = await intentOf(app, person);
  const paid = await paymentThatIs(person, "SUCCEEDED");
  expect(paid).toMatchObject({ amount: { amount: 2_999 }, refundedAmount: { amount: 0 } });

  await app.stripe.refunds.create({ payment_intent, amount: 999 });
  expect(await paymentThatIs(person, "PARTIALLY_REFUNDED")).toMatchObject({
    id: paid.id,
    amount: { amount: 2_999 },
    refundedAmount: { amount: 999, currency: "USD", decimal: "9.99" },
    failureCode: null,
    failureMessage: null,
  });

  await app.stripe.refunds.create({ payment_intent });
  expect(await paymentThatIs(person, "REFUNDED")).toMatchObject({
    id: paid.id,
    amount: { amount: 2_999 },
    refundedAmount: { amount: 2_999 },
    invoice: { status: "PAID", payments: [{ id: paid.id }] },
  });
});

test("a payment that is given back at once shows as given back", async ({ app }) => {
  const person = await app.customerOn("starter");
  await app.stripe.refunds.create({ payment_intent: await intentOf(app, person) });
  expect(await paymentThatIs(person, "REFUNDED")).toMatchObject({ refundedAmount: { amount: 999, decimal: "9.99" } });
});

test("a card that was declined on the hosted page leaves a failed payment that says why", async ({ app }) => {
  const person = app.person("declined");
  const { checkoutSession } = await person.checkout("starter");
  expect(await person.pay(checkoutSession.url, { number: "4000 0000 0000 9995" })).toBeNull();
  expect(await paymentThatIs(person, "FAILED")).toMatchObject({
    amount: { amount: 999 },
    refundedAmount: { amount: 0 },
    failureCode: "insufficient_funds",
    failureMessage: expect.stringMatching(/insufficient funds/i),
    receiptUrl: null,
  });
});

test("an attempt that goes through after a declined one is the same payment, and no failure is left on it", async ({
  app,
}) => {
  const person = app.person("second-try");
  const { checkoutSession } = await person.checkout("starter");
  expect(await person.pay(checkoutSession.url, { number: "4000 0000 0000 0002" })).toBeNull();
  const failed = await paymentThatIs(person, "FAILED");
  expect(failed.failureCode).toBe("generic_decline");
  expect(await person.pay(checkoutSession.url)).not.toBeNull();
  expect(await paymentThatIs(person, "SUCCEEDED")).toMatchObject({
    id: failed.id,
    failureCode: null,
    failureMessage: null,
    method: { kind: "card", brand: "visa", last4: "4242" },
    invoice: { status: "PAID" },
  });
});

test.for(["charge.refunded", "refund.created"])(
  "a refund whose webhooks were lost shows once its %s is sent again",
  async (type, { app }) => {
    const person = await app.customerOn("starter");
    const payment_intent = await intentOf(app, person);
    await quiet(app);
    await app.control("POST", "/sandbox/deliveries", { mode: "drop" });
    await app.stripe.refunds.create({ payment_intent });
    await quiet(app);
    await app.control("POST", "/sandbox/deliveries", { mode: "send" });
    expect((await paymentsOf(person))[0].status).toBe("SUCCEEDED");

    const { data } = await app.stripe.events.list({ type, limit: 1 });
    await app.control("POST", `/sandbox/events/${data[0]?.id}/resend`, {});
    expect(await paymentThatIs(person, "REFUNDED")).toMatchObject({ refundedAmount: { amount: 999 } });
  },
);

test("an invoice whose other webhooks were lost shows once the one about its payment, which names no customer, is sent again", async ({
  app,
}) => {
  const person = app.person("penny");
  const { checkoutSession } = await person.checkout("starter");
  await quiet(app);
  await app.control("POST", "/sandbox/deliveries", { mode: "drop" });
  await person.pay(checkoutSession.url);
  await quiet(app);
  await app.control("POST", "/sandbox/deliveries", { mode: "send" });
  expect(await paymentsOf(person)).toEqual([]);

  const { data } = await app.stripe.events.list({ type: "invoice_payment.paid", limit: 1 });
  expect(data[0]?.data.object).not.toHaveProperty("customer");
  await app.control("POST", `/sandbox/events/${data[0]?.id}/resend`, {});
  expect(await paymentThatIs(person, "SUCCEEDED")).toMatchObject({
    amount: { amount: 999 },
    invoice: { status: "PAID" },
  });

  // Reading the session brings the rest.
  await person.ask(`{ checkoutSession(id: "${checkoutSession.id}") { status } }`);
});

test("in the end everything is here as it is at Stripe", async ({ app }) => {
  await expectStripesTruth(app);
});

/** What is stored of the dispute of somebody's one payment. */
async function disputeOf({ connection }: TestApp, { sub }: Person) {
  const [row] = await connection.db.execute(sql`select stripe_dispute_id as id, dispute_status as status,
    disputed_amount::int as amount from payments where user_id = ${userIdOf(sub)}`);
  return row;
}

test("a payment that is disputed is stored with its dispute, whatever becomes of it, and comparing finds the same", async ({
  app,
}) => {
  const jon = app.person("jon");
  const { checkoutSession } = await jon.checkout("professional");
  await jon.pay(checkoutSession.url, { number: "4000 0000 0000 0259" });
  await paymentThatIs(jon, "SUCCEEDED");
  expect(await disputeOf(app, jon)).toEqual({ id: null, status: null, amount: null });
  await app.sandbox.advance(120);
  await quiet(app);
  const [dispute] = (await app.stripe.disputes.list({ payment_intent: await intentOf(app, jon) })).data;
  const id = dispute?.id ?? "";
  expect(await disputeOf(app, jon)).toEqual({ id, status: "needs_response", amount: 2_999 });
  // The contract has no word for it: the money was paid, and whether it is lost is not decided.
  expect(await paymentThatIs(jon, "SUCCEEDED")).toMatchObject({ refundedAmount: { amount: 0 } });

  const staff = app.person("root", { role: "admin" });
  await unheard(app, () => app.stripe.disputes.close(id));
  const { differences } = await reconcile(staff, "jon", { repair: true });
  expect(differences).toMatchObject([
    { kind: "payment", field: "disputeStatus", ours: "needs_response", theirs: "lost", isRepaired: true },
  ]);
  expect(await disputeOf(app, jon)).toEqual({ id, status: "lost", amount: 2_999 });
  expect((await reconcile(staff, "jon")).differences).toEqual([]);
});

test("what becomes of a dispute is told by an event, classic or thin", async ({ app }) => {
  const kim = app.person("kim");
  const { checkoutSession } = await kim.checkout("professional");
  await kim.pay(checkoutSession.url, { number: "4000 0000 0000 2685" });
  await paymentThatIs(kim, "SUCCEEDED");
  await app.sandbox.advance(120);
  await quiet(app);
  const [dispute] = (await app.stripe.disputes.list({ payment_intent: await intentOf(app, kim) })).data;
  const id = dispute?.id ?? "";
  await app.stripe.disputes.update(id, { evidence: { product_description: "A plan" } });
  await quiet(app);
  expect(await disputeOf(app, kim)).toMatchObject({ status: "under_review" });
  await unheard(app, () => app.stripe.disputes.close(id));
  await deliver(app, thinOf("v1.charge.dispute.closed", { type: "dispute", id }));
  await quiet(app);
  expect(await disputeOf(app, kim)).toMatchObject({ status: "lost" });
});

test("a draft that was deleted in Stripe goes here too, and an invoice that was paid stays whatever is told of it", async ({
  app,
}) => {
  const ina = await app.customerOn("starter", "ina");
  const customer = (await customerOf(app, "ina")).id;
  const totals = async () =>
    (await ina.ask("{ invoices { nodes { status total { amount } } } }")).invoices.nodes.map(
      ({ status, total }: { status: string; total: { amount: number } }) => `${status} ${total.amount}`,
    );
  await app.stripe.invoiceItems.create({ customer, amount: 1234, currency: "usd", description: "Setup" });
  const draft = await app.stripe.invoices.create({ customer, pending_invoice_items_behavior: "include" });
  await quiet(app);
  expect(await totals()).toEqual(["DRAFT 1234", "PAID 999"]);
  await app.stripe.invoices.del(String(draft.id));
  await quiet(app);
  expect(await totals()).toEqual(["PAID 999"]);
  expect(await inbox(app, "invoice.deleted")).toMatchObject([{ status: "PROCESSED" }]);
  const isInas = sql`user_id = ${userIdOf("ina")}`;
  await app.connection.db.execute(sql`update invoices set stripe_invoice_id = 'in_unknown' where ${isInas}`);
  await deliver(app, eventOf("invoice.deleted", { object: "invoice", id: "in_unknown", customer }));
  await quiet(app);
  expect(await totals()).toEqual(["PAID 999"]);
});
