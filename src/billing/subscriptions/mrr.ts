import type { SubscriptionStatus } from "../../stripe/snapshots.js";
import {
  activePrices,
  type Catalog,
  type CatalogPrice,
  type DefinedPrice,
  findPrice,
  findPriceByStripeId,
  monthlyEquivalent,
} from "../catalog/catalog.js";
import { hasStopped } from "./subscription.js";
import type { DiscountRow, SubscriptionRow } from "./subscription.table.js";

/** What recurring revenue depends on, beside the price and the moment. */
type Charged = Pick<SubscriptionRow, "status" | "quantity" | "discount">;

/** As Stripe counts: from the first payment on, also while one is late: https://docs.stripe.com/billing/subscriptions/analytics */
const earning: readonly SubscriptionStatus[] = ["ACTIVE", "PAST_DUE"];

/**
 * Monthly recurring revenue in minor units of the price's currency: what all seats are charged, less the
 * discount that recurs, spread over months and rounded once. Without tax, and without a price nothing.
 */
export function mrrOf(
  { status, quantity, discount }: Charged,
  price: Pick<DefinedPrice, "interval" | "unitAmount"> | undefined,
  now: Date,
): number {
  if (!price || !earning.includes(status)) return 0;
  const charge = price.unitAmount * quantity;
  const reduced = Math.max(0, charge - reductionOf(charge, discount, now));
  return monthlyEquivalent({ interval: price.interval, unitAmount: reduced });
}

function reductionOf(charge: number, discount: DiscountRow | null, now: Date): number {
  if (!discount || discount.isOnce || hasStopped(discount, now)) return 0;
  return discount.amountOff ?? (charge * (discount.percentOff ?? 0)) / 100;
}

/**
 * The same in minor units of the catalog's default currency, so that subscriptions in different currencies can be
 * compared. It is converted by the price list, which has every price in that currency, and never by a rate: 10 %
 * off the yen price counts as 10 % off the dollar price.
 */
export function comparableMrr(catalog: Catalog, row: SubscriptionRow | NewRow, now: Date): number {
  const price = row.priceId ? findPrice(catalog, row.priceId) : undefined;
  const mrr = mrrOf(row, price, now);
  if (!price || mrr === 0 || price.currency === catalog.currency) return mrr;
  const counterpart = inDefaultCurrency(catalog, price, row.stripePriceId);
  return counterpart ? Math.round(mrr * (counterpart.unitAmount / price.unitAmount)) : 0;
}

type NewRow = Charged & Pick<SubscriptionRow, "priceId" | "stripePriceId">;

/** What the same price of Stripe charges in the default currency; should it not know that one, what the price list asks now. */
function inDefaultCurrency(
  catalog: Catalog,
  { tierSlug, interval }: CatalogPrice,
  stripePriceId: string | null,
): CatalogPrice | undefined {
  return (
    findPriceByStripeId(catalog, stripePriceId ?? "", catalog.currency) ??
    activePrices(catalog, tierSlug).find((one) => one.interval === interval && one.currency === catalog.currency)
  );
}

/** What is stored of a subscription's comparable revenue, to be written whenever the subscription is. */
export function mrrColumns(catalog: Catalog, row: NewRow, now: Date) {
  const { discount } = row;
  const changesAt = discount?.endsAt && !hasStopped(discount, now) ? new Date(discount.endsAt) : null;
  return { mrr: comparableMrr(catalog, row, now), mrrCurrency: catalog.currency, mrrDueAt: changesAt };
}
