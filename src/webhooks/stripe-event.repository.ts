import { and, inArray, sql } from "drizzle-orm";
import { type Db, prepared } from "../db/client.js";
import { type WebhookEventRow, webhookEvents } from "./stripe-event.table.js";

/** The row of an event that has just arrived. */
export type ArrivedEvent = Pick<
  WebhookEventRow,
  | "id"
  | "stripeEventId"
  | "type"
  | "apiVersion"
  | "livemode"
  | "objectKind"
  | "objectId"
  | "stripeCustomerId"
  | "status"
> & { readonly payload: string; readonly createdAt: Date; readonly lastError: string | null };

/**
 * Stores these events, all in one statement, which also adds one job to process them if `task` names it. Events that are
 * there already change nothing; only new ones wake anybody. A row for each, not a list for each column: measured, Postgres
 * takes twice as long to read the lists.
 */
export async function storeArrivedEvents(db: Db, events: readonly ArrivedEvent[], task: string | null): Promise<void> {
  const now = new Date();
  const values = Object.fromEntries(
    events.flatMap((event, index) =>
      columns.map((column) => [
        nameOf(column, index),
        column === "receivedAt" || column === "dueAt" ? now : event[column],
      ]),
    ),
  );
  if (task === null) await storing(db).sized(events.length).execute(values);
  else
    await storing(db)
      .waking(events.length)
      .execute({ ...values, task });
}

const columns = [
  "id",
  "stripeEventId",
  "type",
  "apiVersion",
  "livemode",
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

type Column = (typeof columns)[number];

const nameOf = (column: Column, index: number) => `${column}_${index}`;

/** The statements that store so many events; each is built, and planned by Postgres, once. */
const storing = prepared((db) => {
  const insertion = (size: number) =>
    db
      .insert(webhookEvents)
      .values(Array.from({ length: size }, (_, index) => rowOf(index)))
      .onConflictDoNothing({ target: webhookEvents.stripeEventId });
  return {
    sized: bySize((size) => insertion(size).prepare(`store_events_${size}`)),
    waking: bySize((size) => {
      const arrived = db.$with("arrived").as(insertion(size).returning({ status: webhookEvents.status }));
      const task = sql.placeholder("task");
      return db
        .with(arrived)
        .select({
          job: sql`(graphile_worker.add_job(${task}::text, '{}'::json, job_key => ${task}::text, max_attempts => 3)).id`,
        })
        .from(sql`(select 1) as once`)
        .where(sql`exists (select from arrived where status = 'PENDING')`)
        .prepare(`store_events_and_wake_${size}`);
    }),
  };
});

function rowOf(index: number) {
  const at = (column: Column) => sql.placeholder(nameOf(column, index));
  return {
    id: at("id"),
    stripeEventId: at("stripeEventId"),
    type: at("type"),
    apiVersion: at("apiVersion"),
    livemode: at("livemode"),
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

/** When the first of those that wait, or are claimed, may be claimed; undefined when there is none. */
export async function firstDueAt(db: Db): Promise<Date | undefined> {
  const [first] = await db
    .select({ dueAt: webhookEvents.dueAt })
    .from(webhookEvents)
    .where(inArray(webhookEvents.status, ["PENDING", "PROCESSING"]))
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
