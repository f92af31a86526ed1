import { and, count, eq, inArray, lt, min, sql } from "drizzle-orm";
import type { Db } from "../db/client.js";
import { isHeld } from "../db/locks.js";
import { claimPrefix } from "./claims.js";
import { type WebhookEventHead, webhookEventHead, webhookEvents } from "./stripe-event.table.js";

/** How many events wait, and since when the oldest of them has; null when none does. */
export async function readBacklog(db: Db): Promise<{ waiting: number; since: Date | null }> {
  const waits = inArray(webhookEvents.status, ["PENDING", "PROCESSING"]);
  const [row] = await db
    .select({ waiting: count(), since: min(webhookEvents.receivedAt) })
    .from(webhookEvents)
    .where(waits);
  return row ?? { waiting: 0, since: null };
}

/** Which of these events, by Stripe's ids, are in the inbox. */
export async function findKnownEvents(db: Db, stripeEventIds: readonly string[]): Promise<ReadonlySet<string>> {
  const known = await db
    .select({ id: webhookEvents.stripeEventId })
    .from(webhookEvents)
    .where(inArray(webhookEvents.stripeEventId, [...stripeEventIds]));
  return new Set(known.map(({ id }) => id));
}

/** For a row: whether it was claimed by a run that has ended without settling it. */
const isAbandoned = sql`(
  status = 'PROCESSING' and claimed_by is not null and not ${isHeld(sql`${claimPrefix}::text || claimed_by`)})`;

/** Who claims, and for how long at most. */
export interface Claim {
  /** The run, whose lock is held. */
  readonly run: string;
  readonly now: Date;
  readonly ms: number;
}

/** Takes waiting events to work on, and those that others had claimed who are gone. */
export async function claimEvents(db: Db, { run, now, ms }: Claim, limit: number): Promise<WebhookEventHead[]> {
  const due = sql`(
    select id from webhook_events
    where status in ('PENDING', 'PROCESSING') and (due_at <= ${now.toISOString()}::timestamptz or ${isAbandoned})
    order by due_at limit ${limit} for update skip locked)`;
  return db
    .update(webhookEvents)
    .set({ status: "PROCESSING", dueAt: new Date(now.getTime() + ms), claimedBy: run })
    .where(sql`${webhookEvents.id} in ${due}`)
    .returning(webhookEventHead);
}

/**
 * The query for an event that nobody works on: claimed by a run that is gone, or waiting since before an instant while
 * no run is under way.
 */
export function neglectedEvent(db: Db, waitingSince: Date) {
  const isUncalled = sql`(
    status = 'PENDING' and due_at < ${waitingSince.toISOString()}::timestamptz
    and not exists (select from webhook_events where status = 'PROCESSING' and not ${isAbandoned}))`;
  return db
    .select({ id: webhookEvents.id })
    .from(webhookEvents)
    .where(sql`status in ('PENDING', 'PROCESSING') and (${isAbandoned} or ${isUncalled})`)
    .limit(1);
}

/** When the first of those that wait, or are claimed, may be claimed; undefined when there is none before an instant. */
export async function firstDueAt(db: Db, before: Date): Promise<Date | undefined> {
  const [first] = await db
    .select({ dueAt: webhookEvents.dueAt })
    .from(webhookEvents)
    .where(and(inArray(webhookEvents.status, ["PENDING", "PROCESSING"]), lt(webhookEvents.dueAt, before)))
    .orderBy(webhookEvents.dueAt)
    .limit(1);
  return first?.dueAt;
}

/** Marks events as done. */
export async function markProcessed(db: Db, ids: readonly string[], now: Date): Promise<void> {
  await db
    .update(webhookEvents)
    .set({ status: "PROCESSED", processedAt: now, lastError: null, attempts: sql`${webhookEvents.attempts} + 1` })
    .where(inArray(webhookEvents.id, [...ids]));
}

/** Marks events as none of our business, and says why. */
export async function markIgnored(db: Db, ids: readonly string[], reason: string, now: Date): Promise<void> {
  await db
    .update(webhookEvents)
    .set({ status: "IGNORED", processedAt: now, lastError: reason })
    .where(inArray(webhookEvents.id, [...ids]));
}

/**
 * Puts events back to be tried again; `isTry` tells whether this counts as one of their tries. Those that somebody else
 * has settled meanwhile stay so.
 */
export async function putBack(
  db: Db,
  ids: readonly string[],
  problem: string,
  dueAt: Date,
  isTry: 0 | 1,
): Promise<void> {
  await db
    .update(webhookEvents)
    .set({ status: "PENDING", lastError: problem, dueAt, attempts: sql`${webhookEvents.attempts} + ${isTry}` })
    .where(and(inArray(webhookEvents.id, [...ids]), eq(webhookEvents.status, "PROCESSING")));
}

/** Gives events up; they stay visible with their error. Those that somebody else has settled meanwhile stay so. */
export async function markFailed(db: Db, ids: readonly string[], problem: string, now: Date): Promise<void> {
  await db
    .update(webhookEvents)
    .set({ status: "FAILED", processedAt: now, lastError: problem, attempts: sql`${webhookEvents.attempts} + 1` })
    .where(and(inArray(webhookEvents.id, [...ids]), eq(webhookEvents.status, "PROCESSING")));
}

/** Drops the payloads of at most `limit` settled events that came before an instant. Gives how many. */
export async function dropPayloads(db: Db, before: Date, limit: number): Promise<number> {
  const gone = await db.execute(sql`
    update webhook_events set payload = null where id in (
      select id from webhook_events
      where payload is not null and status in ('PROCESSED', 'IGNORED', 'FAILED')
        and received_at < ${before.toISOString()}::timestamptz
      order by received_at limit ${limit} for update skip locked)`);
  return gone.count;
}

/** Drops the payloads of these events. */
export async function forgetPayloadsOf(db: Db, ids: readonly string[]): Promise<void> {
  await db
    .update(webhookEvents)
    .set({ payload: null })
    .where(inArray(webhookEvents.id, [...ids]));
}
