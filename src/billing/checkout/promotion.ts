import type { PromotionCodeSnapshot } from "../../stripe/promotion-code-snapshot.js";

/** What a promotion code is to be used for. */
export interface Purchase {
  /** Null for a payer whom Stripe does not know yet. */
  readonly stripeCustomerId: string | null;
  /** Whether the payer never had a subscription. */
  readonly isFirst: boolean;
  /** Lower case. */
  readonly currency: string;
  /** Before discounts and tax, in minor units. */
  readonly amount: number;
}

/** A code that may be used, or a sentence for the customer that says why not. */
export type PromotionVerdict = { readonly id: string } | { readonly problem: string };

const unknown = "This promotion code is not valid.";

/**
 * Which of the codes of one spelling is good for a purchase: the customer's own before one for everybody.
 *
 * Judged before anything is made or closed. What a code says of products is left to Stripe, which judges
 * all of it again. Somebody else's code reads as unknown.
 */
export function judgePromotion(codes: readonly PromotionCodeSnapshot[], purchase: Purchase): PromotionVerdict {
  const candidates = codes
    .filter(({ customerId }) => customerId === null || customerId === purchase.stripeCustomerId)
    .toSorted((a, b) => Number(a.customerId === null) - Number(b.customerId === null));
  const verdicts = candidates.map((code) => ({
    id: code.id,
    isActive: code.isActive,
    problem: problemOf(code, purchase),
  }));
  const good = verdicts.find(({ problem }) => problem === null);
  if (good) return { id: good.id };
  // Of several reasons the one of a code that is still given out helps most.
  return { problem: (verdicts.find(({ isActive }) => isActive) ?? verdicts[0])?.problem ?? unknown };
}

function problemOf(code: PromotionCodeSnapshot, { isFirst, currency, amount }: Purchase): string | null {
  if (!code.isActive) return "This promotion code has expired or is used up.";
  if (code.isForFirstPurchase && !isFirst) return "This promotion code is for a first purchase only.";
  if (code.currencies && !code.currencies.includes(currency)) {
    return `This promotion code cannot be used for prices in ${currency.toUpperCase()}.`;
  }
  const isTooSmall = code.minimum?.currency === currency && amount < code.minimum.amount;
  return isTooSmall ? "This purchase is too small for this promotion code." : null;
}
