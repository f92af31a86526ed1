import type { Deps } from "../../deps.js";
import { announce } from "../../live/announce.js";
import type { ChangeCause } from "../allowances/standing.announcement.js";
import type { SubscriptionRow } from "./subscription.table.js";

/** What a listener cannot read back once a change is committed. */
export interface SubscriptionChange {
  readonly after: SubscriptionRow;
  readonly previousStatus: SubscriptionRow["status"] | null;
  readonly cause: ChangeCause;
}

/** Tells that a subscription changed, when the transaction commits; `subscription.live.ts` reads it. */
export function announceSubscription(inside: Deps, change: SubscriptionChange): Promise<void> {
  const { after, previousStatus, cause } = change;
  return announce(inside.db, {
    kind: "subscription",
    subject: after.userId,
    facts: { subscriptionId: after.id, previousStatus, cause, occurredAt: inside.now().toISOString() },
  });
}
