import type Stripe from "stripe";
import { expect } from "vitest";
import { type TestApp, test } from "./support/app.js";
import { fallBehind, putObject, subscriptionOf } from "./support/objects.js";
import type { Person } from "./support/person.js";
import { quiet } from "./support/quiet.js";
import { count, report, results } from "./support/usage.js";

/** What becomes of use and limits over the life of a subscription; docs/usage.md has the table. */

const minutes = `{ entitlement(feature: "streaming_minutes") { used limit remaining resetsAt source hasAccess denialReason } }`;

async function ask(person: Person) {
  return (await person.ask(minutes)).entitlement;
}

/** Moves somebody to another price at Stripe, as the merchant may. */
async function moveTo(app: TestApp, sub: string, tier: string, interval: "month" | "year" = "month"): Promise<void> {
  const subscription = await subscriptionOf(app, sub);
  const { data } = await app.stripe.prices.list({ limit: 100, active: true, expand: ["data.product"] });
  const price = data.find(({ product, recurring }) => {
    const slug = typeof product === "object" && "metadata" in product ? product.metadata["billing_tier"] : undefined;
    return slug === tier && recurring?.interval === interval;
  });
  const [item] = subscription.items.data;
  if (!price || !item) throw new Error(`There is no price of ${tier} by the ${interval}.`);
  const moved: Stripe.Subscription = {
    ...subscription,
    items: { ...subscription.items, data: [{ ...item, price: { ...price, product: productOf(price) } }] },
  };
  await putObject(app, moved);
}

function productOf({ product }: Stripe.Price): string {
  return typeof product === "string" ? product : product.id;
}

test("an upgrade raises the limit at once, a downgrade lowers it at once, and both keep what was used", async ({
  app,
}) => {
  const ada = await app.customerOn("starter", "ada");
  await count(app, "ada", "streaming_minutes", 600);
  const before = await ask(ada);
  expect(before).toMatchObject({ used: 600, limit: 600, hasAccess: false, denialReason: "LIMIT_REACHED" });
  await moveTo(app, "ada", "professional");
  const upgraded = { used: 600, limit: 3_000, remaining: 2_400, resetsAt: before.resetsAt, hasAccess: true };
  expect(await ask(ada)).toMatchObject(upgraded);
  await count(app, "ada", "streaming_minutes", 1_000);
  await moveTo(app, "ada", "starter");
  expect(await ask(ada)).toMatchObject({ used: 1_600, limit: 600, remaining: 0, hasAccess: false });
  await moveTo(app, "ada", "professional", "year");
  expect(await ask(ada)).toMatchObject({ used: 1_600, limit: 3_000, resetsAt: before.resetsAt });
});

test("a cancellation leaves the free tier's limit, and a new purchase begins at 0", async ({ app }) => {
  const bob = await app.customerOn("starter", "bob");
  await count(app, "bob", "streaming_minutes", 100);
  const { resetsAt } = await ask(bob);
  await app.stripe.subscriptions.cancel((await subscriptionOf(app, "bob")).id);
  await quiet(app);
  expect(await ask(bob)).toEqual({
    used: 100,
    limit: 60,
    remaining: 0,
    resetsAt,
    source: "FREE_TIER",
    hasAccess: false,
    denialReason: "LIMIT_REACHED",
  });
  await app.sandbox.advance(60);
  await bob.buy("starter");
  expect(await ask(bob)).toMatchObject({ used: 0, limit: 600, source: "SUBSCRIPTION" });
});

test("a pause and an unpaid subscription leave the free tier's limit, and coming back brings back what was left", async ({
  app,
}) => {
  const cleo = await app.customerOn("starter", "cleo");
  await count(app, "cleo", "streaming_minutes", 30);
  const before = await ask(cleo);
  const subscription = await subscriptionOf(app, "cleo");
  for (const status of ["paused", "unpaid"] as const) {
    await putObject(app, { ...subscription, status });
    expect(await ask(cleo)).toMatchObject({ used: 30, limit: 60, resetsAt: before.resetsAt, source: "FREE_TIER" });
    const recording = `{ entitlement(feature: "recording_minutes") { hasAccess denialReason } }`;
    const denialReason = status === "paused" ? "PAUSED" : "PAYMENT_OVERDUE";
    expect((await cleo.ask(recording)).entitlement).toEqual({ hasAccess: false, denialReason });
    const [refused] = await results(report(app, "cleo", [{ feature: "recording_minutes" }]));
    expect(refused.userErrors).toMatchObject([{ code: "USAGE_LIMIT_REACHED" }]);
  }
  await putObject(app, { ...subscription, status: "active" });
  expect(await ask(cleo)).toEqual(before);
});

test("while a failed payment is in its grace the tier's limit holds, and after it the free tier's", async ({ app }) => {
  const dan = await app.customerOn("starter", "dan");
  await count(app, "dan", "streaming_minutes", 200);
  await fallBehind(app, "dan");
  expect(await ask(dan)).toMatchObject({ used: 200, limit: 600, source: "GRACE", hasAccess: true });
  await app.sandbox.advance(7 * 24 * 3_600 + 60);
  expect(await ask(dan)).toMatchObject({ used: 200, limit: 60, source: "FREE_TIER", hasAccess: false });
});

test("a quota that is paid for by the year starts again each month", async ({ app }) => {
  const { data } = await app.graphql(`{ tier(slug: "starter") { price(interval: YEAR) { id } } }`);
  const eve = app.person("eve");
  await eve.buy("starter", { priceId: data.tier.price.id });
  await count(app, "eve", "streaming_minutes", 600);
  const { resetsAt } = await ask(eve);
  await app.sandbox.advance(Math.ceil((Date.parse(resetsAt) - app.now().getTime()) / 1_000));
  const next = await ask(eve);
  expect(next).toMatchObject({ used: 0, limit: 600 });
  expect(Date.parse(next.resetsAt)).toBeGreaterThan(Date.parse(resetsAt));
  // The year is not billed yet: what belongs to its first month is still taken, and into that month.
  const late = { feature: "streaming_minutes", occurredAt: new Date(Date.parse(resetsAt) - 60_000).toISOString() };
  expect((await results(report(app, "eve", [late])))[0].userErrors).toMatchObject([{ code: "USAGE_LIMIT_REACHED" }]);
  expect((await ask(eve)).used).toBe(0);
});

test("what belongs to a period that was billed is too late an hour after it", async ({ app }) => {
  const fay = await app.customerOn("starter", "fay");
  const subscription = await subscriptionOf(app, "fay");
  const [item] = subscription.items.data;
  if (!item) throw new Error("The subscription has no item.");
  await app.sandbox.advance(item.current_period_end - app.now().getTime() / 1_000 + 60);
  const renewed = {
    current_period_start: item.current_period_end,
    current_period_end: item.current_period_end + 30 * 86_400,
  };
  await putObject(app, { ...subscription, items: { ...subscription.items, data: [{ ...item, ...renewed }] } });
  const occurredAt = new Date(item.current_period_end * 1_000 - 60_000).toISOString();
  const event = (idempotencyKey: string) => ({ feature: "streaming_minutes", occurredAt, idempotencyKey });
  expect((await results(report(app, "fay", [event("in time")])))[0]).toMatchObject({ isAccepted: true });
  expect((await ask(fay)).used).toBe(0);
  await app.sandbox.advance(3_600);
  const [known, late] = await results(report(app, "fay", [event("in time"), event("late")]));
  expect(known).toMatchObject({ isAccepted: true, isDuplicate: true });
  expect(late).toMatchObject({ isAccepted: false, userErrors: [{ code: "USAGE_TOO_OLD" }] });
});
