import { type SQL, sql } from "drizzle-orm";
import type { SubscriptionStatus } from "../../stripe/snapshots.js";
import type { AllowanceSource } from "./allowance.js";

/** The database's own functions stand in for a table here: `standings`, and `record_usage`, which gives the same columns. */

/** When something is judged. */
export interface JudgedAt {
  readonly now: Date;
  readonly graceDays: number;
}

/** The columns that both `standings` and `record_usage` give. */
export const standingColumns = {
  source: sql<AllowanceSource | null>`r.source`,
  isIncluded: sql<boolean>`r.is_included`,
  limit: sql<number | null>`r."limit"`.mapWith(asNumber),
  used: sql<number>`r.used`.mapWith(Number),
  periodStart: asInstant(sql`r.period_start`),
  periodEnd: asInstant(sql`r.period_end`),
  isAnchored: sql<boolean>`r.is_anchored`,
  status: sql<SubscriptionStatus | null>`r.status`,
  isPaidUp: sql<boolean | null>`r.is_paid_up`,
};

/** Postgres sends bigint as text; Drizzle does not call this for null. */
function asNumber(text: string): number | null {
  return Number(text);
}

function asInstant(column: SQL): SQL<Date> {
  return sql<Date>`${column}`.mapWith((text: string) => new Date(text));
}
