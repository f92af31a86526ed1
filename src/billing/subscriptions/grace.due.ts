import { type Deps, inTransaction } from "../../deps.js";
import { announceEntitlements } from "../allowances/standing.announcement.js";
import { standingsOf } from "../allowances/standing.service.js";
import { momentOf, tieredMomentOf } from "../moment.js";
import { lockCustomer, unlessBusy } from "../users/customer-lock.js";
import { announceSubscription } from "./subscription.announcement.js";
import { graceEndOf } from "./subscription.js";
import { findUntoldGraceEnds, markGraceEndTold } from "./subscription.repository.js";
import type { SubscriptionRow } from "./subscription.table.js";

const batch = 100;

/**
 * Tells everybody concerned that a grace is over.
 *
 * Rights end with the grace by themselves, for they are judged by the clock whenever they are asked for; whoever
 * listens has to be told. Found by the billing clock, told once.
 */
export async function tellGraceEnds(deps: Deps): Promise<void> {
  for (const row of await findUntoldGraceEnds(deps.db, momentOf(deps), batch)) {
    await lockCustomer(deps, row.userId, () => inTransaction(deps, (inside) => tell(inside, row))).catch(unlessBusy);
  }
}

async function tell(inside: Deps, found: SubscriptionRow): Promise<void> {
  const moment = tieredMomentOf(inside);
  const graceEnd = graceEndOf(found, moment) ?? moment.now;
  const standingsBefore = await standingsOf(inside, found.userId, new Date(graceEnd.getTime() - 1));
  const after = await markGraceEndTold(inside.db, found.id, moment);
  if (!after) return; // put right meanwhile
  await announceSubscription(inside, { after, previousStatus: after.status, cause: "PAYMENT" });
  await announceEntitlements(inside, found.userId, standingsBefore, "PAYMENT");
}
