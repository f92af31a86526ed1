import { decimalOf } from "../../money.js";
import type { Amounts, PriceTerms, TierProductPrice } from "../../stripe/catalog-gateway.js";
import { type CatalogDefinition, type DefinedPrice, type Interval, priceId } from "./catalog.js";

/** One place of the price list, a tier by the month say: one price in Stripe, with an amount in each currency. */
export interface Offer {
  /** Our ID of its price in its own currency. */
  readonly id: string;
  readonly tierSlug: string;
  readonly interval: Interval;
  /** The currency that the price in Stripe is made in; the others are options of it. */
  readonly currency: string;
  readonly amounts: Amounts;
  readonly isTaxInclusive: boolean;
}

/** The definition's prices, put together to what is one price in Stripe. */
export function offersOf({ prices, currency: defaultCurrency }: CatalogDefinition): Offer[] {
  const places = new Map<string, DefinedPrice[]>();
  for (const price of prices) {
    const place = `${price.tierSlug} ${price.interval}`;
    places.set(place, [...(places.get(place) ?? []), price]);
  }
  return [...places.values()].flatMap((inCurrencies) => {
    const own = inCurrencies.find(({ currency }) => currency === defaultCurrency) ?? inCurrencies[0];
    return own ? [offerOf(own, inCurrencies)] : [];
  });
}

function offerOf(own: DefinedPrice, inCurrencies: readonly DefinedPrice[]): Offer {
  const { id, tierSlug, interval, currency, isTaxInclusive } = own;
  const amounts = Object.fromEntries(inCurrencies.map((price) => [price.currency, price.unitAmount]));
  return { id, tierSlug, interval, currency, amounts, isTaxInclusive };
}

/**
 * The price in Stripe that this offer is, though it may lack currencies; undefined when one has to be made.
 * It may have others, or be archived: one on sale comes first, then the one that lacks the least.
 */
export function stripePriceFor(offer: Offer, among: readonly TierProductPrice[]): TierProductPrice | undefined {
  const same = among.filter(
    (price) =>
      price.interval === offer.interval &&
      price.currency === offer.currency &&
      price.isTaxInclusive === offer.isTaxInclusive &&
      Object.entries(offer.amounts).every(([currency, amount]) => (price.amounts[currency] ?? amount) === amount),
  );
  const merit = (price: TierProductPrice) => Number(!price.isActive) * 1_000 + missingCurrencies(offer, price).length;
  return same.toSorted((a, b) => merit(a) - merit(b))[0];
}

/** The currencies of the offer that the price in Stripe has no amount in yet. */
export function missingCurrencies(offer: Offer, price: TierProductPrice): string[] {
  return Object.keys(offer.amounts).filter((currency) => price.amounts[currency] === undefined);
}

/** Our IDs of what a price in Stripe charges, by currency. */
export function idsOf(tierSlug: string, { interval, amounts, isTaxInclusive }: PriceTerms) {
  return Object.entries(amounts).map(([currency, unitAmount]): DefinedPrice => {
    const price = { tierSlug, interval, currency, unitAmount, isTaxInclusive };
    return { id: priceId(price), ...price };
  });
}

/** The amounts for people: `9.99 USD, 1500 JPY`. */
export function inWords(amounts: Amounts): string {
  return Object.entries(amounts)
    .map(([currency, amount]) => `${decimalOf(amount, currency)} ${currency.toUpperCase()}`)
    .join(", ");
}
