import type { CatalogGateway, PriceTerms } from "../../stripe/catalog-gateway.js";
import { isMissing } from "../../stripe/stripe-errors.js";
import type { CatalogPrice, EarlierPrice } from "./catalog.js";
import { CatalogFileError } from "./catalog-fault.js";
import { idsOf } from "./catalog-offer.js";

/** A price that others made, with its terms as Stripe has them. */
export interface ReadEarlierPrice extends EarlierPrice {
  readonly terms: PriceTerms;
}

/** Reads the prices that tiers were sold at elsewhere. Throws `CatalogFileError` with all that cannot be a tier's. */
export async function readEarlierPrices(
  stripe: CatalogGateway,
  prices: readonly EarlierPrice[],
): Promise<ReadEarlierPrice[]> {
  const problems: string[] = [];
  const read: ReadEarlierPrice[] = [];
  for (const price of prices) {
    const terms = await termsOf(stripe, price.stripePriceId);
    if (terms) read.push({ ...price, terms });
    else
      problems.push(`${price.stripePriceId}, one of \`earlier_prices\` of \`${price.tierSlug}\`, ${problemOf(terms)}`);
  }
  if (problems.length > 0) throw new CatalogFileError(problems.join("\n"), []);
  return read;
}

async function termsOf(stripe: CatalogGateway, id: string): Promise<PriceTerms | null | undefined> {
  try {
    return await stripe.getPriceTerms(id);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function problemOf(terms: null | undefined): string {
  if (terms === undefined) return "does not exist in Stripe, or only in its other mode.";
  return "cannot be a tier's: it must charge one amount for each seat, every day, week, month or year.";
}

/** The rows of such a price, one for each of its currencies. It is not on sale here. */
export function earlierPriceRows({ stripePriceId, tierSlug, terms }: ReadEarlierPrice): CatalogPrice[] {
  return idsOf(tierSlug, terms).map((row) => ({ ...row, stripePriceId, isActive: false }));
}
