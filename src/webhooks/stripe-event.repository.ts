import { and, count, eq, inArray, lt, min, sql } from "drizzle-orm";
import { type Db, prepared } from "../db/client.js";
import { isHeld } from "../db/locks.js";
import { claimPrefix } from "./claims.js";
import { type WebhookEventHead, type WebhookEventRow, webhookEventHead, webhookEvents } from "./stripe-event.table.js";

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
 * Stores these events, all in one statement, which also adds one job to process them if `task` names it. Events that are
 * there already change nothing; only new ones wake anybody. They go in by Stripe's ids, in order: of two statements with
 * the same events one waits for the other, and neither for both. A row for each, not a list for each column: measured, Postgres
 * takes twice as long to read the lists. Gives the `id`s of the rows that are new.
 */
export async function storeArrivedEvents(
  db: Db,
  events: readonly ArrivedEvent[],
  task: string | null,
): Promise<ReadonlySet<string>> {
  const values = valuesOf(events.toSorted((one, other) => (one.stripeEventId < other.stripeEventId ? -1 : 1)));
  const stored =
    task === null
      ? await storing(db).store(events.length).execute(values)
      : await storing(db)
          .storeAndWake(events.length)
          .execute({ ...values, task });
  return new Set(stored.map(({ id }) => id));
}

/** The statements that store so many events; each is built, and planned by Postgres, once. */
const storing = prepared((db) => {
  const insertion = (size: number) =>
    db
      .insert(webhookEvents)
      .values(Array.from({ length: size }, (_, index) => rowOf(index)))
      .onConflictDoNothing({ target: webhookEvents.stripeEventId });
  return {
    store: bySize((size) => insertion(size).returning({ id: webhookEvents.id }).prepare(`store_events_${size}`)),
    storeAndWake: bySize((size) => {
      const { id, status } = webhookEvents;
      const arrived = db.$with("arrived").as(insertion(size).returning({ id, status }));
      const task = sql.placeholder("task");
      const woken = db.$with("woken").as(
        db
          .select({
            job: sql`graphile_worker.add_job(${task}::text, '{}'::json, job_key => ${task}::text, max_attempts => 3)`.as(
              "job",
            ),
          })
          .from(sql`(select 1) as once`)
          .where(sql`exists (select from arrived where status = 'PENDING')`),
      );
      return db
        .with(arrived, woken)
        .select({ id: arrived.id, jobs: sql`(select count(*) from woken)` }) // a part that nothing reads would not run
        .from(arrived)
        .prepare(`store_events_and_wake_${size}`);
    }),
  };
});

/** What fills the places of `rowOf`: written out, as building names anew for each value costs more than the rest. */
function valuesOf(events: readonly ArrivedEvent[]): Record<string, unknown> {
  const now = new Date();
  const values: Record<string, unknown> = {};
  for (const [index, event] of events.entries()) {
    const arrived = { ...event, receivedAt: now, dueAt: now };
    for (const [column, place] of placesOf(index)) values[place] = arrived[column];
  }
  return values;
}

const columns = [
  "id",
  "stripeEventId",
  "type",
  "apiVersion",
  "livemode",
  "stripeAccountId",
  "objectKind",
  "objectId",
  "stripeCustomerId",
  "status",
  "payload",
  "createdAt",
  "lastError",
  "receivedAt",
  "dueAt",
] as const;

const places: (readonly (readonly [column: (typeof columns)[number], place: string])[])[] = [];

function placesOf(index: number) {
  const known = places[index] ?? columns.map((column) => [column, `${column}_${index}`] as const);
  places[index] = known;
  return known;
}

function rowOf(index: number) {
  const at = (column: (typeof columns)[number]) => sql.placeholder(`${column}_${index}`);
  return {
    id: at("id"),
    stripeEventId: at("stripeEventId"),
    type: at("type"),
    apiVersion: at("apiVersion"),
    livemode: at("livemode"),
    stripeAccountId: at("stripeAccountId"),
    objectKind: at("objectKind"),
    objectId: at("objectId"),
    stripeCustomerId: at("stripeCustomerId"),
    status: at("status"),
    payload: at("payload"),
    createdAt: at("createdAt"),
    lastError: at("lastError"),
    receivedAt: at("receivedAt"),
    dueAt: at("dueAt"),
  };
}

function bySize<Query>(build: (size: number) => Query): (size: number) => Query {
  const built = new Map<number, Query>();
  return (size) => {
    const query = built.get(size) ?? build(size);
    built.set(size, query);
    return query;
  };
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

/** Which of these rows there are. */
export async function findStored(db: Db, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const found = await db
    .select({ id: webhookEvents.id })
    .from(webhookEvents)
    .where(inArray(webhookEvents.id, [...ids]));
  return new Set(found.map(({ id }) => id));
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
