import { expect, test } from "vitest";
import { passesLuhn, testCards } from "../../sandbox/billing/test-cards.js";
import { addIntervals } from "../../sandbox/calendar.js";
import { readCardForm } from "../../sandbox/checkout/card-form.js";
import { formatMoney } from "../../sandbox/money.js";

const day = (text: string) => Date.parse(`${text}T10:00:00Z`) / 1000;

test("months are counted from the anchor and end with a shorter month", () => {
  const monthly = { interval: "month", interval_count: 1 };
  const anchor = day("2027-01-31");
  const dates = [1, 2, 3, 13].map((count) => addIntervals(anchor, monthly, count));
  expect(dates).toEqual(["2027-02-28", "2027-03-31", "2027-04-30", "2028-02-29"].map(day));
  expect(addIntervals(day("2028-02-29"), { interval: "year", interval_count: 1 })).toBe(day("2029-02-28"));
  expect(addIntervals(anchor, { interval: "week", interval_count: 2 })).toBe(day("2027-02-14"));
});

test("every test card has a valid check digit and a name of its own", () => {
  expect(testCards.filter(({ number }) => !passesLuhn(number)).map(({ number }) => number)).toEqual([]);
  expect(new Set(testCards.map(({ token }) => token)).size).toBe(testCards.length);
  expect(new Set(testCards.map(({ number }) => number)).size).toBe(testCards.length);
});

test("money is written with the currency's own decimals", () => {
  expect([
    formatMoney(2999, "usd"),
    formatMoney(2999, "jpy"),
    formatMoney(0, "eur"),
    formatMoney(349_000, "huf"),
  ]).toEqual(["$29.99", "¥2,999", "€0.00", "HUF\u00a03,490.00"]);
});

test("a card form names every field that is wrong", () => {
  const now = new Date("2027-06-15T00:00:00Z");
  const good = { number: "4242424242424242", expiry: "06 / 27", cvc: "123", name: "Ada" };
  expect(readCardForm(good, now)).toMatchObject({ ok: true, form: { expMonth: 6, expYear: 2027 } });
  expect(readCardForm({ ...good, expiry: "05/27" }, now)).toMatchObject({
    faults: [{ field: "expiry", message: "Your card's expiration date is in the past." }],
  });
  const empty = readCardForm({ number: "", expiry: "", cvc: "", name: " " }, now);
  expect(empty).toMatchObject({
    faults: [{ field: "number" }, { field: "expiry" }, { field: "cvc" }, { field: "name" }],
  });
});
