import { and, sql } from "drizzle-orm";
import { type Db, prepared } from "../../db/client.js";
import { belongsToOwners, type Owners, ownersParameter } from "../../db/owners.js";
import type { Span } from "../../stripe/snapshots.js";
import { toStanding } from "../allowances/standing.service.js";
import { standingColumns } from "../allowances/standing.table.js";
import type { Moment } from "../moment.js";
import type { JudgedEvent, UsageEvent, UsageOutcome } from "./usage.js";
import { usageHours } from "./usage-event.table.js";
import { type ReservationRow, usageReservations } from "./usage-reservation.table.js";
import type { Granularity } from "./usage-series.js";

const recording = prepared((db) =>
  db
    .select({ place: sql<number>`r.place`, outcome: sql<UsageOutcome>`r.outcome`, ...standingColumns })
    .from(
      sql`record_usage(${sql.placeholder("events")}::text::jsonb, ${sql.placeholder("now")}::timestamptz, ${sql.placeholder("gracePeriodDays")}::int) as r`,
    )
    .prepare("record_usage"),
);

/** Judges and counts events of any customers in one statement; gives what came of each, in the order given. */
export async function recordEvents(
  db: Db,
  events: readonly UsageEvent[],
  { now, gracePeriodDays }: Moment,
): Promise<JudgedEvent[]> {
  const sent = events.map(({ userId: user, featureKey: feature, ...rest }) => ({ user, feature, ...rest }));
  const rows = await recording(db).execute({ events: JSON.stringify(sent), now: now.toISOString(), gracePeriodDays });
  const judged: JudgedEvent[] = [];
  for (const { place, outcome, ...columns } of rows) {
    const event = events[place];
    if (!event) throw new Error(`The database judged an event that was not sent: ${place}.`);
    judged[place] = { outcome, standing: toStanding(event.featureKey, event.isAdmin, columns) };
  }
  return judged;
}

/** What a reservation is made of. */
export interface NewReservation extends Omit<UsageEvent, "occurredAt"> {
  readonly id: string;
  readonly expiresAt: Date;
}

type NotReserved = Exclude<UsageOutcome, "COUNTED" | "DUPLICATE" | "BELOW_ZERO" | "IN_FUTURE" | "TOO_OLD">;

/** What the database made of a reservation. The id is that of an earlier call with the same key and input, if there was one. */
export type ReservationOutcome =
  | { readonly outcome: "RESERVED"; readonly id: string }
  | { readonly outcome: NotReserved | "INVALID_EXPIRY"; readonly id: null };

const reserving = prepared((db) =>
  db
    .select({
      outcome: sql<ReservationOutcome["outcome"]>`r.outcome`,
      id: sql<string | null>`r.reservation_id`,
    })
    .from(
      sql`reserve_usage(${sql.placeholder("id")}::uuid, ${sql.placeholder("userId")}::uuid, ${sql.placeholder("externalId")}::text,
        ${sql.placeholder("isAdmin")}::boolean, ${sql.placeholder("featureKey")}::text, ${sql.placeholder("quantity")}::bigint,
        ${sql.placeholder("expiresAt")}::timestamptz, ${sql.placeholder("key")}::text, ${sql.placeholder("now")}::timestamptz,
        ${sql.placeholder("gracePeriodDays")}::int) as r`,
    )
    .prepare("reserve_usage"),
);

/** Sets use aside. */
export async function reserve(
  db: Db,
  { expiresAt, ...reservation }: NewReservation,
  { now, gracePeriodDays }: Moment,
): Promise<ReservationOutcome> {
  const parameters = { ...reservation, expiresAt: expiresAt.toISOString(), now: now.toISOString(), gracePeriodDays };
  const [row] = await reserving(db).execute(parameters);
  if (!row) throw new Error("The database did not say what came of a reservation.");
  const { outcome, id } = row;
  if (outcome !== "RESERVED") return { outcome, id: null };
  if (id === null) throw new Error("The database made a reservation without an ID.");
  return { outcome, id };
}

const settling = prepared((db) =>
  db
    .select({ outcome: sql<"SETTLED" | "NOT_FOUND" | "INVALID_QUANTITY" | "CLOSED">`r.outcome` })
    .from(
      sql`settle_usage(${sql.placeholder("id")}::uuid, ${sql.placeholder("quantity")}::bigint,
        ${sql.placeholder("isAdmin")}::boolean, ${sql.placeholder("now")}::timestamptz, ${sql.placeholder("gracePeriodDays")}::int) as r (outcome)`,
    )
    .prepare("settle_usage"),
);

/** What is settled; the caller has seen that it may be. */
export interface Settlement {
  readonly id: string;
  readonly quantity: number;
  readonly isAdmin: boolean;
}

/** Turns a reservation into what was really used. */
export async function settle(db: Db, settlement: Settlement, { now, gracePeriodDays }: Moment) {
  const [row] = await settling(db).execute({ ...settlement, now: now.toISOString(), gracePeriodDays });
  if (!row) throw new Error("The database did not say what came of a settlement.");
  return row.outcome;
}

const reservationsById = prepared((db) =>
  db
    .select()
    .from(usageReservations)
    .where(
      and(
        sql`${usageReservations.id} = any(${sql.placeholder("ids")}::uuid[])`,
        belongsToOwners(usageReservations.userId),
      ),
    )
    .prepare("usage_reservations_by_id"),
);

/** These reservations, in no order; somebody else's are left out. */
export function findReservations(db: Db, owners: Owners, ids: readonly string[]): Promise<ReservationRow[]> {
  return reservationsById(db).execute({ ids: [...ids], owners: ownersParameter(owners) });
}

const usedByBucket = prepared((db) =>
  db
    .select({
      start: sql<Date>`b.start`.mapWith((text: string) => new Date(text)),
      quantity: sql<number>`b.quantity`.mapWith(Number),
    })
    .from(
      sql`(select date_trunc(${sql.placeholder("width")}::text, hour, 'UTC') as start, sum(quantity) as quantity from ${usageHours}
        where user_id = ${sql.placeholder("userId")}::uuid and feature_key = ${sql.placeholder("featureKey")}::text
          and hour >= ${sql.placeholder("start")}::timestamptz and hour < ${sql.placeholder("end")}::timestamptz
        group by 1) as b`,
    )
    .prepare("usage_by_bucket"),
);

/** What was used in each hour, day, week or month in UTC that a span has whole, in no order; those without use are left out. */
export function findUsedByBucket(db: Db, userId: string, featureKey: string, span: Span, granularity: Granularity) {
  const { start, end } = span;
  const width = granularity.toLowerCase();
  return usedByBucket(db).execute({ userId, featureKey, start: start.toISOString(), end: end.toISOString(), width });
}
