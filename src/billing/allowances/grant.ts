import { type RefusedOutcome, refuse } from "../../errors.js";
import type { CatalogTier } from "../catalog/catalog.js";
import type { GrantRow } from "./allowance.table.js";

/** Whether a grant has not come to its end. */
export function isInForce({ endsAt }: Pick<GrantRow, "endsAt">, now: Date): boolean {
  return endsAt === null || endsAt > now;
}

/** Why a tier cannot be given; undefined when it can. */
export function tierFault(tier: CatalogTier | undefined): RefusedOutcome | undefined {
  const at = { path: ["input", "tier"] };
  if (!tier) return refuse("NOT_FOUND", "There is no such tier.", at);
  if (tier.isDefault) return refuse("INVALID_INPUT", "Everybody has the free tier: nothing need be given.", at);
  return tier.isStaff
    ? refuse("INVALID_INPUT", "The staff tier comes with the role, and is not given.", at)
    : undefined;
}

/** Why a grant cannot end then; undefined when it can. */
export function endFault(endsAt: Date | null, now: Date): RefusedOutcome | undefined {
  if (!endsAt || (endsAt > now && endsAt.getUTCFullYear() <= 9999)) return undefined;
  const message = "A given tier ends in the future, before the year 10000.";
  return refuse("INVALID_INPUT", message, { path: ["input", "endsAt"] });
}
