import type Stripe from "stripe";
import { makePortalSettings, type PortalSettings } from "./portal-settings.js";
import { asking, everyPage, unlessMissing } from "./stripe-errors.js";
import { makeWebhookEndpoints, type WebhookEndpoints } from "./webhook-endpoints.js";

/** A Stripe product that stands for a tier. */
export interface TierProduct {
  readonly id: string;
  readonly tierSlug: string;
  readonly name: string;
  readonly description: string | null;
  readonly isActive: boolean;
}

/** What a price charges, and how often. */
export interface PriceTerms {
  readonly interval: "day" | "week" | "month" | "year";
  /** The price's own currency. */
  readonly currency: string;
  readonly amounts: Amounts;
  readonly isTaxInclusive: boolean;
}

/** As Stripe has it. */
export interface StoredTierProduct extends TierProduct {
  /** The price that the dashboard and pricing tables take first; nothing of ours reads it. */
  readonly defaultPriceId: string | null;
}

/** A recurring price that this service made. */
export interface TierProductPrice extends NewTierPrice {
  readonly id: string;
  readonly isActive: boolean;
}

/** A price to make. It becomes the one that the lookup key stands for. */
export interface NewTierPrice extends PriceTerms {
  /** Our ID of the price in its own currency; another one for each amount. */
  readonly priceKey: string;
  /** Names what is sold now at this place of the price list; null once another price took it over. */
  readonly lookupKey: string | null;
}

/** Minor units by currency, the price's own among them: https://docs.stripe.com/api/prices/object#price_object-currency_options */
export type Amounts = Readonly<Record<string, number>>;

/** What the catalog's push asks of Stripe. Throws as `StripeGateway` does. */
export interface CatalogGateway extends PortalSettings, WebhookEndpoints {
  /** The products that stand for tiers, archived ones too. */
  listTierProducts(): Promise<StoredTierProduct[]>;
  /** One of them; undefined where Stripe has no such product, or it stands for no tier. */
  findTierProduct(id: string): Promise<StoredTierProduct | undefined>;
  /** The prices of such a product that this service made, archived ones too. */
  listTierPrices(productId: string): Promise<TierProductPrice[]>;
  /** The terms of any price; null where they are none that a tier can have: tiered, once only, or for several intervals. */
  getPriceTerms(id: string): Promise<PriceTerms | null>;
  createTierProduct(product: TierProduct, idempotencyKey: string): Promise<void>;
  updateTierProduct(product: TierProduct): Promise<void>;
  /** Leaves the product without a default price: Stripe refuses to archive one that is. */
  dropDefaultPrice(productId: string): Promise<void>;
  createTierPrice(productId: string, price: NewTierPrice, idempotencyKey: string): Promise<void>;
  /** Offers a price in further currencies; those it has keep their amounts. */
  addCurrencies(id: string, amounts: Amounts, isTaxInclusive: boolean): Promise<void>;
  /** Offers a price again, and makes it the one that the lookup key stands for. */
  restorePrice(id: string, lookupKey: string): Promise<void>;
  /** Stops offering a price. Its subscriptions go on. */
  archivePrice(id: string): Promise<void>;
}

/** The metadata that makes a product or a price ours; what others made in the same account is left alone. */
const tierKey = "billing_tier";
const priceKey = "billing_price";

/** The catalog's gateway over the SDK. */
export function makeCatalogGateway(stripe: Stripe): CatalogGateway {
  return {
    ...makePortalSettings(stripe),
    ...makeWebhookEndpoints(stripe),
    listTierProducts: () =>
      asking(async () => (await everyPage(stripe.products.list({ limit: 100 }))).flatMap(tierProduct)),
    findTierProduct: async (id) => {
      const product = await unlessMissing(asking(() => stripe.products.retrieve(id)));
      return product && tierProduct(product)[0];
    },
    listTierPrices: (product) =>
      asking(async () => {
        const params = { product, limit: 100, expand: ["data.currency_options"] };
        return (await everyPage(stripe.prices.list(params))).flatMap(tierPrice);
      }),
    getPriceTerms: (id) =>
      asking(async () => priceTerms(await stripe.prices.retrieve(id, { expand: ["currency_options"] }))),
    createTierProduct: ({ id, tierSlug, name, description, isActive }, idempotencyKey) =>
      asking(async () => {
        const metadata = { [tierKey]: tierSlug };
        const params = { id, name, active: isActive, metadata, ...(description && { description }) };
        await stripe.products.create(params, { idempotencyKey });
      }),
    updateTierProduct: ({ id, name, description, isActive }) =>
      asking(async () => {
        // An empty text is how Stripe is told to drop one.
        await stripe.products.update(id, { name, active: isActive, description: description ?? "" });
      }),
    dropDefaultPrice: (id) =>
      asking(async () => {
        await stripe.products.update(id, { default_price: "" });
      }),
    createTierPrice: (product, price, idempotencyKey) =>
      asking(async () => {
        await stripe.prices.create(priceParams(product, price), { idempotencyKey });
      }),
    addCurrencies: (id, amounts, isTaxInclusive) =>
      asking(async () => {
        await stripe.prices.update(id, { currency_options: currencyOptions(amounts, isTaxInclusive) });
      }),
    restorePrice: (id, lookupKey) =>
      asking(async () => {
        await stripe.prices.update(id, { active: true, lookup_key: lookupKey, transfer_lookup_key: true });
      }),
    archivePrice: (id) =>
      asking(async () => {
        await stripe.prices.update(id, { active: false });
      }),
  };
}

function priceParams(product: string, price: NewTierPrice): Stripe.PriceCreateParams {
  const { [price.currency]: amount, ...others } = price.amounts;
  if (amount === undefined) throw new Error(`${price.priceKey} has no amount in its own currency.`);
  return {
    product,
    currency: price.currency,
    unit_amount: amount,
    // Stripe refuses the price's own currency in here.
    ...(Object.keys(others).length > 0 && { currency_options: currencyOptions(others, price.isTaxInclusive) }),
    recurring: { interval: price.interval },
    tax_behavior: taxBehavior(price.isTaxInclusive),
    metadata: { [priceKey]: price.priceKey },
    ...(price.lookupKey && { lookup_key: price.lookupKey, transfer_lookup_key: true }),
  };
}

function currencyOptions(amounts: Amounts, isTaxInclusive: boolean) {
  const tax_behavior = taxBehavior(isTaxInclusive);
  const options = Object.entries(amounts).map(
    ([currency, unit_amount]) => [currency, { unit_amount, tax_behavior }] as const,
  );
  return Object.fromEntries(options);
}

function taxBehavior(isInclusive: boolean) {
  return isInclusive ? "inclusive" : "exclusive";
}

function tierProduct(product: Stripe.Product): StoredTierProduct[] {
  const tierSlug = product.metadata[tierKey];
  if (!tierSlug) return [];
  const { id, name, description, active: isActive, default_price: price } = product;
  const defaultPriceId = typeof price === "string" ? price : (price?.id ?? null);
  return [{ id, tierSlug, name, description, isActive, defaultPriceId }];
}

const intervals = ["day", "week", "month", "year"] as const;

function tierPrice(price: Stripe.Price): TierProductPrice[] {
  const key = price.metadata[priceKey];
  const terms = priceTerms(price);
  if (!key || !terms) return [];
  return [{ id: price.id, priceKey: key, lookupKey: price.lookup_key, isActive: price.active, ...terms }];
}

function priceTerms(price: Stripe.Price): PriceTerms | null {
  const { recurring, unit_amount: unitAmount, currency } = price;
  const interval = intervals.find((known) => known === recurring?.interval);
  if (!interval || recurring?.interval_count !== 1 || unitAmount === null) return null;
  const options = Object.entries(price.currency_options ?? {}).flatMap(([code, option]) =>
    option.unit_amount === null ? [] : [[code, option.unit_amount] as const],
  );
  const amounts = { ...Object.fromEntries(options), [currency]: unitAmount };
  return { interval, currency, amounts, isTaxInclusive: price.tax_behavior === "inclusive" };
}
