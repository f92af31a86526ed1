import { z } from "zod";
import { decimalOf, minorDigits } from "../../money.js";
import type { Grant } from "./catalog.js";
import type { FilePath } from "./catalog-fault.js";

// Every `error` here says what would be right: it becomes the hint behind the fault.

const anyMap = "It must be a block of `key: value` lines.";
const text = z.string("It must be a text; put it in quotes.").trim().min(1, "Leave it out or write something.");
const yesOrNo = z.boolean("It must be `true` or `false`.").default(false);

const currencies = new Set(Intl.supportedValuesOf("currency").map((code) => code.toLowerCase()));
const aCurrency = "It must be an ISO 4217 code, such as usd.";
const currency = z
  .string(aCurrency)
  .toLowerCase()
  .refine((code) => currencies.has(code), aCurrency);

const kind = z.enum(["switch", "limit", "metered"], "It must be `switch`, `limit` or `metered`.");

const feature = z.strictObject({ name: text, description: text.optional(), kind, unit: text.optional() }, anyMap);

const switchGrant = z
  .boolean("It is a switch: it must be `true` or `false`.")
  .transform((isIncluded): Grant => ({ isIncluded, limit: null }));

const aQuantity = "It must be a whole number from 0, or `unlimited`.";
const quantityGrant = z
  .union([z.literal("unlimited", aQuantity), z.int(aQuantity).min(0, aQuantity)], aQuantity)
  .transform((quantity): Grant => {
    if (quantity === "unlimited") return { isIncluded: true, limit: null };
    return { isIncluded: quantity > 0, limit: quantity };
  });

/** As much as Stripe takes in one price. */
const largestAmount = 99_999_999;

function amount(currency: string) {
  const digits = minorDigits(currency);
  const precision = digits === 0 ? "without a decimal point" : `with at most ${digits} digits after the point`;
  const hint = `It must be an amount in ${currency.toUpperCase()} above 0, ${precision}, such as ${decimalOf(999, currency)}.`;
  return z.unknown().transform((written, context): number => {
    const minor = minorUnits(written, digits);
    if (minor !== undefined && minor > 0 && minor <= largestAmount) return minor;
    context.issues.push({ code: "custom", input: written, message: hint });
    return z.NEVER;
  });
}

/** 9.99 is 999 for two digits: read off the decimal text, so that no binary fraction comes near it. */
function minorUnits(written: unknown, digits: number): number | undefined {
  const [, units, fraction = ""] = /^(\d+)(?:\.(\d+))?$/.exec(String(written)) ?? [];
  if (units === undefined || fraction.length > digits) return undefined;
  return Number(units + fraction.padEnd(digits, "0"));
}

const prices = (currency: string) => {
  const price = amount(currency).optional();
  return z.strictObject({ day: price, week: price, month: price, year: price }, anyMap);
};

const notKnownYet = z.unknown().transform((): Grant => ({ isIncluded: false, limit: null }));

const grants = (outline: CatalogOutline) => {
  const shape = Object.entries(outline.features).map(([key, known]): [string, z.ZodType<Grant | undefined>] => {
    // The feature's own kind is at fault, and reported there: say nothing about those who include it.
    if (!known?.kind) return [key, notKnownYet.optional()];
    return [key, (known.kind === "switch" ? switchGrant : quantityGrant).optional()];
  });
  return z.strictObject(Object.fromEntries(shape), anyMap);
};

const aTrial = "It must be a whole number of days from 0 to 730.";

const tier = (outline: CatalogOutline) =>
  z.strictObject(
    {
      name: text,
      description: text.optional(),
      highlights: z.array(text, "It must be a list of texts, each behind a dash.").default([]),
      default: yesOrNo,
      staff: yesOrNo,
      hidden: yesOrNo,
      recommended: yesOrNo,
      trial_days: z.int(aTrial).min(0, aTrial).max(730, aTrial).default(0),
      contact_url: z.url({ protocol: /^https?$/, error: "It must be an http or https URL." }).optional(),
      prices: prices(outline.currency).default({}),
      features: grants(outline).default({}),
    },
    anyMap,
  );

/** The shape of the whole file, given which features and what currency it speaks of. */
export const catalogSchema = (outline: CatalogOutline) =>
  z.strictObject(
    { currency, features: z.record(z.string(), feature, anyMap), tiers: z.record(z.string(), tier(outline), anyMap) },
    anyMap,
  );

/** What a file without shape faults holds. */
export type CatalogSource = z.output<ReturnType<typeof catalogSchema>>;

const lenientFlag = z.boolean().catch(false);
const outlineSchema = z.object({
  currency: currency.catch("usd"),
  features: z
    .record(
      z.string(),
      z
        .object({ kind: kind.optional().catch(undefined), unit: z.unknown().optional() })
        .optional()
        .catch(undefined),
    )
    .catch({}),
  tiers: z
    .record(
      z.string(),
      z
        .object({
          default: lenientFlag,
          staff: lenientFlag,
          hidden: lenientFlag,
          contact_url: z.unknown().optional(),
          // Prices that cannot be read are prices still.
          prices: z.record(z.string(), z.unknown()).optional().catch({ unreadable: true }),
        })
        .optional()
        .catch(undefined),
    )
    .catch({}),
});

/** What the rules that look across the file need, wherever it can be read: faults elsewhere must not hide theirs. */
export type CatalogOutline = z.output<typeof outlineSchema>;

/** Reads the outline of any file, however wrong the rest. */
export function outlineOf(raw: unknown): CatalogOutline {
  const nothing = { currency: "usd", features: {}, tiers: {} };
  return outlineSchema.catch(nothing).parse(raw);
}

/** The keys that a map at this place may have; undefined where any name will do. */
export function keysAllowedAt(path: FilePath, outline: CatalogOutline): string[] | undefined {
  const [section, , part] = path;
  if (path.length === 0) return Object.keys(catalogSchema(outline).shape);
  if (section === "features" && path.length === 2) return Object.keys(feature.shape);
  if (section !== "tiers" || path.length < 2) return undefined;
  if (part === "features") return Object.keys(outline.features);
  if (part === "prices") return Object.keys(prices(outline.currency).shape);
  return Object.keys(tier(outline).shape);
}
