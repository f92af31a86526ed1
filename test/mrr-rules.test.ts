import { expect, test } from "vitest";
import type { Catalog, CatalogPrice, Interval } from "../src/billing/catalog/catalog.js";
import { readCatalogFile } from "../src/billing/catalog/catalog-file.js";
import { comparableMrr, mrrColumns, mrrOf } from "../src/billing/subscriptions/mrr.js";
import type { DiscountRow } from "../src/billing/subscriptions/subscription.table.js";
import { subscriptionStatuses } from "../src/stripe/snapshots.js";

const definition = await readCatalogFile("catalog.yaml");

/** The repository's catalog as a push makes it: one price of Stripe for a tier's interval, in every currency. */
const catalog: Catalog = {
  ...definition,
  version: 1,
  portalConfigurationId: null,
  prices: definition.prices.map((price) => ({ ...price, stripePriceId: stripePrice(price), isActive: true })),
};

function stripePrice({ tierSlug, interval }: Pick<CatalogPrice, "tierSlug" | "interval">): string {
  return `price_${tierSlug}_${interval}`;
}

const now = new Date("2026-06-01T00:00:00Z");
const inAMoment = new Date(now.getTime() + 1).toISOString();
const running = { status: "ACTIVE", quantity: 1, discount: null } as const;

function price(unitAmount: number, interval: Interval = "month") {
  return { unitAmount, interval };
}

function discount(terms: Partial<DiscountRow>): DiscountRow {
  return { name: "HELLO", percentOff: null, amountOff: null, currency: "usd", endsAt: null, ...terms };
}

function subscribed(id: string, terms: object = {}) {
  const sold = catalog.prices.find((one) => one.id === id);
  if (!sold) throw new Error(`The catalog has no price ${id}.`);
  return { ...running, priceId: id, stripePriceId: sold.stripePriceId, ...terms };
}

test("what is charged by the month counts as it is, and anything else as its share of a month", () => {
  expect(mrrOf(running, price(2_999), now)).toBe(2_999);
  expect(mrrOf(running, price(29_990, "year"), now)).toBe(2_499); // 2499.17
  expect(mrrOf(running, price(700, "week"), now)).toBe(3_033); // 52 weeks: 3033.33
  expect(mrrOf(running, price(100, "day"), now)).toBe(3_042); // 365 days: 3041.67
});

test("seats are counted before the share is rounded", () => {
  expect(mrrOf({ ...running, quantity: 100 }, price(1_000, "year"), now)).toBe(8_333); // and not 100 times 83
});

test("only what is paid for, or about to be, counts", () => {
  const counted = subscriptionStatuses.filter((status) => mrrOf({ ...running, status }, price(2_999), now) > 0);
  expect(counted).toEqual(["ACTIVE", "PAST_DUE"]);
});

test("without a price that anybody knows it is nothing", () => {
  expect(mrrOf(running, undefined, now)).toBe(0);
  expect(comparableMrr(catalog, { ...running, priceId: null, stripePriceId: "price_x" }, now)).toBe(0);
  expect(comparableMrr(catalog, { ...running, priceId: "gone_month_usd_1", stripePriceId: "price_x" }, now)).toBe(0);
});

test.for([
  ["a percentage", { percentOff: 25 }, 2_249], // 2249.25
  ["a fraction of a percent", { percentOff: 12.5 }, 2_624], // 2624.13
  ["all of it", { percentOff: 100 }, 0],
  ["an amount", { amountOff: 500 }, 2_499],
  ["more than is charged", { amountOff: 5_000 }, 0],
  ["an amount until a moment from now", { amountOff: 500, endsAt: inAMoment }, 2_499],
  ["an amount until now", { amountOff: 500, endsAt: now.toISOString() }, 2_999],
  ["a percentage of one invoice", { percentOff: 50, isOnce: true }, 2_999],
  ["nothing that anybody knows", {}, 2_999],
] as const)("a discount of %s is taken off while it lasts", ([_what, terms, expected]) => {
  expect(mrrOf({ ...running, discount: discount(terms) }, price(2_999), now)).toBe(expected);
});

test("an amount off is taken once from the charge for all seats, and spread with it", () => {
  const seats = { ...running, quantity: 3, discount: discount({ amountOff: 1_200 }) };
  expect(mrrOf(seats, price(1_000), now)).toBe(1_800);
  expect(mrrOf(seats, price(1_000, "year"), now)).toBe(150);
});

test("amounts in other currencies compare by the price list", () => {
  expect(comparableMrr(catalog, subscribed("professional_month_usd_2999"), now)).toBe(2_999);
  expect(comparableMrr(catalog, subscribed("professional_month_jpy_4500"), now)).toBe(2_999);
  expect(comparableMrr(catalog, subscribed("professional_year_jpy_45000"), now)).toBe(2_499);
  const discounted = { quantity: 2, discount: discount({ amountOff: 4_500, currency: "jpy" }) };
  expect(comparableMrr(catalog, subscribed("professional_month_jpy_4500", discounted), now)).toBe(2_999);
});

test("a price that Stripe has in its own currency alone compares by what the tier costs today", () => {
  const alone = { ...subscribed("professional_month_jpy_4500"), stripePriceId: "price_old" };
  expect(comparableMrr(catalog, alone, now)).toBe(2_999);
  const offSale = { ...catalog, prices: catalog.prices.filter(({ currency }) => currency === "jpy") };
  expect(comparableMrr(offSale, alone, now)).toBe(0);
});

test("it is to be worked out anew when the discount ends, and in no other case", () => {
  const dueAt = (terms: Partial<DiscountRow> | null) =>
    mrrColumns(catalog, subscribed("professional_month_usd_2999", { discount: terms && discount(terms) }), now)
      .mrrDueAt;
  expect(dueAt({ percentOff: 10, endsAt: inAMoment })).toEqual(new Date(inAMoment));
  expect([dueAt(null), dueAt({ percentOff: 10 }), dueAt({ percentOff: 10, endsAt: now.toISOString() })]).toEqual([
    null,
    null,
    null,
  ]);
});
