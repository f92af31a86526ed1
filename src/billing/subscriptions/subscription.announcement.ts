import type { Deps } from "../../deps.js";
import { announce } from "../../live/announce.js";
import { type ChangeCause, isEntitling, momentOf } from "./subscription.js";
import type { SubscriptionRow } from "./subscription.table.js";

/** What a listener cannot read back once a change is committed. */
export interface SubscriptionChange {
  readonly after: SubscriptionRow;
  readonly previousStatus: SubscriptionRow["status"] | null;
  /** The one in force before: what a listener needs to tell which entitlements changed. */
  readonly currentBefore: SubscriptionRow | undefined;
  readonly cause: ChangeCause;
}

/** Tells that a subscription changed, when the transaction commits; `subscription.live.ts` reads it. */
export function announceSubscription(inside: Deps, change: SubscriptionChange): Promise<void> {
  const { after, previousStatus, currentBefore, cause } = change;
  return announce(inside.db, {
    kind: "subscription",
    subject: after.userId,
    facts: {
      subscriptionId: after.id,
      previousStatus,
      tierBefore: currentBefore?.tierSlug ?? null,
      statusBefore: currentBefore?.status ?? null,
      wasEntitling: currentBefore !== undefined && wasToldEntitling(inside, currentBefore),
      cause,
      occurredAt: inside.now().toISOString(),
    },
  });
}

/** What listeners were told last: a grace that has run out since counts until its end was told. */
function wasToldEntitling(inside: Deps, before: SubscriptionRow): boolean {
  if (before.status === "PAST_DUE") return before.graceEndToldAt === null;
  return isEntitling(before, momentOf(inside));
}
