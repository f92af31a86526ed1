import Stripe from "stripe";

/** https://docs.stripe.com/currencies#minor-units; Intl is no guide to it, for people write HUF and IDR without cents. */
const wholeOnly = new Set("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split(" "));
const thousandths = new Set(["bhd", "jod", "kwd", "omr", "tnd"]);

/** "$29.99": minor units as people read them, "$0.0035" for fractions of one; knows that yen has no cents. */
export function formatMoney(amount: number, currency: string): string {
  const digits = wholeOnly.has(currency) ? 0 : thousandths.has(currency) ? 3 : 2;
  const format = new Intl.NumberFormat("en-US", {
    style: "currency",
    currency: currency.toUpperCase(),
    minimumFractionDigits: digits,
    maximumFractionDigits: Number.isInteger(amount) ? digits : digits + 12,
  });
  return format.format(amount / 10 ** digits);
}

/** A percentage of an amount, rounded half up as Stripe rounds each line alone; 8.7 % of $5.00 is exactly 43.5 cents. */
export function percentOf(amount: number, percent: number): number {
  const hundredfold = Stripe.Decimal.from(amount).mul(Stripe.Decimal.from(percent));
  return wholeUnits(hundredfold.mul(Stripe.Decimal.from("0.01")));
}

/** Whole minor units, rounded half up. */
export function wholeUnits(amount: Stripe.Decimal): number {
  return amount.round("half-up", { mode: "decimal-places", value: 0 }).toNumber();
}

/** The least a card can be charged. https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts */
const leastCharges: Readonly<Record<string, number>> = {
  aed: 200,
  aud: 50,
  bgn: 100,
  brl: 50,
  cad: 50,
  chf: 50,
  czk: 1500,
  dkk: 250,
  eur: 50,
  gbp: 30,
  hkd: 400,
  huf: 17_500,
  inr: 50,
  jpy: 50,
  mxn: 1000,
  myr: 200,
  nok: 300,
  nzd: 50,
  pln: 200,
  ron: 200,
  sek: 300,
  sgd: 50,
  thb: 1000,
  usd: 50,
};

/** Where Stripe documents no minimum of a currency, anything above nothing is enough. */
export function leastCharge(currency: string): number {
  return leastCharges[currency] ?? 1;
}

/** The most in one charge: eight digits. */
export const greatestCharge = 99_999_999;

/**
 * The step amounts come in: ISK and UGX are written with cents and have none, thousandths end in zero.
 * https://docs.stripe.com/currencies#special-cases
 */
export function chargeStep(currency: string): number {
  if (currency === "isk" || currency === "ugx") return 100;
  return thousandths.has(currency) ? 10 : 1;
}

export function sum(amounts: number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
