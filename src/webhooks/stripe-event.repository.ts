import { and, count, inArray, min, sql } from "drizzle-orm";
import type { Db } from "../db/client.js";
import { type WebhookEventRow, webhookEvents } from "./stripe-event.table.js";

/** The row of an event that has just arrived. */
export type ArrivedEvent = Pick<
  WebhookEventRow,
  | "id"
  | "stripeEventId"
  | "type"
  | "apiVersion"
  | "livemode"
  | "stripeAccountId"
  | "objectKind"
  | "objectId"
  | "stripeCustomerId"
  | "status"
> & { readonly payload: string; readonly createdAt: Date; readonly lastError: string | null };

/**
 * Stores these events and adds one job to process them, all in one statement: measured, a job or a
 * NOTIFY for each event costs five times the insert. Events that are there already change nothing.
 * Gives the `id`s of the rows that are new.
 */
export async function storeArrivedEvents(
  db: Db,
  events: readonly ArrivedEvent[],
  task: string,
): Promise<ReadonlySet<string>> {
  // Text throughout: postgres.js gets arrays of booleans wrong, and Drizzle those of instants.
  const column = (read: (event: ArrivedEvent) => string | null) => sql.param(events.map(read));
  const stored = await db.execute<{ id: string }>(sql`
    with arrived as (
      insert into webhook_events (id, stripe_event_id, type, api_version, livemode, stripe_account_id, object_kind,
        object_id, stripe_customer_id, status, payload, created_at, last_error, received_at, due_at)
      select id, stripe_event_id, type, api_version, livemode::boolean, stripe_account_id, object_kind,
        object_id, stripe_customer_id, status::webhook_event_status, payload::json, created_at::timestamptz, last_error,
        ${new Date().toISOString()}::timestamptz, ${new Date().toISOString()}::timestamptz
      from unnest(
        ${column((event) => event.id)}::uuid[], ${column((event) => event.stripeEventId)}::text[],
        ${column((event) => event.type)}::text[], ${column((event) => event.apiVersion)}::text[],
        ${column((event) => String(event.livemode))}::text[], ${column((event) => event.stripeAccountId)}::text[],
        ${column((event) => event.objectKind)}::text[],
        ${column((event) => event.objectId)}::text[], ${column((event) => event.stripeCustomerId)}::text[],
        ${column((event) => event.status)}::text[], ${column((event) => event.payload)}::text[],
        ${column((event) => event.createdAt.toISOString())}::text[], ${column((event) => event.lastError)}::text[]
      ) as event (id, stripe_event_id, type, api_version, livemode, stripe_account_id, object_kind,
        object_id, stripe_customer_id, status, payload, created_at, last_error)
      on conflict (stripe_event_id) do nothing
      returning id, status
    ), woken as materialized (
      select graphile_worker.add_job(${task}::text, '{}'::json, job_key => ${task}::text, max_attempts => 3)
      where exists (select from arrived where status = 'PENDING')
    )
    select id, (select count(*) from woken) as jobs from arrived`); // a part that nothing reads would not run
  return new Set(stored.map(({ id }) => id));
}

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

/** Takes waiting events to work on; a claim lapses by itself, should the worker die. */
export async function claimEvents(db: Db, now: Date, claimMs: number, limit: number): Promise<WebhookEventRow[]> {
  const due = sql`(
    select id from webhook_events
    where status in ('PENDING', 'PROCESSING') and due_at <= ${now.toISOString()}::timestamptz
    order by due_at limit ${limit} for update skip locked)`;
  return db
    .update(webhookEvents)
    .set({ status: "PROCESSING", dueAt: new Date(now.getTime() + claimMs) })
    .where(sql`${webhookEvents.id} in ${due}`)
    .returning();
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

/** Puts events back to be tried again; `isTry` tells whether this counts as one of their tries. */
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
    .where(and(inArray(webhookEvents.id, [...ids])));
}

/** Gives events up; they stay visible with their error. */
export async function markFailed(db: Db, ids: readonly string[], problem: string, now: Date): Promise<void> {
  await db
    .update(webhookEvents)
    .set({ status: "FAILED", processedAt: now, lastError: problem, attempts: sql`${webhookEvents.attempts} + 1` })
    .where(inArray(webhookEvents.id, [...ids]));
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
