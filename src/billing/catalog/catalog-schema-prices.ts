import { z } from "zod";
import { chargeableDigits, minorDigits } from "../../money.js";

/** The amounts of one tier and interval in minor units, by currency in lower case. */
export type PriceSource = Readonly<Record<string, number>>;

const currencies = new Set(Intl.supportedValuesOf("currency").map((code) => code.toLowerCase()));

/** Whether there is money of this code, in lower case. */
export function isCurrency(code: string): boolean {
  return currencies.has(code);
}

/** As much as Stripe takes in one price. */
const largestAmount = 99_999_999;

const amountInFile = [
  { type: "number", exclusiveMinimum: 0 },
  { type: "string", pattern: String.raw`^\d+(\.\d+)?$` },
];

/**
 * One interval's price as the file has it: an amount in the default currency, or one for each currency. Null for
 * a default currency that is at fault itself: its amounts are judged by two digits, and none is missed.
 */
export function priceOf(defaultCurrency: string | null) {
  return z
    .unknown()
    .transform((written, context): PriceSource => {
      const { amounts, issues } = isBlock(written)
        ? amountsByCurrency(written, defaultCurrency)
        : oneAmount(written, defaultCurrency ?? "usd");
      context.issues.push(...issues);
      return issues.length === 0 ? amounts : z.NEVER;
    })
    .meta({
      description:
        "What is charged for one seat: an amount in the default currency, or one for each currency, such as { usd: 9.99, eur: 9.49 }.",
      anyOf: [
        ...amountInFile,
        {
          type: "object",
          minProperties: 1,
          propertyNames: { pattern: "^[a-z]{3}$" },
          additionalProperties: { anyOf: amountInFile },
        },
      ],
    });
}

interface Reading {
  readonly amounts: PriceSource;
  readonly issues: z.core.$ZodRawIssue[];
}

function oneAmount(written: unknown, currency: string): Reading {
  const amount = amountOf(written, currency);
  if (amount !== undefined) return { amounts: { [currency]: amount }, issues: [] };
  return { amounts: {}, issues: [wrong(written, [], anAmountIn(currency))] };
}

function amountsByCurrency(written: Readonly<Record<string, unknown>>, defaultCurrency: string | null): Reading {
  const amounts: Record<string, number> = {};
  const issues: z.core.$ZodRawIssue[] = [];
  for (const [currency, value] of Object.entries(written)) {
    if (!isCurrency(currency)) {
      issues.push({ code: "unrecognized_keys", keys: [currency], input: written, path: [] });
      continue;
    }
    const amount = amountOf(value, currency);
    if (amount === undefined) issues.push(wrong(value, [currency], anAmountIn(currency)));
    else amounts[currency] = amount;
  }
  if (defaultCurrency !== null && !(defaultCurrency in written)) {
    issues.push(wrong(undefined, [defaultCurrency], "Every price has an amount in the default currency too."));
  }
  return { amounts, issues };
}

function wrong(input: unknown, path: PropertyKey[], message: string): z.core.$ZodRawIssue {
  return { code: "custom", input, path, message };
}

/** In minor units; undefined when the currency has no such amount. */
function amountOf(written: unknown, currency: string): number | undefined {
  const minor = minorUnits(written, currency);
  return minor !== undefined && minor > 0 && minor <= largestAmount ? minor : undefined;
}

/** 9.99 dollars are 999: read off the decimal text, so that no binary fraction comes near it. */
function minorUnits(written: unknown, currency: string): number | undefined {
  const [, units, fraction = ""] = /^(\d+)(?:\.(\d+))?$/.exec(String(written)) ?? [];
  if (units === undefined || fraction.length > chargeableDigits(currency)) return undefined;
  return Number(units + fraction.padEnd(minorDigits(currency), "0"));
}

function anAmountIn(currency: string): string {
  const digits = chargeableDigits(currency);
  const precision = digits === 0 ? "without a decimal point" : `with at most ${digits} digits after the point`;
  return `It must be an amount in ${currency.toUpperCase()} above 0, ${precision}, such as ${digits === 0 ? "999" : "9.99"}.`;
}

function isBlock(written: unknown): written is Readonly<Record<string, unknown>> {
  return typeof written === "object" && written !== null && !Array.isArray(written);
}
