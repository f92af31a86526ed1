/**
 * Currencies whose minor unit at Stripe is not a hundredth: https://docs.stripe.com/currencies#minor-units
 *
 * Intl is no guide to it: it tells how people write amounts, without cents for HUF or IDR, of which Stripe
 * takes hundredths. UGX and ISK have no cents any more, and Stripe takes hundredths of them all the same.
 */
const wholeOnly = new Set("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split(" "));
const thousandths = new Set(["BHD", "JOD", "KWD", "OMR", "TND"]);

/** Digits after the decimal point of an amount in minor units: 2 for USD, 0 for JPY. */
export function minorDigits(currency: string): number {
  const code = currency.toUpperCase();
  if (wholeOnly.has(code)) return 0;
  return thousandths.has(code) ? 3 : 2;
}

/** Of these Stripe takes hundredths, and only whole ones: https://docs.stripe.com/currencies#special-cases */
const wholeInHundredths = new Set(["ISK", "UGX"]);

/**
 * Digits after the decimal point of an amount that can be charged: none of ISK though its minor unit is a
 * hundredth, and two of KWD, whose thousandths must end in 0. https://docs.stripe.com/currencies#three-decimal
 */
export function chargeableDigits(currency: string): number {
  return wholeInHundredths.has(currency.toUpperCase()) ? 0 : Math.min(minorDigits(currency), 2);
}

/** The amount in the major unit, exactly: 1999 USD is "19.99". */
export function decimalOf(amount: number, currency: string): string {
  const digits = minorDigits(currency);
  const sign = amount < 0 ? "-" : "";
  const text = String(Math.abs(amount)).padStart(digits + 1, "0");
  if (digits === 0) return sign + text;
  return `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** The amount as people of a locale write it; a locale that Intl does not know falls back to English. */
export function formatMoney(amount: number, currency: string, locale: string): string {
  // Intl takes a decimal string and so keeps every digit; TypeScript's library types know only template literals of it.
  return numberFormat(locale, currency).format(decimalOf(amount, currency) as `${number}`);
}

const formats = new Map<string, Intl.NumberFormat>();
const mostFormats = 500;

function numberFormat(locale: string, currency: string): Intl.NumberFormat {
  const key = `${locale} ${currency}`;
  const known = formats.get(key);
  if (known) return known;
  const made = new Intl.NumberFormat(supportedLocale(locale), { style: "currency", currency, ...digitsOf(currency) });
  // Locales come from clients: never let them grow the process, nor keep honest ones out once it is full.
  if (formats.size >= mostFormats) dropOldest(formats);
  formats.set(key, made);
  return made;
}

function dropOldest(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}

/** As many digits as people of the currency write, and never fewer than the amount has. */
function digitsOf(currency: string): Intl.NumberFormatOptions {
  const written = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
  const digits = minorDigits(currency);
  const trailingZeroDisplay = (written ?? digits) < digits ? "stripIfInteger" : "auto";
  return { minimumFractionDigits: digits, maximumFractionDigits: digits, trailingZeroDisplay };
}

function supportedLocale(locale: string): string {
  const canonical = canonicalLocale(locale);
  return (canonical && Intl.NumberFormat.supportedLocalesOf([canonical])[0]) ?? "en";
}

/** Longer than any tag that people use; Intl itself would take megabytes. */
const longestLocale = 100;

/** The locale in its usual spelling, `de-DE` for `DE-de`; undefined for what is no BCP 47 tag. */
export function canonicalLocale(locale: string): string | undefined {
  if (locale.length > longestLocale) return undefined;
  try {
    return Intl.getCanonicalLocales(locale)[0];
  } catch {
    return undefined; // Intl's only way to say that it is malformed
  }
}

/**
 * The BCP 47 tag that an `Accept-Language` header likes best, the first of equals; English when it has none.
 * https://www.rfc-editor.org/rfc/rfc9110#field.accept-language
 */
export function preferredLocale(acceptLanguage: string | undefined): string {
  const [best] = (acceptLanguage ?? "")
    .split(",", mostLanguages)
    .map(languageOf)
    .filter(({ locale, weight }) => locale !== undefined && weight > 0)
    .toSorted((a, b) => b.weight - a.weight);
  return best?.locale ?? "en";
}

/** Browsers send a handful; a header of thousands is not worth reading to its end. */
const mostLanguages = 50;

function languageOf(range: string): { locale: string | undefined; weight: number } {
  const [, tag = "", weight = "1"] = /^\s*([^\s;]+)\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?$/i.exec(range) ?? [];
  return { locale: canonicalLocale(tag), weight: Number(weight) };
}
