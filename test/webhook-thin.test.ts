import { expect } from "vitest";
import { type TestApp, test } from "./support/app.js";
import { deliver, eventOf, inbox, thinOf } from "./support/deliveries.js";
import type { Person } from "./support/person.js";
import { quiet } from "./support/quiet.js";
import { plantFault } from "./support/stripe.js";
import { until } from "./support/until.js";

const idOf = (body: string): string => JSON.parse(body).id;

/** Delivers an event and gives its row once it is settled. */
async function settle(app: TestApp, body: string) {
  expect((await deliver(app, body)).status).toBe(200);
  return until("the event to be settled", async () => {
    const row = (await inbox(app)).find(({ id }) => id === idOf(body));
    return row && !["PENDING", "PROCESSING"].includes(row.status) ? row : undefined;
  });
}

/** Somebody with a subscription, of whom Stripe's classic events tell no more. */
async function silentCustomer(app: TestApp) {
  const person = await app.customerOn("professional");
  await quiet(app);
  const [customer] = (await app.stripe.customers.list({ email: `${person.sub}@example.com` })).data;
  const [subscription] = (await app.stripe.subscriptions.list({ customer: customer?.id ?? "" })).data;
  await plantFault(app, { deliveries: "drop", times: 1_000 });
  return { person, customerId: customer?.id ?? "", subscriptionId: subscription?.id ?? "" };
}

const paymentOf = async (person: Person) =>
  (await person.ask("{ payments { nodes { status refundedAmount { amount } } } }")).payments.nodes[0];

test("a thin event brings a subscription up to date as the classic one does", async ({ app }) => {
  const { person, subscriptionId } = await silentCustomer(app);
  await app.stripe.subscriptions.update(subscriptionId, { cancel_at_period_end: true });
  const state = "{ currentSubscription { cancelsAt } }";
  expect((await person.ask(state)).currentSubscription.cancelsAt).toBeNull();
  const event = thinOf("v1.customer.subscription.updated", { type: "subscription", id: subscriptionId });
  expect(await settle(app, event)).toMatchObject({ status: "PROCESSED" });
  expect((await person.ask(state)).currentSubscription.cancelsAt).not.toBeNull();
  expect((await inbox(app, "customer.subscription.updated")).map(({ id }) => id)).toContain(idOf(event));
  await app.control("DELETE", "/sandbox/faults");
});

test("a thin event of a refund brings the payment up to date, though it names neither payment nor customer", async ({
  app,
}) => {
  const { person, customerId } = await silentCustomer(app);
  const [charge] = (await app.stripe.charges.list({ customer: customerId })).data;
  const refund = await app.stripe.refunds.create({ charge: charge?.id ?? "", amount: 100 });
  expect((await paymentOf(person)).status).toBe("SUCCEEDED");
  await settle(app, thinOf("v1.refund.created", { type: "refund", id: refund.id }));
  expect(await paymentOf(person)).toEqual({ status: "PARTIALLY_REFUNDED", refundedAmount: { amount: 100 } });
  await app.control("DELETE", "/sandbox/faults");
});

test("thin events of every kind of object that is synced are processed", async ({ app }) => {
  const { customerId } = await silentCustomer(app);
  const [[charge], [invoice], [session], [card]] = await Promise.all([
    app.stripe.charges.list({ customer: customerId }).then(({ data }) => data),
    app.stripe.invoices.list({ customer: customerId }).then(({ data }) => data),
    app.stripe.checkout.sessions.list({ customer: customerId }).then(({ data }) => data),
    app.stripe.paymentMethods.list({ customer: customerId }).then(({ data }) => data),
  ]);
  const [paid] = (await app.stripe.invoicePayments.list({ invoice: invoice?.id ?? "" })).data;
  const intent = typeof charge?.payment_intent === "string" ? charge.payment_intent : "";
  const named: [type: string, related: string, id: string | undefined][] = [
    ["v1.customer.updated", "customer", customerId],
    ["v1.charge.succeeded", "charge", charge?.id],
    ["v1.invoice.paid", "invoice", invoice?.id],
    ["v1.invoice_payment.paid", "invoice_payment", paid?.id],
    ["v1.checkout.session.completed", "checkout.session", session?.id],
    ["v1.payment_method.updated", "payment_method", card?.id],
    ["v1.payment_intent.succeeded", "payment_intent", intent],
  ];
  for (const [type, related, id = ""] of named) {
    expect(await settle(app, thinOf(type, { type: related, id })), type).toMatchObject({ status: "PROCESSED" });
  }
  await app.control("DELETE", "/sandbox/faults");
});

test.for([
  ["a ping", "v2.core.event_destination.ping", { type: "event_destination", id: "ed_test_1" }, "not handled"],
  ["a type that nobody knows", "v1.quantum.entangled", { type: "quantum", id: "qu_1" }, "not handled"],
  ["a handled type that names no object", "v1.invoice.upcoming", null, "not handled"],
  ["a reference without its object", "v1.charge.succeeded", null, "not handled"],
  ["an object that Stripe does not have", "v1.refund.created", { type: "refund", id: "re_none" }, "any more"],
] as const)("%s is stored and marked IGNORED with the reason", async ([_what, type, related, reason], { app }) => {
  const row = await settle(app, thinOf(type, related));
  expect(row).toMatchObject({ status: "IGNORED", problem: expect.stringContaining(reason) });
});

test.for([
  ["without an id", { id: null }],
  ["whose time is none", { created: "yesterday" }],
  ["whose time is a number", { created: 1_700_000_000 }],
  ["whose type is a list", { type: ["v1.customer.updated"] }],
  ["with a NUL in its type", { type: "v1.customer\u0000" }],
] as const)("a thin event %s is refused", async ([_what, envelope], { app }) => {
  const answer = await deliver(app, thinOf("v1.customer.updated", { type: "customer", id: "cus_1" }, envelope));
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ error: { code: "bad_body" } });
});

test("a thin event that was signed with another secret is refused", async ({ app }) => {
  const stranger = { ...app, config: { ...app.config, stripe: { ...app.config.stripe, webhookSecrets: ["whsec_x"] } } };
  const event = thinOf("v1.customer.updated", { type: "customer", id: "cus_1" });
  expect((await deliver(stranger, event)).status).toBe(400);
  expect((await inbox(app)).map(({ id }) => id)).not.toContain(idOf(event));
});

test("an event of an older API version is stored with it, and its object is read anew", async ({ app }) => {
  const { person, customerId, subscriptionId } = await silentCustomer(app);
  await app.stripe.subscriptions.update(subscriptionId, { cancel_at_period_end: true });
  const old = {
    object: "subscription",
    id: subscriptionId,
    customer: customerId,
    status: "canceled",
    plan: { id: "x" },
  };
  const event = eventOf("customer.subscription.updated", old, { api_version: "2019-02-19" });
  expect(await settle(app, event)).toMatchObject({ status: "PROCESSED" });
  const { currentSubscription } = await person.ask("{ currentSubscription { status cancelsAt } }");
  expect(currentSubscription).toEqual({ status: "ACTIVE", cancelsAt: expect.any(String) });
  const [row] = await app.connection.db.execute(
    `select api_version from webhook_events where stripe_event_id = '${idOf(event)}'`,
  );
  expect(row).toEqual({ api_version: "2019-02-19" });
  await app.control("DELETE", "/sandbox/faults");
});
