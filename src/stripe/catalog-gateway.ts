import type Stripe from "stripe";
import { asking } from "./stripe-errors.js";

/** A Stripe product that stands for a tier. */
export interface TierProduct {
  readonly id: string;
  readonly tierSlug: string;
  readonly name: string;
  readonly description: string | null;
  readonly isActive: boolean;
}

/** A recurring price that this service made. */
export interface TierProductPrice extends NewTierPrice {
  readonly id: string;
  readonly isActive: boolean;
}

/** A price to make. It becomes the one that the lookup key stands for. */
export interface NewTierPrice {
  /** Our ID of the price; another one for each amount. */
  readonly priceKey: string;
  /** Names what is sold now at this place of the price list; null once another price took it over. */
  readonly lookupKey: string | null;
  readonly interval: "day" | "week" | "month" | "year";
  readonly currency: string;
  readonly unitAmount: number;
  readonly isTaxInclusive: boolean;
}

/** What the catalog's push asks of Stripe. Throws as `StripeGateway` does. */
export interface CatalogGateway {
  /** The products that stand for tiers, archived ones too. */
  listTierProducts(): Promise<TierProduct[]>;
  /** The prices of such a product that this service made, archived ones too. */
  listTierPrices(productId: string): Promise<TierProductPrice[]>;
  createTierProduct(product: TierProduct, idempotencyKey: string): Promise<void>;
  updateTierProduct(product: TierProduct): Promise<void>;
  createTierPrice(productId: string, price: NewTierPrice, idempotencyKey: string): Promise<void>;
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
    listTierProducts: () => asking(async () => (await all(stripe.products.list({ limit: 100 }))).flatMap(tierProduct)),
    listTierPrices: (product) =>
      asking(async () => (await all(stripe.prices.list({ product, limit: 100 }))).flatMap(tierPrice)),
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
    createTierPrice: (product, price, idempotencyKey) =>
      asking(async () => {
        const params: Stripe.PriceCreateParams = {
          product,
          currency: price.currency,
          unit_amount: price.unitAmount,
          recurring: { interval: price.interval },
          tax_behavior: price.isTaxInclusive ? "inclusive" : "exclusive",
          metadata: { [priceKey]: price.priceKey },
          ...(price.lookupKey && { lookup_key: price.lookupKey, transfer_lookup_key: true }),
        };
        await stripe.prices.create(params, { idempotencyKey });
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

/** Every page of a list. */
async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of list) items.push(item);
  return items;
}

function tierProduct(product: Stripe.Product): TierProduct[] {
  const tierSlug = product.metadata[tierKey];
  if (!tierSlug) return [];
  return [{ id: product.id, tierSlug, name: product.name, description: product.description, isActive: product.active }];
}

const intervals = ["day", "week", "month", "year"] as const;

function tierPrice(price: Stripe.Price): TierProductPrice[] {
  const key = price.metadata[priceKey];
  const { recurring, unit_amount: unitAmount } = price;
  const interval = intervals.find((known) => known === recurring?.interval);
  if (!key || !interval || unitAmount === null) return [];
  return [
    {
      id: price.id,
      priceKey: key,
      lookupKey: price.lookup_key,
      interval,
      currency: price.currency,
      unitAmount,
      isTaxInclusive: price.tax_behavior === "inclusive",
      isActive: price.active,
    },
  ];
}
