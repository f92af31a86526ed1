import type Stripe from "stripe";
import { invalidParameter, invalidRequest, missingParameter, noSuch } from "../api/errors.js";
import { matches, pageOf, paging, range } from "../api/lists.js";
import { mergeMetadata } from "../api/metadata.js";
import { operation, retrieval } from "../api/operation.js";
import {
  bool,
  type Covers,
  clearable,
  decimal,
  hash,
  integer,
  listOf,
  mapOf,
  metadata,
  notHere,
  oneOf,
  only,
  type Read,
  required,
  text,
} from "../api/params.js";
import { buildPrice, currencyOption } from "../billing/build-price.js";
import { idOf } from "../billing/price-amounts.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { getMeter } from "./meters.js";
import { createProduct, getProduct } from "./products.js";

const taxBehavior = oneOf("exclusive", "inclusive", "unspecified");
const currencyOptionParam = required(
  hash({
    custom_unit_amount: notHere,
    tax_behavior: taxBehavior,
    tiers: notHere,
    unit_amount: integer({ min: 0 }),
    unit_amount_decimal: decimal,
  }),
);

const createParams = {
  currency: required(text),
  active: bool,
  billing_scheme: only("per_unit"),
  currency_options: mapOf(currencyOptionParam),
  custom_unit_amount: notHere,
  lookup_key: text,
  metadata,
  nickname: text,
  product: text,
  product_data: hash({
    active: bool,
    id: text,
    metadata,
    name: required(text),
    statement_descriptor: text,
    tax_code: notHere,
    tax_details: notHere,
    unit_label: text,
  }),
  recurring: hash({
    interval: required(oneOf("day", "week", "month", "year")),
    interval_count: integer({ min: 1 }),
    meter: text,
    trial_period_days: notHere,
    usage_type: oneOf("licensed", "metered"),
  }),
  tax_behavior: taxBehavior,
  tiers: notHere,
  tiers_mode: notHere,
  transfer_lookup_key: bool,
  transform_quantity: notHere,
  unit_amount: integer({ min: 0 }),
  unit_amount_decimal: decimal,
} satisfies Covers<Stripe.PriceCreateParams>;

const updateParams = {
  active: bool,
  currency_options: clearable(mapOf(currencyOptionParam)),
  lookup_key: clearable(text),
  metadata,
  nickname: clearable(text),
  tax_behavior: taxBehavior,
  transfer_lookup_key: bool,
} satisfies Covers<Stripe.PriceUpdateParams>;

const listParams = {
  ...paging,
  active: bool,
  created: range,
  currency: text,
  lookup_keys: listOf(text),
  product: text,
  recurring: hash({
    interval: oneOf("day", "week", "month", "year"),
    meter: text,
    usage_type: oneOf("licensed", "metered"),
  }),
  type: oneOf("one_time", "recurring"),
} satisfies Covers<Stripe.PriceListParams>;

export const priceOperations = [
  operation({ method: "POST", path: "/v1/prices", answers: "price", params: createParams, run: createPrice }),
  retrieval("/v1/prices/:id", "price", getPrice),
  operation({ method: "POST", path: "/v1/prices/:id", answers: "price", params: updateParams, run: updatePrice }),
  operation({
    method: "GET",
    path: "/v1/prices",
    answers: { list: "price" },
    params: listParams,
    run: (world, params) => {
      const { lookup_keys } = params;
      const found = world.tables.price
        .newestFirst()
        .filter((price) => matches(params.active, price.active) && params.created(price.created))
        .filter((price) => matches(params.currency, price.currency) && matches(params.type, price.type))
        .filter((price) => matches(params.product, idOf(price.product)))
        .filter((price) => matches(params.recurring?.interval, price.recurring?.interval))
        .filter((price) => matches(params.recurring?.meter, price.recurring?.meter))
        .filter((price) => matches(params.recurring?.usage_type, price.recurring?.usage_type))
        .filter(
          (price) => lookup_keys === undefined || (price.lookup_key !== null && lookup_keys.includes(price.lookup_key)),
        );
      return pageOf(found, params, "/v1/prices");
    },
  }),
];

export function getPrice(world: World, id: string, param = "id"): Stripe.Price {
  const price = world.tables.price.find(id);
  if (!price) throw noSuch("price", id, param);
  return price;
}

/** The price a subscription or a session is to have: one that is no longer for sale is refused. */
export function getPriceForSale(world: World, id: string, param: string): Stripe.Price {
  const price = getPrice(world, id, param);
  if (price.active) return price;
  throw invalidRequest("The price specified is inactive. This field only accepts active prices.", { param });
}

function createPrice(world: World, params: Read<typeof createParams>): Stripe.Price {
  const amount = readAmount(params);
  if (amount === null) throw missingParameter("unit_amount");
  const currency = params.currency.toLowerCase();
  if (!/^[a-z]{3}$/.test(currency)) {
    throw invalidParameter("parameter_invalid", `Invalid currency: ${params.currency}`, "currency");
  }
  refuseOwnCurrency(currency, params.currency_options);
  if (params.lookup_key !== undefined) claimLookupKey(world, params.lookup_key, params.transfer_lookup_key ?? false);
  const built = buildPrice(world, {
    amount,
    currency,
    product: productOf(world, params),
    recurring: params.recurring
      ? {
          interval: params.recurring.interval,
          interval_count: params.recurring.interval_count ?? 1,
          meter: meterOf(world, params.recurring),
          trial_period_days: null,
          usage_type: params.recurring.usage_type ?? "licensed",
        }
      : null,
    taxBehavior: params.tax_behavior,
  });
  const price = world.tables.price.put({
    ...built,
    active: params.active ?? true,
    currency_options: { ...built.currency_options, ...readOptions(params.currency_options) },
    lookup_key: params.lookup_key ?? null,
    metadata: mergeMetadata({}, params.metadata),
    nickname: params.nickname ?? null,
  });
  recordEvent(world, "price.created", price);
  return price;
}

function updatePrice(world: World, params: Read<typeof updateParams>, id: string): Stripe.Price {
  const before = getPrice(world, id);
  refuseOwnCurrency(before.currency, params.currency_options ?? {});
  refuseOtherTax(before.tax_behavior, params.tax_behavior);
  if (params.active === false && world.tables.product.find(idOf(before.product))?.default_price === id) {
    throw invalidRequest("This price cannot be archived because it is the default price of its product.");
  }
  const isClaimed = typeof params.lookup_key === "string" && params.lookup_key !== before.lookup_key;
  if (isClaimed && params.lookup_key) claimLookupKey(world, params.lookup_key, params.transfer_lookup_key ?? false);
  const after = world.tables.price.put({
    ...before,
    active: params.active ?? before.active,
    currency_options: { ...before.currency_options, ...readOptions(params.currency_options ?? undefined) },
    lookup_key: params.lookup_key === undefined ? before.lookup_key : params.lookup_key,
    metadata: mergeMetadata(before.metadata, params.metadata),
    nickname: params.nickname === undefined ? before.nickname : params.nickname,
    tax_behavior: params.tax_behavior ?? before.tax_behavior,
  });
  recordEvent(world, "price.updated", after, before);
  return after;
}

/** A price's own currency has its amount outside the options, for good. */
function refuseOwnCurrency(currency: string, options: Record<string, unknown> = {}): void {
  if (!Object.keys(options).some((option) => option.toLowerCase() === currency)) return;
  const param = `currency_options[${currency}]`;
  throw invalidRequest("The currency option is that of the price itself: leave it out.", { param });
}

/** Once it is said whether tax is included, that stays. */
function refuseOtherTax(before: Stripe.Price["tax_behavior"], wanted: Stripe.Price.TaxBehavior | undefined): void {
  if (wanted === undefined || wanted === before || before === "unspecified" || before === null) return;
  throw invalidRequest(`The price's tax behavior is ${before} and cannot change.`, { param: "tax_behavior" });
}

/** A lookup key belongs to one active price; it moves only when that is asked for. */
function claimLookupKey(world: World, key: string, mayTransfer: boolean): void {
  const holder = world.tables.price.newestFirst().find((price) => price.lookup_key === key);
  if (!holder) return;
  if (!mayTransfer) {
    throw invalidRequest(`A price (\`${holder.id}\`) already uses that lookup key.`, { param: "lookup_key" });
  }
  const without = world.tables.price.put({ ...holder, lookup_key: null });
  recordEvent(world, "price.updated", without, holder);
}

function productOf(world: World, params: Read<typeof createParams>): string {
  if (params.product !== undefined) return getProduct(world, params.product, "product").id;
  if (params.product_data === undefined) throw missingParameter("product");
  return createProduct(world, params.product_data).id;
}

/** What is metered names its meter, and the other way round. https://docs.stripe.com/changelog/basil/2025-03-31/deprecate-legacy-usage-based-billing */
function meterOf(world: World, recurring: NonNullable<Read<typeof createParams>["recurring"]>): string | null {
  const { meter: id, usage_type } = recurring;
  if (id === undefined) {
    if (usage_type !== "metered") return null;
    throw missingParameter("recurring[meter]");
  }
  if (usage_type !== "metered") {
    throw invalidRequest("A price with a meter has `recurring[usage_type]=metered`.", { param: "recurring[meter]" });
  }
  const meter = getMeter(world, id, "recurring[meter]");
  if (meter.status === "active") return meter.id;
  throw invalidRequest("The meter is inactive, so no price can be made with it.", { param: "recurring[meter]" });
}

function readAmount(given: {
  unit_amount: number | undefined;
  unit_amount_decimal: number | undefined;
}): number | null {
  return given.unit_amount ?? given.unit_amount_decimal ?? null;
}

function readOptions(
  given: Record<string, ReturnType<typeof currencyOptionParam>> = {},
): Record<string, Stripe.Price.CurrencyOptions> {
  const options = Object.entries(given).map(([currency, option]): [string, Stripe.Price.CurrencyOptions] => [
    currency.toLowerCase(),
    currencyOption(readAmount(option) ?? 0, option.tax_behavior ?? "unspecified"),
  ]);
  return Object.fromEntries(options);
}
