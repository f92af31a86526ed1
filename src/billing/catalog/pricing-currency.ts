import countryToCurrency from "country-to-currency";
import type { Catalog } from "./catalog.js";

/** What a visitor said about the currency: one they want, or where they are. */
export interface CurrencyWish {
  readonly currency: string | null;
  readonly country: string | null;
}

const currencies: ReadonlyMap<string, string> = new Map(Object.entries(countryToCurrency));

/**
 * The currency to show prices in, lower case: the one asked for, else the country's if something is
 * sold in it, else the catalog's own. One that was asked for is never replaced: no price beats a wrong one.
 */
export function pickCurrency(catalog: Catalog, wish: CurrencyWish): string {
  if (wish.currency) return wish.currency.toLowerCase();
  const local = currencies.get(wish.country ?? "")?.toLowerCase();
  return local && isSoldIn(catalog, local) ? local : catalog.currency;
}

function isSoldIn(catalog: Catalog, currency: string): boolean {
  return catalog.prices.some((price) => price.isActive && price.currency === currency);
}
