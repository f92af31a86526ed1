import type { Deps } from "../../deps.js";
import { done, type Outcome, type RefusedOutcome, refuse } from "../../errors.js";
import { type CatalogPrice, findPrice, findTier } from "../catalog/catalog.js";
import type { CheckoutTerms } from "./checkout.js";
import { isAllowedReturnUrl } from "./return-url.js";

/** What a customer asks to buy. `priceId` is the catalog's key of it, undefined for an ID that is not a price's. */
export interface CreateCheckoutSession {
  readonly priceId: string | undefined;
  readonly quantity: number;
  readonly returnUrl: string;
  readonly promotionCode?: string | null;
  readonly idempotencyKey?: string | null;
}

/** What is bought, and where the customer comes back to. */
export type Order = CheckoutTerms & { readonly stripePriceId: string };

const longestUrl = 2_000;
const at = (field: string) => ({ path: ["input", field] });

/** The order behind an input, or why it cannot be. */
export async function orderOf(deps: Deps, input: CreateCheckoutSession): Promise<Outcome<Order>> {
  const refused = refusedReturnUrl(deps, input.returnUrl) ?? refusedQuantity(input.quantity);
  if (refused) return refused;
  const price = priceOnSale(deps, input.priceId);
  if (!price.value) return price;
  const promotionCodeId = await promotionCodeOf(deps, input.promotionCode);
  if (promotionCodeId === undefined) return refuse("PROMOTION_CODE_INVALID", undefined, at("promotionCode"));
  const { id: priceId, stripePriceId } = price.value;
  return done({ priceId, stripePriceId, quantity: input.quantity, returnUrl: input.returnUrl, promotionCodeId });
}

/** Refuses a return URL that a customer must not be sent to. */
export function refusedReturnUrl(deps: Deps, returnUrl: string): RefusedOutcome | undefined {
  if (returnUrl.length > longestUrl) {
    return refuse("INVALID_INPUT", `A return URL has at most ${longestUrl} characters.`, at("returnUrl"));
  }
  if (isAllowedReturnUrl(returnUrl, deps.settings.returnUrlOrigins)) return undefined;
  return refuse("RETURN_URL_NOT_ALLOWED", undefined, at("returnUrl"));
}

function refusedQuantity(quantity: number): RefusedOutcome | undefined {
  if (quantity < 1) return refuse("INVALID_INPUT", "The quantity is at least 1.", at("quantity"));
  if (quantity > 1)
    return refuse("SEATS_NOT_AVAILABLE", "This tier is sold by the account, not by the seat.", at("quantity"));
  return undefined;
}

function priceOnSale(deps: Deps, priceId: string | undefined): Outcome<CatalogPrice> {
  const price = priceId === undefined ? undefined : findPrice(deps.catalog(), priceId);
  if (!price) return refuse("NOT_FOUND", "There is no such price.", at("priceId"));
  const tier = findTier(deps.catalog(), price.tierSlug);
  if (!price.isActive || !tier || tier.isHidden) {
    return refuse(
      "TIER_NOT_AVAILABLE",
      "This price is not sold any more; ask for the price list again.",
      at("priceId"),
    );
  }
  return done(price);
}

/** Stripe's id of the code; null without one, undefined when it is not valid. */
async function promotionCodeOf(deps: Deps, code: string | null | undefined): Promise<string | null | undefined> {
  if (!code) return null;
  return /^[A-Za-z0-9_-]{1,200}$/.test(code) ? deps.stripe.findPromotionCode(code) : undefined;
}
