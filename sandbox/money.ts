/** https://docs.stripe.com/currencies#minor-units; Intl is no guide to it, for people write HUF and IDR without cents. */
const wholeOnly = new Set("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split(" "));
const thousandths = new Set(["bhd", "jod", "kwd", "omr", "tnd"]);

/** "$29.99": minor units as people read them; knows that yen has no cents. */
export function formatMoney(amount: number, currency: string): string {
  const digits = wholeOnly.has(currency) ? 0 : thousandths.has(currency) ? 3 : 2;
  const format = new Intl.NumberFormat("en-US", {
    style: "currency",
    currency: currency.toUpperCase(),
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return format.format(amount / 10 ** digits);
}

/** A percentage of an amount, rounded half up as Stripe rounds each line alone. */
export function percentOf(amount: number, percent: number): number {
  return Math.floor((amount * percent) / 100 + 0.5);
}
