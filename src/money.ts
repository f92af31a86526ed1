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

/** The amount in the major unit, exactly: 1999 USD is "19.99". */
export function decimalOf(amount: number, currency: string): string {
  const digits = minorDigits(currency);
  const sign = amount < 0 ? "-" : "";
  const text = String(Math.abs(amount)).padStart(digits + 1, "0");
  if (digits === 0) return sign + text;
  return `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** The amount as people of a locale write it; an unknown locale falls back to English. */
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
  // Locales come from clients: never let them grow the process.
  if (formats.size < mostFormats) formats.set(key, made);
  return made;
}

/** As many digits as people of the currency write, and never fewer than the amount has. */
function digitsOf(currency: string): Intl.NumberFormatOptions {
  const written = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
  const digits = minorDigits(currency);
  const trailingZeroDisplay = (written ?? digits) < digits ? "stripIfInteger" : "auto";
  return { minimumFractionDigits: digits, maximumFractionDigits: digits, trailingZeroDisplay };
}

function supportedLocale(locale: string): string {
  try {
    return Intl.NumberFormat.supportedLocalesOf([locale])[0] ?? "en";
  } catch {
    return "en"; // not a BCP 47 tag at all
  }
}

/** The first locale of an `Accept-Language` header that is a BCP 47 tag; English without one. */
export function preferredLocale(acceptLanguage: string | undefined): string {
  const first = acceptLanguage?.split(",", 1)[0]?.split(";", 1)[0]?.trim() ?? "";
  return /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(first) ? first : "en";
}
