import type { Deps } from "../../deps.js";
import { findSetAside, setAside } from "./subscription.repository.js";
import type { SubscriptionRow } from "./subscription.table.js";

/** Notes the schedule of a change that makes way for one made at once, so that it comes back should that not take effect. */
export function keepSetAside(deps: Deps, stripeSubscriptionId: string, scheduleId: string): Promise<void> {
  return setAside(deps.db, stripeSubscriptionId, scheduleId);
}

/** Nothing is to come back: something else was decided, or took effect. */
export function dropSetAside(deps: Deps, stripeSubscriptionId: string): Promise<void> {
  return setAside(deps.db, stripeSubscriptionId, null);
}

/** Subscriptions with a change that may have to come back: at most so many. */
export function listSetAside(deps: Deps, limit: number): Promise<SubscriptionRow[]> {
  return findSetAside(deps.db, limit);
}
