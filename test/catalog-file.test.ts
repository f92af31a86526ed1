import { expect, test } from "vitest";
import { parseCatalog, readCatalogFile } from "../src/billing/catalog/catalog-file.js";
import { changed, faultsOf, sound } from "./catalog-texts.js";

const anAmount = "It must be an amount in USD above 0, with at most 2 digits after the point, such as 9.99.";
const aQuantity = "It must be a whole number from 0, or `unlimited`.";

test.each<[title: string, text: string, faults: string[]]>([
  ["a sound file", sound, []],
  [
    "a misspelt key",
    changed("    name: Pro\n", "    nmae: Pro\n"),
    ["16:3 `name` is missing. It must be a text; put it in quotes.", "17:5 Unknown key `nmae`. Did you mean `name`?"],
  ],
  [
    "a key that resembles none",
    changed("currency: usd\n", "currency: usd\ncolour: red\n"),
    ["2:1 Unknown key `colour`. Known here: currency, tax, features, tiers."],
  ],
  [
    "a wrong type",
    changed("name: Guests", "name: 12"),
    ["4:11 `name` cannot be 12. It must be a text; put it in quotes."],
  ],
  [
    "a list where a block should be",
    changed("      month: 29.99", "      - 29.99"),
    ["18:5 `prices` cannot be a list. It must be a block of `key: value` lines."],
  ],
  [
    "a tier that names an unknown feature",
    changed("      guests: 1\n", "      guest: 1\n"),
    ["15:7 There is no feature `guest`. Did you mean `guests`?"],
  ],
  [
    "a feature without a kind",
    changed("    kind: switch\n", ""),
    ["7:3 `kind` is missing. It must be `switch`, `limit` or `metered`."],
  ],
  [
    "a limit without a unit",
    changed("    unit: guest\n", ""),
    ["3:3 `unit` is missing from `guests`. Name what is counted, in the singular, such as `unit: minute`."],
  ],
  [
    "a switch with a unit",
    changed("kind: switch\n", "kind: switch\n    unit: scene\n"),
    ["10:11 `scenes` is a switch and has a unit. Nothing is counted: leave the unit out."],
  ],
  ["a negative limit", changed("guests: 1\n", "guests: -1\n"), [`15:15 \`guests\` cannot be -1. ${aQuantity}`]],
  ["a limit in fractions", changed("guests: 1\n", "guests: 1.5\n"), [`15:15 \`guests\` cannot be 1.5. ${aQuantity}`]],
  ["a misspelt unlimited", changed("unlimited", "unlimted"), [`21:15 \`guests\` cannot be "unlimted". ${aQuantity}`]],
  [
    "a number for a switch",
    changed("scenes: true", "scenes: 1"),
    ["22:15 `scenes` cannot be 1. It is a switch: it must be `true` or `false`."],
  ],
  ["a fraction of a cent", changed("29.99", "29.999"), [`19:14 \`month\` cannot be 29.999. ${anAmount}`]],
  ["a price of nothing", changed("29.99", "0"), [`19:14 \`month\` cannot be 0. ${anAmount}`]],
  ["a price below nothing", changed("29.99", "-5"), [`19:14 \`month\` cannot be -5. ${anAmount}`]],
  ["a price in words", changed("29.99", "thirty"), [`19:14 \`month\` cannot be "thirty". ${anAmount}`]],
  ["a price without an amount", changed("29.99", ""), [`19:7 \`month\` cannot be empty. ${anAmount}`]],
  [
    "decimals in a currency without any",
    changed("usd", "jpy"),
    ["19:14 `month` cannot be 29.99. It must be an amount in JPY above 0, without a decimal point, such as 999."],
  ],
  [
    "decimals in a currency of which only whole ones are charged",
    changed("usd", "isk"),
    ["19:14 `month` cannot be 29.99. It must be an amount in ISK above 0, without a decimal point, such as 999."],
  ],
  [
    "an unknown currency",
    changed("usd", "dollars"),
    ['1:11 `currency` cannot be "dollars". It must be an ISO 4217 code, such as usd.'],
  ],
  [
    "two default tiers",
    changed(
      "    hidden: true\n    staff: true\n",
      "    hidden: true\n    staff: true\n  gratis:\n    name: Gratis\n    default: true\n",
    ),
    ["29:14 Only one tier can be marked `default: true`. `free` is already."],
  ],
  [
    "two staff tiers",
    `${sound}  owners:\n    name: Owners\n    hidden: true\n    staff: true\n`,
    ["30:12 Only one tier can be marked `staff: true`. `crew` is already."],
  ],
  [
    "no default tier",
    changed("    default: true\n", "    hidden: true\n"),
    ["10:1 No tier is marked `default: true`. Mark the one that everybody has without paying."],
  ],
  [
    "no staff tier",
    changed("    staff: true\n", ""),
    ["10:1 No tier is marked `staff: true`. Mark the one that admins get."],
  ],
  [
    "a default tier with prices",
    changed("    default: true\n", "    default: true\n    prices: { month: 1 }\n"),
    ["14:5 `free` is marked `default: true` and has prices. Such a tier is free of charge: leave the prices out."],
  ],
  [
    "a hidden default tier",
    changed("    default: true\n", "    default: true\n    hidden: true\n"),
    ["14:13 The default tier is hidden. Everybody has it: leave `hidden` out."],
  ],
  [
    "a staff tier on the price list",
    changed("    hidden: true\n", ""),
    ["23:3 The staff tier is on the price list. Mark it `hidden: true`."],
  ],
  [
    "a tier that cannot be had",
    changed("    prices:\n      month: 29.99\n", ""),
    [
      "16:3 `pro` is on the price list and cannot be had. Give it `prices` or a `contact_url`, or mark it `hidden: true`.",
    ],
  ],
  [
    "a contact that is no web address",
    changed("    name: Pro\n", "    name: Pro\n    contact_url: mailto:sales@studio.example\n"),
    ['18:18 `contact_url` cannot be "mailto:sales@studio.example". It must be an http or https URL.'],
  ],
  [
    "a trial of half a day",
    changed("    name: Pro\n", "    name: Pro\n    trial_days: 0.5\n"),
    ["18:17 `trial_days` cannot be 0.5. It must be a whole number of days from 0 to 730."],
  ],
  [
    "a trial without a card and without days",
    changed("    name: Pro\n", "    name: Pro\n    trial_without_card: true\n"),
    ["18:25 `pro` has a trial without a card, and no trial. Say how long it is in `trial_days`, or leave this out."],
  ],
  [
    "a trial without a card for a length that cannot be",
    changed("    name: Pro\n", "    name: Pro\n    trial_days: long\n    trial_without_card: true\n"),
    ['18:17 `trial_days` cannot be "long". It must be a whole number of days from 0 to 730.'],
  ],
  [
    "a trial that asks for a card, or perhaps not",
    changed("    name: Pro\n", "    name: Pro\n    trial_days: 14\n    trial_without_card: maybe\n"),
    ['19:25 `trial_without_card` cannot be "maybe". It must be `true` or `false`.'],
  ],
  [
    "a grace of a year",
    changed("    name: Pro\n", "    name: Pro\n    grace_days: 365\n"),
    ["18:17 `grace_days` cannot be 365. It must be a whole number of days from 0 to 90."],
  ],
  [
    "a highlight that is no text",
    changed("    name: Pro\n", "    name: Pro\n    highlights:\n      - Six guests\n      - 6\n"),
    ["20:9 `highlights[1]` cannot be 6. It must be a text; put it in quotes."],
  ],
  [
    "a tier twice",
    changed("  crew:\n", "  pro:\n    name: Pro again\n    hidden: true\n  crew:\n"),
    ["23:3 `pro` is there twice. Keep one of the two."],
  ],
  [
    "a feature twice",
    changed("tiers:\n", "  guests:\n    name: Visitors\n    kind: limit\n    unit: visitor\ntiers:\n"),
    ["10:3 `guests` is there twice. Keep one of the two."],
  ],
  [
    "a slug that cannot be part of an ID",
    changed("  pro:", "  Pro-Tier:"),
    ["16:3 `Pro-Tier` cannot be a key here. Use lower case letters, digits and `_`, a letter first, at most 40."],
  ],
  ["an empty tier", `${sound}  empty:\n`, ["27:3 `empty` cannot be empty. It must be a block of `key: value` lines."]],
  ["an empty file", "", ["1:1 The file cannot be empty. It must be a block of `key: value` lines."]],
  [
    "a section that is missing",
    "currency: usd\nfeatures: {}\n",
    ["1:1 `tiers` is missing. It must be a block of `key: value` lines."],
  ],
  [
    "a text that begins with an asterisk",
    changed("name: Pro", "name: *Pro"),
    ["17:11 Nothing above is named `&Pro`. Put a text that begins with an asterisk in quotes."],
  ],
  [
    "a slip in the syntax",
    changed("name: Pro", 'name: "Pro'),
    ['27:1 This is not YAML: Missing closing "quote. The rest of the file was not checked.'],
  ],
])("%s is told with its place", (_title, text, faults) => {
  expect(faultsOf(text)).toEqual(faults.map((fault) => `catalog.yaml:${fault}`));
});

test("all faults are told at once, in the order one meets them", () => {
  const text = sound
    .replace("usd", "dollars")
    .replace("kind: limit", "kind: limits")
    .replace("guests: 1\n", "guest: 1\n")
    .replace("29.99", "a lot")
    .replace("staff", "stuff");
  expect(faultsOf(text).map((fault) => fault.split(" ", 1)[0])).toEqual([
    "catalog.yaml:1:11",
    "catalog.yaml:5:11",
    "catalog.yaml:10:1",
    "catalog.yaml:15:7",
    "catalog.yaml:19:14",
    "catalog.yaml:26:5",
  ]);
});

test("a program can read the faults one by one", () => {
  const read = () => parseCatalog(changed("scenes: true", "scenes: 1"), "catalog.yaml");
  expect(read).toThrow(
    expect.objectContaining({
      faults: [
        {
          line: 22,
          column: 15,
          problem: "`scenes` cannot be 1.",
          hint: "It is a switch: it must be `true` or `false`.",
        },
      ],
    }),
  );
});

test("a file that is not there is one clear line", async () => {
  await expect(readCatalogFile("/nowhere/catalog.yaml")).rejects.toThrow(
    "There is no catalog at /nowhere/catalog.yaml. Name another file with --file.",
  );
});

test("amounts become minor units exactly, written as numbers or as texts", () => {
  const amountOf = (written: string) => parseCatalog(changed("29.99", written), "catalog.yaml").prices[0]?.unitAmount;
  // 1.15, 4.35 and 8.20 are the ones that multiplying by 100 gets wrong.
  expect(["1.15", "4.35", "8.20", "20", "0.5", '"19.99"', "999999.99"].map(amountOf)).toEqual([
    115, 435, 820, 2000, 50, 1999, 99_999_999,
  ]);
});
