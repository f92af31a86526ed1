import countryToCurrency from "country-to-currency";
import { activePrices, type Catalog, visibleTiers } from "../catalog/catalog.js";

/** Why a currency was picked, the strongest reason first. */
export const currencySources = ["ARGUMENT", "EXISTING_SUBSCRIPTION", "COUNTRY", "DEFAULT"] as const;
export type CurrencySource = (typeof currencySources)[number];

/** What is known of whom prices are for; null where nothing is. */
export interface CurrencyClues {
  /** The currency that was asked for, in upper case. */
  readonly asked: string | null;
  /** What the caller pays in already, in lower case. */
  readonly billedIn: string | null;
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null;
}

/** A currency in lower case, and why it was picked. */
export interface PickedCurrency {
  readonly currency: string;
  readonly source: CurrencySource;
}

/**
 * The currency to show prices in: the one asked for, else what the caller pays in already, else the
 * country's if tiers are sold in it, else the catalog's own.
 *
 * Neither of the first two is ever replaced, even when nothing is sold in it. No price beats a wrong one:
 * who asked for euros must not take dollars for them, and Stripe charges nobody in two currencies at once.
 */
export function pickCurrency(catalog: Catalog, { asked, billedIn, country }: CurrencyClues): PickedCurrency {
  if (asked) return { currency: asked.toLowerCase(), source: "ARGUMENT" };
  if (billedIn) return { currency: billedIn, source: "EXISTING_SUBSCRIPTION" };
  const local = country === null ? undefined : currencies.get(country);
  if (local && currenciesOnSale(catalog).includes(local)) return { currency: local, source: "COUNTRY" };
  return { currency: catalog.currency, source: "DEFAULT" };
}

/** In what the tiers of the price list are sold: the catalog's own currency first, then by name. */
export function currenciesOnSale(catalog: Catalog): string[] {
  const onSale = visibleTiers(catalog).flatMap(({ slug }) => activePrices(catalog, slug));
  const isOwn = (currency: string) => currency === catalog.currency;
  return [...new Set(onSale.map(({ currency }) => currency))].toSorted(
    (a, b) => Number(isOwn(b)) - Number(isOwn(a)) || (a < b ? -1 : 1),
  );
}

const currencies: ReadonlyMap<string, string> = new Map(
  Object.entries(countryToCurrency).map(([country, currency]) => [country, currency.toLowerCase()]),
);

/** The country, if it is one. Proxies also say XX for "unknown" and T1 for Tor: https://developers.cloudflare.com/fundamentals/reference/http-headers/#cf-ipcountry */
export function knownCountry(said: string | null): string | null {
  return said !== null && currencies.has(said) ? said : null;
}
