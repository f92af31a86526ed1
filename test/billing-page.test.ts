import { readFile } from "node:fs/promises";
import type Stripe from "stripe";
import { expect, test as plain } from "vitest";
import { startTestApp, test } from "./support/app.js";
import { codesOf } from "./support/graphql.js";
import { customerOf, putObject, subscriptionOf } from "./support/objects.js";
import { quiet } from "./support/quiet.js";
import { apiRequests, plantFault } from "./support/stripe.js";
import { count } from "./support/usage.js";

const billingPage = await readFile("test/operations/billing-page.graphql", "utf8");

const card = "{ viewer { customer { paymentMethod { kind brand last4 expMonth expYear } } } }";
const upcoming =
  "{ viewer { customer { upcomingInvoice { chargedAt total { amount } tax { amount } lines { description amount { amount } period { start end } } } } } }";

test("the billing page answers with everything that somebody who pays needs to see", async ({ app }) => {
  const ada = await app.customerOn("professional", "ada");
  await putObject(app, { ...(await customerOf(app, "ada")), balance: -1_250 });
  await count(app, "ada", "streaming_minutes", 450);
  const { viewer } = await ada.ask(billingPage);
  const { end } = viewer.customer.subscription.currentPeriod;
  expect(viewer).toMatchObject({
    customer: {
      tier: { slug: "professional" },
      balance: { formatted: "$12.50" },
      subscription: {
        status: "ACTIVE",
        isEntitling: true,
        availableActions: ["CANCEL", "CHANGE_PLAN", "OPEN_PORTAL", "PAUSE", "UPDATE_PAYMENT_METHOD"],
        cancelsAt: null,
        trialEndsAt: null,
        graceEndsAt: null,
        quantity: 1,
        price: { interval: "MONTH", unitAmount: { formatted: "$29.99" } },
        pendingChange: null,
      },
      upcomingInvoice: {
        total: { formatted: "$29.99" },
        amountDue: { formatted: "$17.49" },
        chargedAt: new Date(Date.parse(end) + 3_600_000).toISOString(),
      },
      paymentMethod: { kind: "card", brand: "visa", last4: "4242", expMonth: 12, expYear: 2039 },
      invoices: { totalCount: 1, nodes: [{ status: "PAID", total: { formatted: "$29.99" } }] },
    },
  });
  const streaming = viewer.customer.usage.find(({ feature }: { feature: { name: string } }) =>
    /streaming/i.test(feature.name),
  );
  expect(streaming).toMatchObject({ used: 450, overage: null });
});

test("who owes something from before sees that it is charged along with what comes next", async ({ app }) => {
  const abe = await app.customerOn("starter", "abe");
  const { id } = await customerOf(app, "abe");
  await app.stripe.customers.createBalanceTransaction(id, { amount: 700, currency: "usd" });
  await quiet(app);
  const query =
    "{ viewer { customer { balance { amount } upcomingInvoice { total { amount } amountDue { amount } } } } }";
  const { balance, upcomingInvoice } = (await abe.ask(query)).viewer.customer;
  expect(balance).toEqual({ amount: -700 });
  expect(upcomingInvoice).toEqual({ total: { amount: 999 }, amountDue: { amount: 1_699 } });
});

test("the billing page of somebody who never bought anything is empty, and asks Stripe for nothing", async ({
  app,
}) => {
  const before = (await apiRequests(app, "POST", "/v1/invoices/create_preview")).length;
  const { viewer } = await app.person("nobody").ask(billingPage);
  expect(viewer.customer).toMatchObject({
    tier: { slug: "free" },
    balance: null,
    subscription: null,
    upcomingInvoice: null,
    paymentMethod: null,
    invoices: { totalCount: 0 },
  });
  expect(await apiRequests(app, "POST", "/v1/invoices/create_preview")).toHaveLength(before);
});

test("a credit that is used up, and a debt, are no credit", async ({ app }) => {
  const bea = await app.customerOn("starter", "bea");
  const balance = async () =>
    (await bea.ask("{ viewer { customer { balance { amount currency } } } }")).viewer.customer;
  expect(await balance()).toEqual({ balance: null });
  await putObject(app, { ...(await customerOf(app, "bea")), balance: -5 });
  expect(await balance()).toEqual({ balance: { amount: 5, currency: "USD" } });
  await putObject(app, { ...(await customerOf(app, "bea")), balance: 700 });
  expect(await balance()).toEqual({ balance: { amount: -700, currency: "USD" } });
});

test("the payment method follows a card changed in the portal", async ({ app }) => {
  const cleo = await app.customerOn("starter", "cleo");
  const { createPortalSession } = await cleo.ask(
    `mutation { createPortalSession(input: { returnUrl: "http://localhost:3000/billing", flow: PAYMENT_METHOD }) { url } }`,
  );
  const fields = { action: "save_card", number: "5555555555554444", expiry: "11/38", cvc: "123", name: "Cleo" };
  const answer = await fetch(createPortalSession.url, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams(fields),
  });
  expect(answer.status).toBe(303);
  await quiet(app);
  expect((await cleo.ask(card)).viewer.customer).toEqual({
    paymentMethod: { kind: "card", brand: "mastercard", last4: "4444", expMonth: 11, expYear: 2038 },
  });
});

test("the payment method follows a card that its bank renews, and one that is taken away", async ({ app }) => {
  const dora = await app.customerOn("starter", "dora");
  await quiet(app);
  const [method] = (await app.stripe.customers.listPaymentMethods((await customerOf(app, "dora")).id)).data;
  if (!method?.card) throw new Error("dora has no card.");
  await putObject(app, { ...method, card: { ...method.card, exp_month: 3, exp_year: 2044 } });
  expect((await dora.ask(card)).viewer.customer.paymentMethod).toMatchObject({ expMonth: 3, expYear: 2044 });

  const { invoice_settings, ...rest } = await customerOf(app, "dora");
  // Stripe takes it from the customer as well; only the detached card's own event is left to tell.
  await plantFault(app, { deliveries: "drop", event: "customer.updated" });
  await putObject(app, { ...rest, invoice_settings: { ...invoice_settings, default_payment_method: null } });
  await app.stripe.paymentMethods.detach(method.id);
  await quiet(app);
  expect((await dora.ask(card)).viewer.customer.paymentMethod).toBeNull();
});

test("a subscription's own payment method goes before the customer's", async ({ app }) => {
  const eli = await app.customerOn("starter", "eli");
  await quiet(app);
  const customer = (await customerOf(app, "eli")).id;
  const { id } = await app.stripe.paymentMethods.attach("pm_card_mastercard", { customer });
  await app.stripe.subscriptions.update((await subscriptionOf(app, "eli")).id, { default_payment_method: id });
  await quiet(app);
  expect((await eli.ask(card)).viewer.customer.paymentMethod).toMatchObject({ brand: "mastercard" });
});

test("the upcoming invoice is the next period's, with what a promotion code takes off it", async ({ app }) => {
  const coupon = await app.stripe.coupons.create({ percent_off: 12.5, duration: "forever", name: "Friends" });
  await app.stripe.promotionCodes.create({ promotion: { type: "coupon", coupon: coupon.id }, code: "FRIENDS" });
  const fay = app.person("fay");
  await fay.buy("starter", { promotionCode: "friends" });
  const { viewer } = await fay.ask(upcoming);
  const { currentSubscription } = await fay.ask(
    "{ currentSubscription { currentPeriod { end } discount { name percentOff amountOff { amount } endsAt } } }",
  );
  expect(currentSubscription.discount).toEqual({ name: "FRIENDS", percentOff: "12.5", amountOff: null, endsAt: null });
  expect(viewer.customer.upcomingInvoice).toMatchObject({
    total: { amount: 874 },
    tax: { amount: 0 },
    lines: [{ amount: { amount: 999 }, period: { start: currentSubscription.currentPeriod.end } }],
  });
});

test("there is no upcoming invoice once a subscription is set to end", async ({ app }) => {
  const hal = await app.customerOn("starter", "hal");
  await app.stripe.subscriptions.update((await subscriptionOf(app, "hal")).id, { cancel_at_period_end: true });
  await quiet(app);
  const before = (await apiRequests(app, "POST", "/v1/invoices/create_preview")).length;
  expect((await hal.ask(upcoming)).viewer.customer).toEqual({ upcomingInvoice: null });
  expect(await apiRequests(app, "POST", "/v1/invoices/create_preview")).toHaveLength(before);
});

test("there is no upcoming invoice where Stripe knows of none, though we have not heard of it yet", async ({ app }) => {
  const ida = await app.customerOn("starter", "ida");
  await quiet(app);
  await app.control("POST", "/sandbox/deliveries", { mode: "hold" });
  await app.stripe.subscriptions.cancel((await subscriptionOf(app, "ida")).id);
  expect((await ida.ask(upcoming)).viewer.customer).toEqual({ upcomingInvoice: null });
  await app.control("POST", "/sandbox/deliveries", { mode: "send" });
});

test("while Stripe does not answer, the upcoming invoice alone is missing, and says that it is for now", async ({
  app,
}) => {
  const jo = await app.customerOn("starter", "jo");
  await plantFault(app, { method: "POST", path: "/v1/invoices/create_preview", times: 5, status: 503 });
  const answer = await jo.graphql(billingPage);
  await app.control("DELETE", "/sandbox/faults");
  expect(codesOf(answer)).toEqual(["UPSTREAM_UNAVAILABLE"]);
  expect(answer.errors?.[0]).toMatchObject({
    path: ["viewer", "customer", "upcomingInvoice"],
    extensions: { retryable: true },
  });
  expect(answer.data.viewer.customer).toMatchObject({
    upcomingInvoice: null,
    paymentMethod: { last4: "4242" },
    subscription: { status: "ACTIVE" },
    invoices: { totalCount: 1 },
  });
});

plain("a customer deleted at Stripe keeps neither credit nor card for the next one", async () => {
  const { app, stop } = await startTestApp();
  const pia = await app.customerOn("starter", "pia");
  const { id }: Stripe.Customer = await customerOf(app, "pia");
  await putObject(app, { ...(await customerOf(app, "pia")), balance: -500 });
  await app.stripe.customers.del(id);
  await quiet(app);
  await pia.checkout("starter");
  const { viewer } = await pia.ask("{ viewer { customer { balance { amount } paymentMethod { last4 } } } }");
  expect(viewer.customer).toEqual({ balance: null, paymentMethod: null });
  await stop();
});
