import { expect } from "vitest";
import { payments } from "../src/billing/history/payment.table.js";
import { subscriptions } from "../src/billing/subscriptions/subscription.table.js";
import { userIdOf } from "../src/billing/users/user.js";
import { type PaymentStatus, paymentStatuses } from "../src/stripe/snapshots.js";
import { startTestApp, type TestApp, test } from "./support/app.js";
import { pushChanged } from "./support/catalog.js";
import { fallBehind, subscriptionOf } from "./support/objects.js";
import { quiet } from "./support/quiet.js";
import { longAgo, writeCustomer, writeSubscription } from "./support/staff.js";
import { until } from "./support/until.js";

/** What each subscription is worth by the month, the most first, by its customer. */
async function revenue(app: TestApp): Promise<[who: string, mrr: string][]> {
  const { adminSubscriptions } = await app.person("root", { role: "admin" }).ask(
    `{ adminSubscriptions(first: 100, sort: { field: MRR }) {
      edges { mrr { formatted(locale: "en") } node { customer { externalId } } } } }`,
  );
  return adminSubscriptions.edges.map(
    // biome-ignore lint/suspicious/noExplicitAny: the shape is the query's above
    ({ mrr, node }: any) => [node.customer.externalId, mrr.formatted],
  );
}

test("revenue is sorted by worth, whatever the currency and the interval, and shown as it is charged", async () => {
  const { app, stop } = await startTestApp();
  await app.customerOn("starter", "ada");
  await app.customerOn("professional", "bob");
  const yen = async (tier: string, interval: string) => {
    const asked = `{ tier(slug: "${tier}") { price(interval: ${interval}, currency: "JPY") { id } } }`;
    return (await app.graphql(asked)).data.tier.price.id;
  };
  await app.person("yui").buy("enterprise", { priceId: await yen("enterprise", "MONTH") });
  await app.person("yoko").buy("professional", { priceId: await yen("professional", "YEAR") });
  await quiet(app);
  expect(await revenue(app)).toEqual([
    ["yui", "¥15,000"],
    ["bob", "$29.99"],
    ["yoko", "¥3,750"], // 45,000 yen a year, where the dollar price by the year makes 24.99 a month
    ["ada", "$9.99"],
  ]);

  await fallBehind(app, "bob");
  await app.stripe.subscriptions.cancel((await subscriptionOf(app, "yui")).id);
  await quiet(app);
  expect(await revenue(app)).toEqual([
    ["bob", "$29.99"],
    ["yoko", "¥3,750"],
    ["ada", "$9.99"],
    ["yui", "¥0"],
  ]);
  await stop();
});

test("a discount that ends is taken off until that moment, in what is shown and in the order", async () => {
  const { app, stop } = await startTestApp();
  const coupon = await app.stripe.coupons.create({ percent_off: 80, duration: "repeating", duration_in_months: 2 });
  await app.stripe.promotionCodes.create({ promotion: { type: "coupon", coupon: coupon.id }, code: "HELLO" });
  await app.person("gil").buy("professional", { promotionCode: "HELLO" });
  await app.customerOn("starter", "ada");
  await quiet(app);
  expect(await revenue(app)).toEqual([
    ["ada", "$9.99"],
    ["gil", "$6.00"],
  ]);
  const { discounts } = await app.stripe.subscriptions.retrieve((await subscriptionOf(app, "gil")).id, {
    expand: ["discounts"],
  });
  const [discount] = discounts;
  const end = typeof discount === "string" ? null : discount?.end;
  await app.sandbox.setClock(new Date(Number(end) * 1_000));
  await until("the order to follow", async () => (await revenue(app))[0]?.[0] === "gil");
  expect(await revenue(app)).toEqual([
    ["gil", "$29.99"],
    ["ada", "$9.99"],
  ]);
  await stop();
});

test("a discount of one invoice is none of what recurs", async () => {
  const { app, stop } = await startTestApp();
  const coupon = await app.stripe.coupons.create({ percent_off: 50, duration: "once" });
  await app.stripe.promotionCodes.create({ promotion: { type: "coupon", coupon: coupon.id }, code: "ONCE" });
  await app.person("ada").buy("starter", { promotionCode: "ONCE" });
  await quiet(app);
  expect(await revenue(app)).toEqual([["ada", "$9.99"]]);
  await stop();
});

test("what an older release wrote is worked out by the next sweep, however much it is", async () => {
  const { app, stop } = await startTestApp();
  await app.customerOn("professional", "ada");
  await writeCustomer(app, "free");
  await writeSubscription(app, "free", { mrrCurrency: null, mrr: 1 });
  await quiet(app);
  await app.connection.db.execute(`
    insert into subscriptions (id, user_id, stripe_subscription_id, status, tier_slug, price_id, stripe_price_id, quantity,
      started_at, recorded_at, updated_at)
    select gen_random_uuid(), user_id, 'sub_' || n, status, tier_slug, price_id, stripe_price_id, quantity, started_at,
      recorded_at, updated_at
    from subscriptions, generate_series(1, 1100) as n where price_id is not null`);
  await app.sandbox.advance(1);
  await until("every row worked out", async () => {
    const rows = await storedRevenue(app);
    return rows.filter(({ mrr }) => mrr === 2_999).length === 1_101;
  });
  expect((await storedRevenue(app)).filter(({ mrr }) => mrr !== 2_999)).toEqual([
    { userId: userIdOf("free"), mrr: 0, currency: "usd" },
  ]);
  await stop();
});

test("with another default currency all is compared in that one, and nobody hears of a change", async () => {
  const { app, stop } = await startTestApp();
  const ada = await app.customerOn("professional", "ada");
  const stream = await ada.subscribe("subscription { currentSubscriptionUpdated { cause } }");
  await app.customerOn("professional", "bob");
  await quiet(app);
  const stored = async () => (await storedRevenue(app)).map(({ mrr, currency }) => `${mrr} ${currency}`);
  expect(await stored()).toEqual(["2999 usd", "2999 usd"]);
  await pushChanged(app, (definition) => ({ ...definition, currency: "eur" }));
  // One is read again from Stripe, the other has to wait for the sweep.
  await app.stripe.subscriptions.update((await subscriptionOf(app, "ada")).id, { metadata: { touched: "yes" } });
  await quiet(app);
  await app.sandbox.advance(1);
  await until("another currency", async () => !(await stored()).some((each) => each.endsWith("usd")));
  expect(await stored()).toEqual(["2799 eur", "2799 eur"]);
  expect((await revenue(app)).map(([, mrr]) => mrr)).toEqual(["$29.99", "$29.99"]);
  expect(stream.waiting).toEqual([]);
  await stream.close();
  await stop();
});

/** What is stored to sort by. */
async function storedRevenue(app: TestApp) {
  const { userId, mrr, mrrCurrency: currency } = subscriptions;
  return app.connection.db.select({ userId, mrr, currency }).from(subscriptions);
}

async function lifetimeValues(app: TestApp): Promise<Record<string, string>> {
  const { adminCustomers } = await app
    .person("root", { role: "admin" })
    .ask(`{ adminCustomers(first: 100) { edges { lifetimeValue { amount currency } node { externalId } } } }`);
  return Object.fromEntries(
    // biome-ignore lint/suspicious/noExplicitAny: the shape is the query's above
    adminCustomers.edges.map(({ lifetimeValue: { amount, currency }, node }: any) => [
      node.externalId,
      `${amount} ${currency}`,
    ]),
  );
}

let written = 0;
async function pay(app: TestApp, who: string, status: PaymentStatus, amount: number, refundedAmount = 0, terms = {}) {
  await app.connection.db.insert(payments).values({
    userId: userIdOf(who),
    stripePaymentIntentId: `pi_${++written}`,
    status,
    amount,
    refundedAmount,
    currency: "usd",
    createdAt: longAgo,
    ...terms,
  });
}

test("a customer's lifetime value is what went through, less what was given back", async ({ app }) => {
  await app.customerOn("professional", "buyer");
  await quiet(app);
  for (const who of ["never", "trying", "mixed", "refunded", "moved", "returned", "rich"])
    await writeCustomer(app, who);
  await pay(app, "trying", "FAILED", 100);
  for (const status of paymentStatuses)
    await pay(app, "mixed", status, 1_000, status === "PARTIALLY_REFUNDED" ? 400 : status === "REFUNDED" ? 1_000 : 0);
  await pay(app, "refunded", "REFUNDED", 500, 500);
  await pay(app, "moved", "SUCCEEDED", 700);
  await pay(app, "moved", "SUCCEEDED", 3_000, 0, { currency: "eur", createdAt: new Date(longAgo.getTime() + 1) });
  await pay(app, "moved", "FAILED", 9, 0, { currency: "jpy", createdAt: new Date(longAgo.getTime() + 2) });
  await pay(app, "returned", "SUCCEEDED", 3_000, 0, { currency: "eur" });
  await pay(app, "returned", "SUCCEEDED", 700, 0, { createdAt: new Date(longAgo.getTime() + 1) });
  for (let nth = 0; nth < 3; nth++) await pay(app, "rich", "SUCCEEDED", 3_000_000_000_000);
  expect(await lifetimeValues(app)).toEqual({
    buyer: "2999 USD",
    never: "0 USD",
    trying: "0 USD",
    mixed: "1600 USD",
    refunded: "0 USD",
    moved: "3000 EUR",
    returned: "700 USD",
    rich: "9000000000000 USD",
  });
});
