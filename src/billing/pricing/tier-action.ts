import { activePrices, type Catalog, type CatalogTier } from "../catalog/catalog.js";
import { isUpgrade, type TierInUse } from "../catalog/tier-step.js";
import { mayStartTrial } from "../subscriptions/trial.js";

/** The step from somebody's plan to a tier. */
export const tierActions = ["CONTACT_SALES", "CURRENT", "DOWNGRADE", "START_TRIAL", "SUBSCRIBE", "UPGRADE"] as const;
export type TierAction = (typeof tierActions)[number];

/** Where somebody stands who looks at the price list. */
export interface Standing {
  /** The tier of the running subscription; null without one. */
  readonly plan: TierInUse | null;
  /** Whether there is an account to put on the free tier: anonymous visitors and services have none. */
  readonly hasAccount: boolean;
  readonly isAdmin: boolean;
  readonly hadTrial: boolean;
  /** The only currency that Stripe charges them in, lower case; null when any will do. */
  readonly billedIn: string | null;
}

/** What the button under a tier does: what checkout, or a change of plan, would accept now. */
export function tierActionFor(catalog: Catalog, tier: CatalogTier, standing: Standing): TierAction {
  const { plan } = standing;
  if (isTheirs(tier, standing)) return "CURRENT";
  if (tier.isDefault) return plan ? "DOWNGRADE" : "SUBSCRIBE";
  if (!isSoldTo(catalog, tier, standing)) return "CONTACT_SALES";
  if (plan) return isUpgrade(catalog, plan, tier) ? "UPGRADE" : "DOWNGRADE";
  return mayStartTrial(tier, standing.hadTrial) ? "START_TRIAL" : "SUBSCRIBE";
}

/** A plan that was bought counts before what comes for nothing. Staff have all that the free tier has. */
function isTheirs(tier: CatalogTier, { plan, hasAccount, isAdmin }: Standing): boolean {
  if (plan) return plan.tier.slug === tier.slug;
  return hasAccount && (tier.isDefault || (isAdmin && tier.isStaff));
}

function isSoldTo(catalog: Catalog, tier: CatalogTier, { billedIn }: Standing): boolean {
  if (tier.isHidden) return false;
  return activePrices(catalog, tier.slug).some(({ currency }) => billedIn === null || currency === billedIn);
}
