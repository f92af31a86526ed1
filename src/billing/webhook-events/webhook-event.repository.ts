import type { SQLWrapper } from "drizzle-orm";
import { and, asc, count, eq, inArray, or, type SQL, sql } from "drizzle-orm";
import type { Db } from "../../db/client.js";
import { type Between, isAnyOf, isBetween } from "../../db/filter.js";
import { keyset, newestFirst, positionIn, type Slice } from "../../db/keyset.js";
import { processTask } from "../../webhooks/process-task.js";
import {
  type WebhookEventHead,
  type WebhookEventRow,
  webhookEventHead,
  webhookEvents,
} from "../../webhooks/stripe-event.table.js";

/** Which events to take: what is left out does not narrow. */
export interface WebhookEventCriteria {
  /** Stripe's ID of the event or of its object. */
  readonly stripeId?: string | undefined;
  readonly stripeCustomerIds?: readonly string[] | undefined;
  readonly status?: readonly WebhookEventRow["status"][] | null | undefined;
  readonly name?: readonly string[] | null | undefined;
  readonly receivedAt?: Between | null | undefined;
}

/** The order of the list: the newest received first. */
export const webhookEventOrder = newestFirst(webhookEvents.receivedAt, webhookEvents.id);

/** The query for a slice of the events, each with its position. */
export function listEvents(db: Db, criteria: WebhookEventCriteria, slice: Slice) {
  const { where, orderBy } = keyset(webhookEventOrder, slice);
  return db
    .select({ row: webhookEventHead, position: positionIn(webhookEventOrder) })
    .from(webhookEvents)
    .where(and(matching(criteria), where))
    .orderBy(...orderBy)
    .limit(slice.limit);
}

export async function countEvents(db: Db, criteria: WebhookEventCriteria): Promise<number> {
  const [row] = await db.select({ total: count() }).from(webhookEvents).where(matching(criteria));
  return row?.total ?? 0;
}

/** Those of the events that there are, in no order. */
export function findEvents(db: Db, ids: readonly string[]): Promise<WebhookEventHead[]> {
  return db
    .select(webhookEventHead)
    .from(webhookEvents)
    .where(inArray(webhookEvents.id, [...ids]));
}

/** The bodies of these events, in no order. */
export function findPayloads(db: Db, ids: readonly string[]): Promise<{ id: string; payload: unknown }[]> {
  return db
    .select({ id: webhookEvents.id, payload: webhookEvents.payload })
    .from(webhookEvents)
    .where(inArray(webhookEvents.id, [...ids]));
}

/** Puts an event that may be replayed back into the queue, with a job that takes it from there; gives whether it was put. */
export async function queueEvent(db: Db, id: string, now: Date): Promise<boolean> {
  return (await queue(db, replayable(db, eq(webhookEvents.id, id), 1), now)) > 0;
}

/** Does so with those that match, the oldest first and at most `limit`, and one job for all; gives how many they are. */
export function queueMatching(db: Db, criteria: WebhookEventCriteria, now: Date, limit: number): Promise<number> {
  return queue(db, replayableEvents(db, criteria, limit), now);
}

/** The query for events that match and may be replayed. */
export function replayableEvents(db: Db, criteria: WebhookEventCriteria, limit: number) {
  return replayable(db, matching(criteria), limit);
}

/** They are at rest, and of a kind that something is done for. */
function replayable(db: Db, condition: SQL | undefined, limit: number) {
  const isAtRest = sql`${webhookEvents.status} in ('FAILED', 'IGNORED', 'PROCESSED')`;
  const isHandled = sql`${webhookEvents.objectKind} is not null`;
  return db
    .select({ id: webhookEvents.id })
    .from(webhookEvents)
    .where(and(condition, isAtRest, isHandled))
    .orderBy(asc(webhookEvents.receivedAt), asc(webhookEvents.id))
    .limit(limit);
}

/**
 * Call it one at a time: only so are events at rest left at rest by everybody else. A row that waits must not be
 * locked, not even for a moment: the worker passes over it, and nothing wakes the worker again.
 *
 * The job has no key. Under one, it could be taken for the job that is just starting, and end with that.
 */
async function queue(db: Db, chosen: SQLWrapper, now: Date): Promise<number> {
  const [row] = await db.execute<{ queued: number }>(sql`
    with queued as (
      update webhook_events set status = 'PENDING', attempts = 0, processed_at = null,
        due_at = ${now.toISOString()}::timestamptz
      where id in ${chosen}
      returning id
    ),
    woken as (
      select graphile_worker.add_job(${processTask}::text, '{}'::json, max_attempts => 3)
      where exists (select from queued)
    )
    select (select count(*)::int from queued) as queued, (select count(*)::int from woken) as woken`);
  return row?.queued ?? 0;
}

function matching({ stripeId, stripeCustomerIds, status, name, receivedAt }: WebhookEventCriteria): SQL | undefined {
  return and(
    stripeId === undefined
      ? undefined
      : or(eq(webhookEvents.stripeEventId, stripeId), eq(webhookEvents.objectId, stripeId)),
    isAnyOf(webhookEvents.stripeCustomerId, stripeCustomerIds),
    isAnyOf(webhookEvents.status, status),
    isAnyOf(webhookEvents.type, name),
    isBetween(webhookEvents.receivedAt, receivedAt),
  );
}
