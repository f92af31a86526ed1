import type { Deps } from "../../deps.js";
import { done, type Outcome, type RefusedOutcome, refuse } from "../../errors.js";
import type { GrantRow } from "../allowances/allowance.table.js";
import { isInForce } from "../allowances/grant.js";
import { endGrant, findGrant } from "../allowances/grant.service.js";
import { tellLapsesOf } from "../allowances/lapse.due.js";
import { recordAct } from "../audit/audit.js";
import { globalId } from "../global-id.js";
import type { CancellationTiming } from "./cancellation.js";
import type { Acted } from "./cancellation.service.js";

/** Who ends a given tier, when and why. */
export interface GrantEnd {
  readonly actor: string;
  readonly timing: CancellationTiming;
  readonly reason: string;
}

/**
 * Ends a tier that was given, now: nothing was paid that would have to run out first. Call it in a transaction under the
 * customer's lock.
 */
export async function endGivenTier(
  inside: Deps,
  { id, userId }: GrantRow,
  { actor, timing, reason }: GrantEnd,
): Promise<Outcome<Acted>> {
  // Listeners hear of what ended by itself before they hear of this.
  await tellLapsesOf(inside, userId);
  const now = inside.now();
  const grant = await findGrant(inside, id);
  if (!grant || !isInForce(grant, now)) return refuse("NO_SUBSCRIPTION", "This subscription has ended.");
  if (timing === "PERIOD_END") return refusedLater(grant);
  await endGrant(inside, grant, now);
  const before = { status: "ACTIVE", cancelsAt: grant.endsAt, endedAt: null };
  const after = { status: "CANCELED", cancelsAt: null, endedAt: now };
  const details = { subscription: globalId("BillingSubscription", id), timing, before, after };
  await recordAct(inside, { actor, action: "subscription.cancel", userId, reason, details });
  return done({ subscriptionId: id });
}

/**
 * Unlike a pause, of which no period runs either, a tier without an end is in use: to end it at once is for somebody to
 * say, not to come about because `PERIOD_END` is the default.
 */
function refusedLater({ endsAt }: GrantRow): RefusedOutcome {
  if (endsAt)
    return refuse("ALREADY_CANCELED", "This tier was given until a date, and ends then; IMMEDIATE ends it now.");
  const message = "This tier was given without an end, so there is no period to wait for; IMMEDIATE ends it now.";
  return refuse("INVALID_INPUT", message, { path: ["input", "timing"] });
}
