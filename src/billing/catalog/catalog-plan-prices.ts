import type { CatalogGateway, TierProductPrice } from "../../stripe/catalog-gateway.js";
import { type CatalogChange, creationKey } from "./catalog-change.js";
import { inWords, missingCurrencies, type Offer, stripePriceFor } from "./catalog-offer.js";

/** A product, as far as its prices care. */
interface PriceHolder {
  readonly id: string;
  readonly defaultPriceId: string | null;
}

/** What makes a product sell exactly these offers. New prices come first: at no moment is a tier without one. */
export function planPrices(
  stripe: CatalogGateway,
  product: PriceHolder,
  wanted: readonly Offer[],
  now: readonly TierProductPrice[],
): CatalogChange[] {
  const matched = wanted.map((offer) => ({ offer, known: stripePriceFor(offer, now) }));
  const kept = new Set(matched.flatMap(({ known }) => (known ? [known.id] : [])));
  return [
    ...matched.flatMap(({ offer, known }) =>
      known ? planKnown(stripe, offer, known) : [planNew(stripe, product, offer, now.length)],
    ),
    ...now
      .filter((price) => price.isActive && !kept.has(price.id))
      .flatMap((price) => planArchive(stripe, product, price)),
  ];
}

function planNew(stripe: CatalogGateway, product: PriceHolder, offer: Offer, known: number): CatalogChange {
  const { id: priceKey, interval, currency, amounts, isTaxInclusive } = offer;
  const made = { priceKey, lookupKey: lookupKeyOf(offer), interval, currency, amounts, isTaxInclusive };
  // A price like it that was changed in Stripe meanwhile must not come back as the answer to the same wish.
  const wish = { product: product.id, known, ...made };
  const apply = () => stripe.createTierPrice(product.id, made, creationKey(wish));
  return { summary: `create price ${priceKey}: ${inWords(amounts)} a ${interval}`, apply };
}

/**
 * A currency is added to the price that is there: nobody pays in it yet, so no amount changes for anyone, and
 * the price stays one. https://docs.stripe.com/api/prices/update#update_price-currency_options
 */
function planKnown(stripe: CatalogGateway, offer: Offer, known: TierProductPrice): CatalogChange[] {
  const lookupKey = lookupKeyOf(offer);
  const isOffered = known.isActive && known.lookupKey === lookupKey;
  const restore = {
    summary: `restore price ${offer.id}: ${inWords(offer.amounts)} a ${offer.interval}`,
    apply: () => stripe.restorePrice(known.id, lookupKey),
  };
  const missing = new Set(missingCurrencies(offer, known));
  const added = Object.fromEntries(Object.entries(offer.amounts).filter(([currency]) => missing.has(currency)));
  const add = {
    summary: `add currencies to price ${offer.id}: ${inWords(added)} a ${offer.interval}`,
    apply: () => stripe.addCurrencies(known.id, added, offer.isTaxInclusive),
  };
  return [...(isOffered ? [] : [restore]), ...(missing.size > 0 ? [add] : [])];
}

function planArchive(stripe: CatalogGateway, product: PriceHolder, price: TierProductPrice): CatalogChange[] {
  const archive = {
    summary: `archive price ${price.priceKey}: those who bought it keep it`,
    apply: () => stripe.archivePrice(price.id),
  };
  if (product.defaultPriceId !== price.id) return [archive];
  const apply = () => stripe.dropDefaultPrice(product.id);
  return [{ summary: `take price ${price.priceKey} from product ${product.id} as its default`, apply }, archive];
}

/** The place on the price list, whatever it costs: `professional_month_usd`. */
function lookupKeyOf(offer: Offer): string {
  return `${offer.tierSlug}_${offer.interval}_${offer.currency}`;
}
