import { z } from "zod";
import type { Grant, SeatRange } from "./catalog.js";
import type { FilePath } from "./catalog-fault.js";
import { isCurrency, priceOf } from "./catalog-schema-prices.js";

// Every `error` here says what would be right: it becomes the hint behind the fault.

const anyMap = "It must be a block of `key: value` lines.";
/** What features and tiers may be called: such names become part of IDs. */
export const keyPattern = /^[a-z][a-z0-9_]{0,39}$/;
// The pattern is for editors: the rule about names tells of a wrong one, and better.
const key = z.string().meta({ pattern: keyPattern.source });

const text = z.string("It must be a text; put it in quotes.").trim().min(1, "Leave it out or write something.");
const yesOrNo = z.boolean("It must be `true` or `false`.").default(false);

const aCurrency = "It must be an ISO 4217 code, such as usd.";
const currency = z.string(aCurrency).toLowerCase().refine(isCurrency, aCurrency);

const kind = z.enum(["switch", "limit", "metered"], "It must be `switch`, `limit` or `metered`.");

const feature = z.strictObject(
  {
    name: text.describe("Display name."),
    description: text.optional().describe("Longer explanation."),
    kind: kind.describe("switch: has it or not; limit: how many at one time; metered: how much within a period."),
    unit: text.optional().describe("What is counted, in the singular; switches have none."),
    self_reported: z
      .boolean("It must be `true` or `false`.")
      .default(false)
      .describe("Whether customers may report their own use of it; otherwise only your back end may."),
  },
  anyMap,
);

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

const prices = (currency: string | null) => {
  const price = priceOf(currency).optional();
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

const seatCount = (hint: string) => z.int(hint).min(1, hint).max(mostSeats, hint);
/** As many as Stripe takes of one price in one subscription. */
const mostSeats = 999_999;
const aCount = `It must be a whole number from 1 to ${mostSeats}`;
const seats = z
  .strictObject(
    {
      min: seatCount(`${aCount}.`).default(1).describe("The fewest that can be bought."),
      max: z
        .union([z.literal("unlimited"), seatCount("")], `${aCount}, or \`unlimited\`.`)
        .describe("The most that can be bought: a number or `unlimited`."),
    },
    anyMap,
  )
  .transform(({ min, max }): SeatRange => ({ min, max: max === "unlimited" ? null : max }));

const tax = z.strictObject(
  {
    behavior: z
      .enum(["exclusive", "inclusive"], "It must be `exclusive` or `inclusive`.")
      .default("exclusive")
      .describe("exclusive: tax comes on top of the amounts; inclusive: it is in them."),
    automatic: yesOrNo.describe("Whether Stripe Tax works it out; it has to be set up in Stripe first."),
  },
  anyMap,
);

const aPriceId = "It must be Stripe's ID of a price, such as price_1PgafmB7WZ01zgkW.";
// Plans of long ago have IDs that their makers chose: https://docs.stripe.com/api/plans/create#create_plan-id
const stripePriceId = z.string(aPriceId).regex(/^\S{1,255}$/, aPriceId);

const aTrial = "It must be a whole number of days from 0 to 730.";
const aGrace = "It must be a whole number of days from 0 to 90.";

const tier = (outline: CatalogOutline) =>
  z.strictObject(
    {
      name: text.describe("Display name."),
      description: text.optional().describe("One-line pitch."),
      highlights: z
        .array(text, "It must be a list of texts, each behind a dash.")
        .default([])
        .describe("Bullet points for the pricing card."),
      default: yesOrNo.describe("The one tier that everybody has who pays for nothing."),
      staff: yesOrNo.describe("The one hidden tier that admins get."),
      hidden: yesOrNo.describe("Keeps it off the price list."),
      recommended: yesOrNo.describe("Whether the price list draws the eye to it."),
      trial_days: z
        .int(aTrial)
        .min(0, aTrial)
        .max(730, aTrial)
        .default(0)
        .describe("Length of the trial for a first subscription."),
      trial_without_card: yesOrNo.describe(
        "Whether that trial asks for no card; it ends uncharged unless one is left.",
      ),
      grace_days: z
        .int(aGrace)
        .min(0, aGrace)
        .max(90, aGrace)
        .optional()
        .describe("How long it is kept after a payment failed; GRACE_PERIOD_DAYS when left out."),
      contact_url: z
        .url({ protocol: /^https?$/, error: "It must be an http or https URL." })
        .optional()
        .meta({ pattern: "^https?://", description: "Where to ask about a tier that is not sold online." }),
      seats: seats.default({ min: 1, max: 1 }).describe("How many may be bought at once; one when left out."),
      prices: prices(outline.currency).prefault({}).describe("What it costs, for each interval that it is sold by."),
      earlier_prices: z
        .array(stripePriceId, "It must be a list of Stripe's IDs of prices.")
        .default([])
        .describe("Prices in Stripe that were made elsewhere, by ID: who subscribed at them has this tier."),
      features: grants(outline).default({}).describe("What it includes; a feature left out is not in it."),
    },
    anyMap,
  );

/** The shape of the whole file, given which features and what currency it speaks of. */
export const catalogSchema = (outline: CatalogOutline) =>
  z.strictObject(
    {
      currency: currency.describe("The default currency, ISO 4217: every price has an amount in it."),
      tax: tax.prefault({}).describe("How prices treat tax."),
      features: z.record(key, feature, anyMap).describe("What tiers can include, in display order."),
      tiers: z.record(key, tier(outline), anyMap).describe("The price list, from top to bottom."),
    },
    anyMap,
  );

/** What a file without shape faults holds. */
export type CatalogSource = z.output<ReturnType<typeof catalogSchema>>;

const lenientFlag = z.boolean().catch(false);
const outlineSchema = z.object({
  currency: currency.nullable().catch(null),
  features: z
    .record(
      z.string(),
      z
        .object({
          kind: kind.optional().catch(undefined),
          unit: z.unknown().optional(),
          self_reported: lenientFlag.optional(),
        })
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
          earlier_prices: z.array(z.unknown()).catch([]).optional(),
          // One that cannot be read is a trial still.
          trial_days: z.number().catch(1).optional(),
          trial_without_card: lenientFlag.optional(),
          seats: z
            .object({ min: z.number().catch(1), max: z.number().catch(Infinity) })
            .optional()
            .catch(undefined),
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
  const nothing = { currency: null, features: {}, tiers: {} };
  return outlineSchema.catch(nothing).parse(raw);
}

/** The keys that a map at this place may have; undefined where any name will do. */
export function keysAllowedAt(path: FilePath, outline: CatalogOutline): string[] | undefined {
  const [section, , part] = path;
  if (path.length === 0) return Object.keys(catalogSchema(outline).shape);
  if (section === "tax" && path.length === 1) return Object.keys(tax.shape);
  if (section === "features" && path.length === 2) return Object.keys(feature.shape);
  if (section !== "tiers" || path.length < 2) return undefined;
  if (part === "features") return Object.keys(outline.features);
  if (part === "seats") return Object.keys(seats.in.shape);
  if (part === "prices") return Object.keys(prices(outline.currency).shape);
  return Object.keys(tier(outline).shape);
}
