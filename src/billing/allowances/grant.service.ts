import type { Owners } from "../../db/owners.js";
import { type Deps, inTransaction } from "../../deps.js";
import { done, type Outcome, refuse } from "../../errors.js";
import { reasonFault, recordAct } from "../audit/audit.js";
import { findTier } from "../catalog/catalog.js";
import { globalId } from "../global-id.js";
import { withCustomerLock } from "../users/customer-lock.js";
import { answerOnce } from "../users/idempotency.js";
import { findCustomer } from "../users/user.service.js";
import type { GrantRow } from "./allowance.table.js";
import { announceGrant } from "./grant.announcement.js";
import { endFault, isInForce, tierFault } from "./grant.js";
import { findGrants, findNewestGrants, storeGrant } from "./grant.repository.js";
import { tellLapsesOf } from "./lapse.due.js";
import { announceEntitlements } from "./standing.announcement.js";
import { standingsOf } from "./standing.service.js";

/** Which tier to give, to whom, until when and why. */
export interface GrantTier {
  /** Undefined for an ID that is no customer's. */
  readonly userId: string | undefined;
  readonly tier: string;
  /** Never ends when left out. */
  readonly endsAt?: Date | null;
  readonly reason: string;
  readonly idempotencyKey?: string | null;
}

/**
 * Gives a customer a tier without payment, beside whatever they buy: of each feature they have the most generous.
 *
 * There is one at a time. Giving again changes the tier and the end of the one that runs, which keeps its ID and start.
 */
export async function grantTier(deps: Deps, actor: string, input: GrantTier): Promise<Outcome<{ grantId: string }>> {
  const { userId, tier, endsAt = null, reason, idempotencyKey: key } = input;
  const fault = reasonFault(reason) ?? tierFault(findTier(deps.catalog(), tier)) ?? endFault(endsAt, deps.now());
  if (fault) return fault;
  if (!userId || !(await findCustomer(deps, userId))) {
    return refuse("NOT_FOUND", "There is no such customer on record.", { path: ["input", "customerId"] });
  }
  const call = { userId, operation: "adminGrantTier", key, input: { tier, endsAt, reason } };
  return withCustomerLock(deps, userId, () =>
    // The gift and the answer to its key are written together, or neither is: it is on record once.
    inTransaction(deps, (inside) =>
      answerOnce(inside, call, async () => {
        const grant = await give(inside, actor, { userId, tier, endsAt, reason });
        return done({ grantId: grant.id });
      }),
    ),
  );
}

interface Wanted {
  readonly userId: string;
  readonly tier: string;
  readonly endsAt: Date | null;
  readonly reason: string;
}

async function give(inside: Deps, actor: string, { userId, tier, endsAt, reason }: Wanted): Promise<GrantRow> {
  // Listeners hear of an end before they hear of what takes its place.
  await tellLapsesOf(inside, userId);
  const [standings, [last]] = await Promise.all([standingsOf(inside, userId), findNewestGrants(inside.db, [userId])]);
  const before = last && isInForce(last, inside.now()) ? last : undefined;
  const { id, startedAt } = before ?? { startedAt: inside.now() };
  const after = await storeGrant(inside.db, { ...(id && { id }), userId, tierSlug: tier, startedAt, endsAt, reason });
  const details = {
    subscription: globalId("BillingSubscription", after.id),
    before: before ? termsOf(before) : null,
    after: termsOf(after),
  };
  await recordAct(inside, { actor, action: "tier.grant", userId, reason, details });
  await announceGrant(inside, after, before ? "ACTIVE" : null);
  await announceEntitlements(inside, userId, standings, "ADMIN");
  return after;
}

/**
 * Ends a given tier before its time, and tells whoever listens. Call it in a transaction under the customer's lock, for a
 * grant that is in force at `now`.
 */
export async function endGrant(inside: Deps, grant: GrantRow, now: Date): Promise<void> {
  const standings = await standingsOf(inside, grant.userId, now);
  // Told here, so that the sweep has nothing left to tell.
  const ended = await storeGrant(inside.db, { ...grant, endsAt: now, lapseToldAt: now });
  await announceGrant(inside, ended, "ACTIVE");
  await announceEntitlements(inside, grant.userId, standings, "ADMIN");
}

function termsOf({ tierSlug, endsAt }: GrantRow) {
  return { tier: tierSlug, endsAt };
}

/** One grant by its id, whoever's it is. */
export async function findGrant(deps: Deps, id: string): Promise<GrantRow | undefined> {
  return (await findGrants(deps.db, "EVERYBODY", [id]))[0];
}

/** The grants among these that belong to the owners. */
export function findGrantsOf(deps: Deps, owners: Owners, ids: readonly string[]): Promise<GrantRow[]> {
  return findGrants(deps.db, owners, ids);
}

/** The newest grant of each user, running or over, in the order asked for: the batch behind a loader. */
export async function loadNewestGrants(deps: Deps, userIds: readonly string[]): Promise<(GrantRow | undefined)[]> {
  const rows = new Map((await findNewestGrants(deps.db, userIds)).map((row) => [row.userId, row]));
  return userIds.map((userId) => rows.get(userId));
}
