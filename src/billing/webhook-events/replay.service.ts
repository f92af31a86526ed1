import { LockBusy } from "../../db/locks.js";
import { type Deps, inTransaction } from "../../deps.js";
import { done, type Outcome, refuse } from "../../errors.js";
import type { WebhookEventHead } from "../../webhooks/stripe-event.table.js";
import { reasonFault, recordAct } from "../audit/audit.js";
import { globalId, uuidOf } from "../global-id.js";
import { loadCustomersByStripeId } from "../users/user.service.js";
import { findEvents, queueEvent, queueMatching } from "./webhook-event.repository.js";
import { criteriaOf, type WebhookEventFilter } from "./webhook-event.service.js";

/** Most events that one call puts back. */
export const mostReplayed = 10_000;

/** Processes an event again. One that waits or is being processed is left alone, and nothing is recorded then. */
export async function replayWebhookEvent(
  deps: Deps,
  actor: string,
  eventId: string | undefined,
  reason: string,
): Promise<Outcome<WebhookEventHead>> {
  const fault = reasonFault(reason);
  if (fault) return fault;
  const path = ["input", "webhookEventId"];
  const missing = refuse("NOT_FOUND", "There is no such event.", { path });
  if (!eventId) return missing;
  return oneAtATime(deps, async (inside) => {
    const [event] = await findEvents(inside.db, [eventId]);
    if (!event) return missing;
    if (event.status === "PENDING" || event.status === "PROCESSING") return done(event);
    if (event.objectKind === null) {
      const message = `Nothing is done for \`${event.type}\`, so there is nothing to do again.`;
      return refuse("INVALID_INPUT", message, { path });
    }
    const isQueued = await queueEvent(inside.db, eventId, new Date());
    const [queued] = await findEvents(inside.db, [eventId]);
    if (!isQueued || !queued) return missing; // it was deleted meanwhile
    await recordReplay(inside, actor, event, reason);
    return done(queued);
  });
}

async function recordReplay(inside: Deps, actor: string, event: WebhookEventHead, reason: string): Promise<void> {
  const { id, stripeEventId, type, status, attempts, stripeCustomerId } = event;
  const [owner] = stripeCustomerId ? await loadCustomersByStripeId(inside, [stripeCustomerId]) : [];
  await recordAct(inside, {
    actor,
    action: "webhook_event.replay",
    userId: owner?.id ?? null,
    reason,
    details: { webhookEventId: globalId("AdminWebhookEvent", id), stripeEventId, type, before: { status, attempts } },
  });
}

/**
 * Processes the events that match again: those that were given up, unless the filter names other states. Gives how many
 * were put back, the oldest first and at most `mostReplayed`; call it again for the rest. What waits, is being processed
 * or is of a kind that nothing is done for is left alone. Nothing is recorded when there was nothing to put back.
 * Throws BAD_USER_INPUT for a filter that cannot be.
 */
export async function replayWebhookEvents(
  deps: Deps,
  actor: string,
  filter: WebhookEventFilter,
  reason: string,
): Promise<Outcome<number>> {
  const fault = reasonFault(reason);
  if (fault) return fault;
  const criteria = await criteriaOf(deps, { ...filter, status: filter.status ?? ["FAILED"] });
  const userId = uuidOf("Customer", filter.customerId ?? "") ?? null;
  return oneAtATime(deps, async (inside) => {
    const queuedCount = await queueMatching(inside.db, criteria, new Date(), mostReplayed);
    if (queuedCount === 0) return done(0);
    const details = { filter: { ...filter, status: criteria.status }, queuedCount };
    await recordAct(inside, { actor, action: "webhook_event.replay_many", userId, reason, details });
    return done(queuedCount);
  });
}

/** How long a replay waits for another one, which takes a second or two for thousands of events. */
const waitMs = 5_000;

/** Runs a replay in a transaction, when no other one is under way in any process. */
async function oneAtATime<T>(deps: Deps, work: (inside: Deps) => Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await deps.locks.hold("webhook-replay", waitMs, () => inTransaction(deps, work));
  } catch (error) {
    if (!(error instanceof LockBusy)) throw error;
    return refuse("REQUEST_IN_PROGRESS", "Another replay is still running; try again in a moment.");
  }
}
