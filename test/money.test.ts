import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  canonicalLocale,
  chargeableDigits,
  decimalOf,
  formatMoney,
  minorDigits,
  preferredLocale,
} from "../src/money.js";

const everyCurrency = Intl.supportedValuesOf("currency");
const plain = (printed: string) => printed.replace(/\s/g, " ");

describe("money", () => {
  test.each([
    [1999, "USD", "19.99"],
    [5, "USD", "0.05"],
    [0, "USD", "0.00"],
    [-5, "USD", "-0.05"],
    [-123_456, "usd", "-1234.56"],
    [500, "JPY", "500"],
    [0, "JPY", "0"],
    [-7, "JPY", "-7"],
    [1, "KWD", "0.001"],
    [12_345, "KWD", "12.345"],
    [349_000, "HUF", "3490.00"],
    [50_000, "ISK", "500.00"],
    [1_500, "JPY", "1500"],
    [2_500, "UGX", "25.00"],
    [2_500, "TWD", "25.00"],
    [500, "KRW", "500"],
    [500, "MGA", "500"],
    [Number.MAX_SAFE_INTEGER, "USD", "90071992547409.91"],
  ])("%i minor units of %s are %s in the major unit", (amount, currency, decimal) => {
    expect(decimalOf(amount, currency)).toBe(decimal);
  });

  test("no digit of an amount is lost on the way to its decimal", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.constantFrom(...everyCurrency), (amount, currency) => {
        const decimal = decimalOf(amount, currency);
        expect(decimal.split(".")[1]?.length ?? 0).toBe(minorDigits(currency));
        expect(Number(decimal.replace(".", ""))).toBe(amount === 0 ? 0 : amount);
      }),
    );
  });

  test.each([
    [1999, "USD", "en-US", "$19.99"],
    [123_456, "USD", "de-DE", "1.234,56 $"],
    [500, "JPY", "en-US", "¥500"],
    [1_500, "JPY", "ja-JP", "￥1,500"],
    [1_500, "JPY", "de-DE", "1.500 ¥"],
    [1_500, "EUR", "de-DE", "15,00 €"],
    [1_500, "GBP", "en-GB", "£15.00"],
    [50_000, "ISK", "en-US", "ISK 500"],
    [2_500, "UGX", "en-US", "UGX 25"],
    [12_345, "KWD", "en-US", "KWD 12.345"],
    [349_000, "HUF", "en-US", "HUF 3,490"],
    [349_050, "HUF", "hu-HU", "3490,50 Ft"],
    [9_900_000, "IDR", "en-US", "IDR 99,000"],
    [500, "MGA", "en-US", "MGA 500"],
    [-1999, "USD", "en-US", "-$19.99"],
    [Number.MAX_SAFE_INTEGER, "USD", "en-US", "$90,071,992,547,409.91"],
  ])("%i minor units of %s are printed for %s as %s", (amount, currency, locale, printed) => {
    expect(plain(formatMoney(amount, currency, locale))).toBe(printed);
  });

  test.each(["xx-unknown", "tlh", "not a locale", "", "en-", "💶"])(
    "an unknown locale %j reads as English",
    (locale) => {
      expect(formatMoney(1999, "USD", locale)).toBe("$19.99");
    },
  );

  test("no digit of an amount is lost on the way to paper, in any currency", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.constantFrom(...everyCurrency), (amount, currency) => {
        const printed = formatMoney(amount, currency, "en-US");
        const [number = ""] = /\d[\d,]*(\.\d+)?/.exec(printed) ?? [];
        const [whole = "", fraction = ""] = number.replaceAll(",", "").split(".");
        const digits = minorDigits(currency);
        expect(Number(whole + fraction.padEnd(digits, "0"))).toBe(Math.abs(amount));
        expect(fraction.length === digits || fraction.length === 0).toBe(true);
      }),
    );
  });

  test("any text at all can be asked for as a locale", () => {
    fc.assert(
      fc.property(fc.string(), (locale) => {
        expect(formatMoney(1999, "USD", locale)).not.toBe("");
      }),
    );
  });
});

test.each([
  ["USD", 2],
  ["HUF", 2],
  ["TWD", 2],
  ["JPY", 0],
  ["isk", 0],
  ["UGX", 0],
  ["KWD", 2],
  ["tnd", 2],
])("an amount in %s is charged with at most %i digits after the point", (currency, digits) => {
  expect(chargeableDigits(currency)).toBe(digits);
});

describe("a locale", () => {
  test.each([
    ["de-DE", "de-DE"],
    ["DE-de", "de-DE"],
    ["zh-Hant-TW", "zh-Hant-TW"],
    ["en-u-nu-arab", "en-u-nu-arab"],
    ["xx-XX", "xx-XX"],
    ["de_DE", undefined],
    ["", undefined],
    ["german please", undefined],
    [`en-${"x".repeat(8)}`.repeat(100_000), undefined],
  ])("%.20s is %s in its usual spelling", (locale, canonical) => {
    expect(canonicalLocale(locale)).toBe(canonical);
  });
});

describe("the preferred locale", () => {
  test.each([
    ["de-DE,de;q=0.9,en;q=0.8", "de-DE"],
    ["fr;q=0.7", "fr"],
    ["en;q=0.5, de", "de"],
    ["en;q=0.8, fr;q=0.9, de;q=0.9", "fr"],
    ["de;q=0, fr;q=0.1", "fr"],
    ["*, de;q=0.5", "de"],
    ["de;q=2, fr;q=0.1", "fr"],
    ["de;level=1", "en"],
    ["DE-de", "de-DE"],
    [",,,", "en"],
    ["  pt-BR , en", "pt-BR"],
    ["zh-Hant-TW", "zh-Hant-TW"],
    ["*", "en"],
    ["", "en"],
    [undefined, "en"],
    ["de_DE", "en"],
    ["<script>", "en"],
  ])("of Accept-Language %j is %s", (header, locale) => {
    expect(preferredLocale(header)).toBe(locale);
  });
});
