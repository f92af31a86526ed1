import { type Deps, inTransaction } from "../../deps.js";
import { done, type Outcome, type RefusedOutcome, refuse } from "../../errors.js";
import { reasonFault, recordAct } from "../audit/audit.js";
import { type CatalogFeature, findFeature } from "../catalog/catalog.js";
import { withCustomerLock } from "../users/customer-lock.js";
import { answerOnce } from "../users/idempotency.js";
import { findCustomer } from "../users/user.service.js";
import type { OverrideRow } from "./allowance.table.js";
import { deleteOverride, findOverride, storeOverride } from "./override.repository.js";
import { announceEntitlements } from "./standing.announcement.js";
import { standingsOf } from "./standing.service.js";

/** What to allow in place of what any tier gives. */
export interface OverrideSetting {
  readonly isIncluded: boolean;
  /** Unlimited when left out. */
  readonly limit?: number | null;
  /** When it lapses; never when left out. */
  readonly endsAt?: Date | null;
}

/** Which setting, for whom and why. */
export interface OverrideEntitlement {
  readonly userId: string | undefined;
  readonly feature: string;
  /** Null takes the override away. */
  readonly override: OverrideSetting | null;
  readonly reason: string;
  readonly idempotencyKey?: string | null;
}

/** What a setting came to. */
export interface Overridden {
  readonly userId: string;
  readonly featureKey: string;
}

/** Sets or clears one customer's own limit for one feature: it holds whatever they bought, from the next question on. */
export async function overrideEntitlement(
  deps: Deps,
  actor: string,
  input: OverrideEntitlement,
): Promise<Outcome<Overridden>> {
  const { userId, feature: featureKey, override, reason, idempotencyKey: key } = input;
  const feature = findFeature(deps.catalog(), featureKey);
  if (!feature) return refuse("FEATURE_NOT_FOUND", undefined, { path: ["input", "feature"] });
  const fault = reasonFault(reason) ?? (override && settingFault(override, feature, deps.now()));
  if (fault) return fault;
  if (!userId || !(await findCustomer(deps, userId))) {
    return refuse("NOT_FOUND", "There is no such customer on record.", { path: ["input", "customerId"] });
  }
  const call = { userId, operation: "adminOverrideEntitlement", key, input: { featureKey, override, reason } };
  return withCustomerLock(deps, userId, () =>
    // What is set and the answer to its key are written together, or neither is: it is on record once.
    inTransaction(deps, (inside) =>
      answerOnce(inside, call, async () => {
        await write(inside, actor, { userId, featureKey, override, reason, feature });
        return done({ userId, featureKey });
      }),
    ),
  );
}

interface Wanted extends Overridden {
  readonly feature: CatalogFeature;
  readonly override: OverrideSetting | null;
  readonly reason: string;
}

async function write(inside: Deps, actor: string, wanted: Wanted): Promise<void> {
  const { userId, featureKey, override, reason } = wanted;
  const before = await findOverride(inside.db, userId, featureKey);
  const standings = await standingsOf(inside, userId, lastToldAt(inside, before));
  if (override) await storeOverride(inside.db, rowOf(inside, wanted, override));
  else await deleteOverride(inside.db, userId, featureKey);
  await recordAct(inside, {
    actor,
    action: "entitlement.override",
    userId,
    reason,
    details: { feature: featureKey, before: before ? settingOf(before) : null, after: override },
  });
  await announceEntitlements(inside, userId, standings, "ADMIN");
}

/** The moment that listeners know of: an override that has lapsed since holds until its end was told. */
function lastToldAt(inside: Deps, before: OverrideRow | undefined): Date {
  const end = before?.lapseToldAt === null ? before.endsAt : null;
  return end && end <= inside.now() ? new Date(end.getTime() - 1) : inside.now();
}

function rowOf(inside: Deps, { userId, featureKey, feature, reason }: Wanted, setting: OverrideSetting): OverrideRow {
  const { isIncluded, limit, endsAt } = setting;
  const none = feature.kind === "SWITCH" ? null : 0;
  return {
    userId,
    featureKey,
    isIncluded: isIncluded && limit !== 0,
    limit: isIncluded ? (limit ?? null) : none,
    endsAt: endsAt ?? null,
    reason,
    setAt: inside.now(),
    lapseToldAt: null,
  };
}

function settingOf({ isIncluded, limit, endsAt }: OverrideRow): OverrideSetting {
  return { isIncluded, limit, endsAt };
}

function settingFault(override: OverrideSetting, feature: CatalogFeature, now: Date): RefusedOutcome | undefined {
  const { isIncluded, limit, endsAt } = override;
  const path = (field: string) => ({ path: ["input", "override", field] });
  const hasLimit = limit !== null && limit !== undefined;
  if (hasLimit && feature.kind === "SWITCH") {
    return refuse("INVALID_INPUT", `${feature.name} is a switch: leave the limit out.`, path("limit"));
  }
  if (hasLimit && limit < 0) return refuse("INVALID_INPUT", "A limit is a whole number from 0.", path("limit"));
  if (hasLimit && limit > 0 && !isIncluded) {
    return refuse("INVALID_INPUT", "What is not included has no limit: leave it out.", path("limit"));
  }
  if (endsAt && (endsAt <= now || endsAt.getUTCFullYear() > 9999)) {
    return refuse("INVALID_INPUT", "An override lapses in the future, before the year 10000.", path("endsAt"));
  }
  return undefined;
}
