import { expect, test } from "vitest";
import { findTier } from "../src/billing/catalog/catalog.js";
import { parseCatalog } from "../src/billing/catalog/catalog-file.js";
import { changed, faultsOf, sound } from "./catalog-texts.js";

const anAmount = "It must be an amount in USD above 0, with at most 2 digits after the point, such as 9.99.";

test.each<[title: string, text: string, faults: string[]]>([
  [
    "a price without the default currency",
    changed("29.99", "{ eur: 27.99 }"),
    ["19:7 `usd` is missing. Every price has an amount in the default currency too."],
  ],
  [
    "a default currency that does not exist, but no amount in it,",
    changed("29.99", "{ eur: 27.99 }").replace("usd", "euros"),
    ['1:11 `currency` cannot be "euros". It must be an ISO 4217 code, such as usd.'],
  ],
  [
    "a currency that does not exist",
    changed("29.99", "{ usd: 29.99, eru: 27.99 }"),
    ["19:28 There is no currency `eru`. Use an ISO 4217 code in lower case, such as eur."],
  ],
  [
    "a currency in upper case",
    changed("29.99", "{ usd: 29.99, EUR: 27.99 }"),
    ["19:28 There is no currency `EUR`. Did you mean `eur`?"],
  ],
  [
    "a currency twice",
    changed("29.99", "{ usd: 29.99, usd: 27.99 }"),
    ["19:28 `usd` is there twice. Keep one of the two."],
  ],
  [
    "yen with decimals beside dollars",
    changed("29.99", "{ usd: 29.99, jpy: 4500.5 }"),
    ["19:33 `jpy` cannot be 4500.5. It must be an amount in JPY above 0, without a decimal point, such as 999."],
  ],
  [
    "every amount of a price at once",
    changed("29.99", "{ usd: free, eur: -1 }"),
    [`19:21 \`usd\` cannot be "free". ${anAmount}`, `19:32 \`eur\` cannot be -1. ${anAmount.replace("USD", "EUR")}`],
  ],
  [
    "no amount at all",
    changed("29.99", "{}"),
    ["19:7 `usd` is missing. Every price has an amount in the default currency too."],
  ],
  [
    "an unknown way to treat tax",
    changed("currency: usd\n", "currency: usd\ntax:\n  behavior: included\n  automatic: maybe\n  rate: 19\n"),
    [
      '3:13 `behavior` cannot be "included". It must be `exclusive` or `inclusive`.',
      '4:14 `automatic` cannot be "maybe". It must be `true` or `false`.',
      "5:3 Unknown key `rate`. Known here: behavior, automatic.",
    ],
  ],
  [
    "seats in words",
    changed("    name: Pro\n", "    name: Pro\n    seats: { min: one, max: many }\n"),
    [
      '18:19 `min` cannot be "one". It must be a whole number from 1 to 999999.',
      '18:29 `max` cannot be "many". It must be a whole number from 1 to 999999, or `unlimited`.',
    ],
  ],
  [
    "seats without an upper bound being said",
    changed("    name: Pro\n", "    name: Pro\n    seats: { min: 2, most: 5 }\n"),
    [
      "18:5 `max` is missing. It must be a whole number from 1 to 999999, or `unlimited`.",
      "18:22 Unknown key `most`. Known here: min, max.",
    ],
  ],
  [
    "more seats at least than at most",
    changed("    name: Pro\n", "    name: Pro\n    seats: { min: 6, max: 5 }\n"),
    ["18:19 `pro` is sold in at least 6 seats and at most 5. `min` must not be above `max`."],
  ],
])("%s is told with its place", (_title, text, faults) => {
  expect(faultsOf(text)).toEqual(faults.map((fault) => `catalog.yaml:${fault}`));
});

test("a price may have an amount in each currency, the default one first", () => {
  const prices = (written: string) =>
    parseCatalog(changed("29.99", written), "catalog.yaml").prices.map(({ id, unitAmount }) => [id, unitAmount]);
  expect(prices("{ jpy: 4500, eur: '27.99', kwd: 9.12, usd: 29.99 }")).toEqual([
    ["pro_month_usd_2999", 2999],
    ["pro_month_jpy_4500", 4500],
    ["pro_month_eur_2799", 2799],
    ["pro_month_kwd_9120", 9120],
  ]);
});

test("tax is on top of prices unless the file says otherwise, and then they are other prices", () => {
  expect(parseCatalog(sound, "catalog.yaml").tax).toEqual({ behavior: "exclusive", automatic: false });
  const withTax = parseCatalog(
    changed("currency: usd\n", "currency: usd\ntax: { behavior: inclusive, automatic: true }\n"),
    "catalog.yaml",
  );
  expect(withTax.tax).toEqual({ behavior: "inclusive", automatic: true });
  expect(withTax.prices).toEqual([
    expect.objectContaining({ id: "pro_month_usd_2999_inclusive", unitAmount: 2999, isTaxInclusive: true }),
  ]);
});

test("a tier is sold one by one unless the file says otherwise", () => {
  const seats = (written: string) =>
    findTier(parseCatalog(changed("    name: Pro\n", `    name: Pro\n${written}`), "catalog.yaml"), "pro")?.seats;
  expect(seats("")).toEqual({ min: 1, max: 1 });
  expect(seats("    seats: { max: 50 }\n")).toEqual({ min: 1, max: 50 });
  expect(seats("    seats: { min: 3, max: unlimited }\n")).toEqual({ min: 3, max: null });
});
