import type { Deps } from "../../deps.js";
import { done, type Outcome, type RefusedOutcome, refuse } from "../../errors.js";
import { activePrices, type CatalogPrice, type CatalogTier, findPrice, findTier } from "../catalog/catalog.js";
import { isRunning } from "../subscriptions/subscription.js";
import type { SubscriptionRow } from "../subscriptions/subscription.table.js";
import { mayStartTrial } from "../subscriptions/trial.js";
import type { UserRow } from "../users/user.table.js";
import type { CheckoutTerms } from "./checkout.js";
import { judgePromotion } from "./promotion.js";
import { isAllowedReturnUrl } from "./return-url.js";
import { refusedSeats } from "./seats.js";

/** What a customer asks to buy. `priceId` is the catalog's key of it, undefined for an ID that is not a price's. */
export interface CreateCheckoutSession {
  readonly priceId: string | undefined;
  readonly quantity: number;
  readonly returnUrl: string;
  readonly promotionCode?: string | null;
  readonly idempotencyKey?: string | null;
}

/** What is known of the one who buys. */
export interface Buyer {
  /** Undefined for a payer who never registered or bought. */
  readonly user: UserRow | undefined;
  /** The running subscription, or the last one. */
  readonly subscription: SubscriptionRow | undefined;
  /** Whether they ever had a trial, under whatever account. */
  readonly hadTrial: boolean;
}

/** What is bought, and where the customer comes back to. */
export type Order = CheckoutTerms & { readonly stripePriceId: string; readonly currency: string };

const longestUrl = 2_000;
const at = (field: string) => ({ path: ["input", field] });

/** The order behind an input, or why it cannot be. Nothing is made or closed here. */
export async function orderOf(deps: Deps, buyer: Buyer, input: CreateCheckoutSession): Promise<Outcome<Order>> {
  const { quantity, returnUrl } = input;
  const badUrl = refusedReturnUrl(deps, returnUrl);
  if (badUrl) return badUrl;
  const offer = offerOf(deps, input.priceId);
  if (!offer.value) return offer;
  const { price, tier } = offer.value;
  const refused = refusedSeats(tier.seats, quantity) ?? refusedBuyer(buyer, price);
  if (refused) return refused;
  const promotion = await promotionOf(deps, buyer, price, input);
  if (!promotion.value) return promotion;
  const isTrial = mayStartTrial(tier, buyer.hadTrial);
  return done({
    priceId: price.id,
    stripePriceId: price.stripePriceId,
    currency: price.currency,
    quantity,
    returnUrl,
    promotionCodeId: promotion.value.codeId,
    trialDays: isTrial ? tier.trialDays : 0,
    isWithoutCard: isTrial && tier.isTrialWithoutCard,
    isTaxAutomatic: deps.catalog().tax.automatic,
  });
}

/** Refuses a return URL that a customer must not be sent to. */
export function refusedReturnUrl(deps: Deps, returnUrl: string): RefusedOutcome | undefined {
  if (returnUrl.length > longestUrl) {
    return refuse("INVALID_INPUT", `A return URL has at most ${longestUrl} characters.`, at("returnUrl"));
  }
  if (isAllowedReturnUrl(returnUrl, deps.settings.returnUrlOrigins)) return undefined;
  return refuse("RETURN_URL_NOT_ALLOWED", undefined, at("returnUrl"));
}

/** What is sold at a price, or why nothing is. */
export function offerOf(deps: Deps, priceId: string | undefined): Outcome<{ price: CatalogPrice; tier: CatalogTier }> {
  const catalog = deps.catalog();
  const price = priceId === undefined ? undefined : findPrice(catalog, priceId);
  if (!price) return refuse("NOT_FOUND", "There is no such price.", at("priceId"));
  const tier = findTier(catalog, price.tierSlug);
  if (price.isActive && tier && !tier.isHidden) return done({ price, tier });
  const onSale = tier && !tier.isHidden ? activePrices(catalog, tier.slug) : [];
  const isCurrencyGone = onSale.length > 0 && onSale.every(({ currency }) => currency !== price.currency);
  return isCurrencyGone ? currencyNotAvailable(price) : refuse("TIER_NOT_AVAILABLE", notSold, at("priceId"));
}

const notSold = "This price is not sold any more; ask for the price list again.";

/** The tier is sold, and no longer in the currency of this price. */
export function currencyNotAvailable({ currency }: Pick<Order, "currency">): RefusedOutcome {
  const message = `This tier is not sold in ${currency.toUpperCase()} any more; ask for the price list again.`;
  return refuse("CURRENCY_NOT_AVAILABLE", message, at("priceId"));
}

function refusedBuyer({ user, subscription }: Buyer, { currency }: CatalogPrice): RefusedOutcome | undefined {
  if (subscription && isRunning(subscription)) return refuse("ALREADY_SUBSCRIBED");
  return user?.currency && user.currency !== currency ? currencyMismatch(user.currency) : undefined;
}

/** Stripe bills a customer in one currency only: https://docs.stripe.com/billing/customer#currency */
export function currencyMismatch(billedIn?: string): RefusedOutcome {
  const message = billedIn && `The account is billed in ${billedIn.toUpperCase()}; choose a price in that currency.`;
  return refuse("CURRENCY_MISMATCH", message, at("priceId"));
}

/** Stripe's id of a promotion code that was typed, null where none was, or why it is no good for this. */
export async function promotionOf(
  deps: Deps,
  { user, subscription }: Pick<Buyer, "user" | "subscription">,
  price: CatalogPrice,
  { promotionCode, quantity }: Pick<CreateCheckoutSession, "promotionCode" | "quantity">,
): Promise<Outcome<{ codeId: string | null }>> {
  const typed = promotionCode?.trim();
  if (!typed) return done({ codeId: null });
  const verdict = judgePromotion(isPossible(typed) ? await deps.stripe.findPromotionCodes(typed) : [], {
    stripeCustomerId: user?.stripeCustomerId ?? null,
    isFirst: !subscription,
    currency: price.currency,
    amount: price.unitAmount * quantity,
  });
  if ("id" in verdict) return done({ codeId: verdict.id });
  return refuse("PROMOTION_CODE_INVALID", verdict.problem, at("promotionCode"));
}

/** Whether it is worth asking Stripe: codes are letters and digits there, and older ones may have dashes. */
function isPossible(code: string): boolean {
  return /^[A-Za-z0-9_-]{1,200}$/.test(code);
}
