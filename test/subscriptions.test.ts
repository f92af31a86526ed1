import type Stripe from "stripe";
import { expect } from "vitest";
import { type TestApp, test } from "./support/app.js";
import type { Person } from "./support/person.js";
import { quiet } from "./support/quiet.js";
import { expectStripesTruth } from "./support/truth.js";

/** Somebody who is registered, with a card on file at Stripe, for whom a merchant acts in the dashboard. */
async function withCard(app: TestApp, sub: string, card: string): Promise<{ person: Person; customer: string }> {
  const person = app.person(sub);
  await person.ask("mutation { registerCustomer(input: {}) { customer { id } } }");
  const [customer] = (await app.stripe.customers.list({ email: `${sub}@example.com` })).data;
  const id = String(customer?.id);
  const method = await app.stripe.paymentMethods.attach(card, { customer: id });
  await app.stripe.customers.update(id, { invoice_settings: { default_payment_method: method.id } });
  return { person, customer: id };
}

async function monthlyPrice(app: TestApp, tier: string): Promise<string> {
  const { data } = await app.stripe.prices.list({ lookup_keys: [`${tier}_month_usd`] });
  return String(data[0]?.id);
}

const state = `{
  currentSubscription { status isEntitling tier { slug } price { id } trialEndsAt origin }
  entitlement(feature: "guests") { limit source }
  premium: entitlement(feature: "scenes_premium") { hasAccess denialReason } }`;

async function start(
  app: TestApp,
  customer: string,
  tier: string,
  more: Partial<Stripe.SubscriptionCreateParams> = {},
) {
  const items = [{ price: await monthlyPrice(app, tier) }];
  const subscription = await app.stripe.subscriptions.create({ customer, items, ...more });
  await quiet(app);
  return subscription;
}

test("a subscription that the merchant starts at Stripe is in force like one that was bought", async ({ app }) => {
  const { person, customer } = await withCard(app, "ada", "pm_card_visa");
  await start(app, customer, "professional");
  expect(await person.ask(state)).toEqual({
    currentSubscription: {
      status: "ACTIVE",
      isEntitling: true,
      tier: { slug: "professional" },
      price: { id: "price_bprofessional_month_usd_2999" },
      trialEndsAt: null,
      origin: "PURCHASE",
    },
    entitlement: { limit: 6, source: "SUBSCRIPTION" },
    premium: { hasAccess: true, denialReason: null },
  });
  expect((await person.checkout("enterprise")).userErrors).toMatchObject([{ code: "ALREADY_SUBSCRIBED" }]);
});

test("a trial gives the tier that is tried out", async ({ app }) => {
  const { person, customer } = await withCard(app, "bea", "pm_card_visa");
  await start(app, customer, "professional", { trial_period_days: 14 });
  expect(await person.ask(state)).toMatchObject({
    currentSubscription: { status: "TRIALING", isEntitling: true, trialEndsAt: expect.stringMatching(/Z$/) },
    entitlement: { limit: 6, source: "TRIAL" },
  });
});

test("a first payment that fails gives nothing, and after a day the way is free for another try", async ({ app }) => {
  const { person, customer } = await withCard(app, "cleo", "pm_card_chargeCustomerFail");
  await start(app, customer, "professional");
  expect(await person.ask(state)).toMatchObject({
    currentSubscription: { status: "INCOMPLETE", isEntitling: false, tier: { slug: "professional" } },
    entitlement: { limit: 1, source: "FREE_TIER" },
    premium: { hasAccess: false, denialReason: "PAYMENT_OVERDUE" },
  });
  const { payments, invoices } = await person.ask(
    "{ payments { nodes { status failureCode invoice { status } } } invoices { nodes { status amountDue { amount } } } }",
  );
  expect(payments.nodes).toEqual([{ status: "FAILED", failureCode: "generic_decline", invoice: { status: "OPEN" } }]);
  expect(invoices.nodes).toEqual([{ status: "OPEN", amountDue: { amount: 2999 } }]);
  expect((await person.checkout("starter")).userErrors).toMatchObject([{ code: "ALREADY_SUBSCRIBED" }]);

  await app.sandbox.advance(23 * 3600 + 1);
  await quiet(app);
  expect(await person.ask(state)).toMatchObject({
    currentSubscription: { status: "INCOMPLETE_EXPIRED" },
    premium: { denialReason: "NO_SUBSCRIPTION" },
  });
  await person.buy("starter");
  expect(await person.ask(state)).toMatchObject({
    currentSubscription: { status: "ACTIVE" },
    entitlement: { limit: 3 },
  });
});

test("a running subscription counts before one that is over, and a new one before an old one", async ({ app }) => {
  const { person, customer } = await withCard(app, "dora", "pm_card_visa");
  const first = await start(app, customer, "enterprise");
  await app.stripe.subscriptions.cancel(first.id);
  await quiet(app);
  expect(await person.ask(state)).toMatchObject({
    currentSubscription: { status: "CANCELED", isEntitling: false, tier: { slug: "enterprise" } },
    entitlement: { limit: 1, source: "FREE_TIER" },
  });
  await start(app, customer, "starter");
  expect(await person.ask(state)).toMatchObject({
    currentSubscription: { status: "ACTIVE", tier: { slug: "starter" } },
  });
  // Stripe tells of the old one again, late: it stays the old one.
  const { data } = await app.stripe.events.list({ type: "customer.subscription.created" });
  await app.connection.db.execute("delete from webhook_events");
  for (const event of data) await app.control("POST", `/sandbox/events/${event.id}/resend`, {});
  await quiet(app);
  expect(await person.ask(state)).toMatchObject({
    currentSubscription: { status: "ACTIVE", tier: { slug: "starter" } },
  });
});

test("a subscription at a price that the catalog never knew is shown, grants the free tier, and is reported", async ({
  app,
}) => {
  const { person, customer } = await withCard(app, "eli", "pm_card_visa");
  const price = await app.stripe.prices.create({
    currency: "usd",
    unit_amount: 5_000,
    recurring: { interval: "month" },
    product_data: { name: "Something else" },
  });
  await app.stripe.subscriptions.create({ customer, items: [{ price: price.id }] });
  await quiet(app);
  expect(await person.ask(state)).toMatchObject({
    currentSubscription: { status: "ACTIVE", tier: { slug: "free" }, price: null },
    entitlement: { limit: 1, source: "FREE_TIER" },
  });
  expect(app.logged.some((line) => line.includes("unknown price") && line.includes(price.id))).toBe(true);
  expect((await person.checkout("starter")).userErrors).toMatchObject([{ code: "ALREADY_SUBSCRIBED" }]);
});

test("a purchase in another currency than what already runs is refused before anything is opened", async ({ app }) => {
  const { person, customer } = await withCard(app, "fay", "pm_card_visa");
  // What runs is not known here yet: its webhook is held back.
  await app.control("POST", "/sandbox/deliveries", { mode: "hold" });
  const price = await app.stripe.prices.create({
    currency: "eur",
    unit_amount: 5_000,
    recurring: { interval: "month" },
    product_data: { name: "In euro" },
  });
  await app.stripe.subscriptions.create({ customer, items: [{ price: price.id }] });
  const { checkoutSession, userErrors } = await person.checkout("starter");
  expect(checkoutSession).toBeNull();
  expect(userErrors).toMatchObject([{ code: "CURRENCY_MISMATCH" }]);
  await app.control("POST", "/sandbox/deliveries", { mode: "send" });
});

test("in the end everything is here as it is at Stripe", async ({ app }) => {
  await expectStripesTruth(app);
});
