import type { RawSql } from "../db/client.js";
import { type WebhookEventRow, webhookEvents } from "./stripe-event.table.js";

/** What each row brings. All rows of a statement share the instant at which they came. */
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
  "lastError",
  "createdAt",
  "payload",
] as const satisfies readonly (keyof WebhookEventRow)[];

/** The row of an event that has just arrived. */
export type ArrivedEvent = Pick<WebhookEventRow, Exclude<(typeof columns)[number], "payload">> & {
  readonly payload: string;
};

/**
 * Stores these events, all in one statement, which also adds one job to process them if `task` names it. Events that are
 * there already change nothing; only new ones wake anybody. They go in by Stripe's ids, in order: of two statements with
 * the same events one waits for the other, and neither for both. A row for each, not a list for each column: measured, Postgres
 * takes twice as long to read the lists. Gives the `id`s of the rows that are new.
 *
 * Text of our own and not a query builder's: all of Stripe's events pass here, and measured, filling a builder's
 * places costs as much as verifying the signatures.
 */
export async function storeArrivedEvents(
  sql: RawSql,
  events: readonly ArrivedEvent[],
  task: string | null,
): Promise<ReadonlySet<string>> {
  const parameters: (string | boolean | Date | null)[] = task === null ? [new Date()] : [new Date(), task];
  const inOrder = events.toSorted((one, other) => (one.stripeEventId < other.stripeEventId ? -1 : 1));
  for (const event of inOrder) for (const column of columns) parameters.push(event[column]);
  const text = task === null ? storing(events.length) : storingAndWaking(events.length);
  const stored = await sql.unsafe<{ id: string }[]>(text, parameters, { prepare: true });
  return new Set(stored.map(({ id }) => id));
}

/** Which of these rows there are. */
export async function findStored(sql: RawSql, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const found = await sql<{ id: string }[]>`select id from webhook_events where id = any (${ids}::uuid[])`;
  return new Set(found.map(({ id }) => id));
}

/** The statements for so many events; each is written once, and planned by Postgres once for a connection. */
const storing = bySize((size) => insertion(size, 2));
const storingAndWaking = bySize(
  // A part that nothing reads would not run.
  (size) => `with arrived as (${insertion(size, 3)}), woken as (
    select graphile_worker.add_job($2::text, '{}'::json, job_key => $2::text, max_attempts => 3)
    where exists (select from arrived where status = 'PENDING'))
  select id, (select count(*) from woken) as jobs from arrived`,
);

function insertion(size: number, firstPlace: number): string {
  const names = [...columns, "receivedAt" as const, "dueAt" as const].map((column) => webhookEvents[column].name);
  const rows = Array.from({ length: size }, (_, row) => {
    const places = columns.map((_column, index) => `$${firstPlace + row * columns.length + index}`);
    return `(${places.join(", ")}, $1, $1)`;
  });
  return `insert into webhook_events (${names.join(", ")}) values ${rows.join(", ")}
    on conflict (stripe_event_id) do nothing returning id, status`;
}

function bySize(write: (size: number) => string): (size: number) => string {
  const written = new Map<number, string>();
  return (size) => {
    const text = written.get(size) ?? write(size);
    written.set(size, text);
    return text;
  };
}
