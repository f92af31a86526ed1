import { expect, test as plain } from "vitest";
import type { CatalogDefinition } from "../src/billing/catalog/catalog.js";
import { refusedSeats } from "../src/billing/checkout/seats.js";
import { startTestApp, type TestApp, test } from "./support/app.js";
import { pushChanged } from "./support/catalog.js";
import { type Person, returnUrl } from "./support/person.js";
import { apiRequests } from "./support/stripe.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

async function priceIn(app: TestApp, tier: string, currency: string): Promise<string> {
  const query =
    "query ($tier: String!, $currency: CurrencyCode) { tier(slug: $tier) { price(currency: $currency) { id } } }";
  return (await app.graphql(query, { tier, currency })).data.tier.price.id;
}

async function sessionsMade(app: TestApp): Promise<number> {
  return (await apiRequests(app, "POST", "/v1/checkout/sessions")).length;
}

async function expectRefusal(person: Person, input: Record<string, unknown>, refusal: Record<string, unknown>) {
  const { checkoutSession, userErrors } = await person.checkout("starter", input);
  expect(checkoutSession).toBeNull();
  expect(userErrors).toMatchObject([refusal]);
}

test.for([
  ["EUR", "€9.49", 949],
  ["GBP", "£8.49", 849],
  ["JPY", "¥1,500", 1500],
] as const)("a price in %s is shown and charged in it", async ([currency, shown, amount], { app }) => {
  const ada = app.person(`ada-${currency}`);
  const priceId = await priceIn(app, "starter", currency);
  const { checkoutSession } = await ada.checkout("starter", { priceId });
  expect(await (await fetch(checkoutSession.url)).text()).toContain(shown);
  await ada.buy("starter", { priceId });
  const { viewer, payments } = await ada.ask(`{
    viewer { customer { currency subscription { status tier { slug } price { id unitAmount { amount currency } } } } }
    payments { nodes { status amount { amount currency } } } }`);
  expect(viewer.customer).toEqual({
    currency,
    subscription: {
      status: "ACTIVE",
      tier: { slug: "starter" },
      price: { id: priceId, unitAmount: { amount, currency } },
    },
  });
  expect(payments.nodes).toEqual([{ status: "SUCCEEDED", amount: { amount, currency } }]);
});

test("who was billed in one currency is not sold a price in another, and Stripe is not asked", async ({ app }) => {
  const bea = app.person("bea");
  await bea.buy("starter", { priceId: await priceIn(app, "starter", "EUR") });
  const { id } = (await app.stripe.subscriptions.list({ limit: 1 })).data[0] ?? { id: "" };
  await app.stripe.subscriptions.cancel(id);
  await until("it is over", async () => {
    const { currentSubscription } = await bea.ask("{ currentSubscription { status } }");
    return currentSubscription.status === "CANCELED";
  });
  const before = await sessionsMade(app);
  await expectRefusal(
    bea,
    { priceId: await priceIn(app, "starter", "USD") },
    {
      code: "CURRENCY_MISMATCH",
      path: ["input", "priceId"],
      message: "The account is billed in EUR; choose a price in that currency.",
    },
  );
  expect(await sessionsMade(app)).toBe(before);
  await bea.buy("starter", { priceId: await priceIn(app, "starter", "EUR") });
});

test("a customer whom Stripe ties to a currency that we were not told of hears the same", async ({ app }) => {
  const cleo = app.person("cleo");
  const register = "mutation { registerCustomer(input: {}) { userErrors { code } } }";
  await cleo.ask(register);
  const { data } = await app.stripe.customers.list({ email: "cleo@example.com" });
  const customer = String(data[0]?.id);
  const { data: prices } = await app.stripe.prices.list({ active: true, limit: 100 });
  const price = prices.find(({ lookup_key }) => lookup_key?.startsWith("starter_month"));
  // Somebody made a page for them in the dashboard, in euros.
  await app.stripe.checkout.sessions.create({
    mode: "subscription",
    customer,
    currency: "eur",
    line_items: [{ price: String(price?.id), quantity: 1 }],
    success_url: returnUrl,
  });
  await expectRefusal(
    cleo,
    { priceId: await priceIn(app, "starter", "USD") },
    { code: "CURRENCY_MISMATCH", path: ["input", "priceId"] },
  );
  expect((await cleo.checkout("starter", { priceId: await priceIn(app, "starter", "EUR") })).userErrors).toEqual([]);
});

plain("a price in a currency that its tier is no longer sold in is refused by that name", async () => {
  const { app, stop } = await startTestApp();
  const [gone, changed] = [await priceIn(app, "starter", "GBP"), await priceIn(app, "starter", "EUR")];
  await pushChanged(app, withoutPounds);
  const dora = app.person("dora");
  const at = { path: ["input", "priceId"] };
  await expectRefusal(dora, { priceId: gone }, { code: "CURRENCY_NOT_AVAILABLE", ...at });
  await expectRefusal(dora, { priceId: changed }, { code: "TIER_NOT_AVAILABLE", ...at });
  await stop();
});

/** No prices in pounds any more, and those in euros one cent dearer. */
function withoutPounds(definition: CatalogDefinition): CatalogDefinition {
  const kept = definition.prices.filter(({ currency }) => currency !== "gbp");
  return {
    ...definition,
    prices: kept.map((price) => {
      if (price.currency !== "eur") return price;
      const unitAmount = price.unitAmount + 1;
      return { ...price, unitAmount, id: price.id.replace(/\d+$/, String(unitAmount)) };
    }),
  };
}

plain.for([
  [{ min: 1, max: 1 }, 1, undefined],
  [{ min: 1, max: 1 }, 2, "This tier is sold by the account, not by the seat."],
  [{ min: 2, max: 10 }, 1, "This tier is sold in 2 to 10 seats."],
  [{ min: 2, max: 10 }, 2, undefined],
  [{ min: 2, max: 10 }, 10, undefined],
  [{ min: 2, max: 10 }, 11, "This tier is sold in 2 to 10 seats."],
  [{ min: 5, max: 5 }, 4, "This tier is sold in exactly 5 seats."],
  [{ min: 3, max: null }, 999_999, undefined],
  [{ min: 3, max: null }, 1_000_000, "This tier is sold in 3 to 999999 seats."],
] as const)("of %j seats %i are judged right", ([seats, quantity, message]) => {
  expect(refusedSeats(seats, quantity)?.refusals[0].message).toBe(message);
});

plain("a tier that is sold by the seat is bought and charged in seats, within its bounds", async () => {
  const { app, stop } = await startTestApp();
  await pushChanged(app, (definition) => ({
    ...definition,
    tiers: definition.tiers.map((tier) => (tier.slug === "starter" ? { ...tier, seats: { min: 2, max: 50 } } : tier)),
  }));
  const eli = app.person("eli");
  for (const quantity of [1, 51]) {
    await expectRefusal(
      eli,
      { quantity },
      { code: "SEATS_NOT_AVAILABLE", path: ["input", "quantity"], message: "This tier is sold in 2 to 50 seats." },
    );
  }
  await eli.buy("starter", { quantity: 3 });
  const { currentSubscription, payments } = await eli.ask(
    "{ currentSubscription { quantity } payments { nodes { amount { amount } } } }",
  );
  expect(currentSubscription).toEqual({ quantity: 3 });
  expect(payments.nodes).toEqual([{ amount: { amount: 3 * 999 } }]);
  await expectStripesTruth(app);
  await stop();
});

plain("where the catalog says so, Stripe works out the tax, from the address that its page asks for", async () => {
  const { app, stop } = await startTestApp();
  await pushChanged(app, (definition) => ({ ...definition, tax: { ...definition.tax, automatic: true } }));
  const fay = app.person("fay");
  const id = await fay.buy("starter");
  expect(id).toBeTruthy();
  const [session] = (await app.stripe.checkout.sessions.list({ limit: 1 })).data;
  expect(session?.automatic_tax).toMatchObject({ enabled: true, status: "complete" });
  const [subscription] = (await app.stripe.subscriptions.list({ limit: 1 })).data;
  expect(subscription?.automatic_tax.enabled).toBe(true);
  await stop();
});

test("in the end everything is here as it is at Stripe", async ({ app }) => {
  await expectStripesTruth(app);
});
