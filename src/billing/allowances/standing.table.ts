import { type SQL, type SQLWrapper, sql } from "drizzle-orm";
import type { SubscriptionStatus } from "../../stripe/snapshots.js";
import type { AllowanceSource } from "./allowance.js";

/** The database's own functions stand in for a table here: `standings`, and `record_usage`, which gives the same columns. */

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

/**
 * In SQL, the slug of the tier in force of a user: the staff tier for staff, else the highest on the price list of those
 * that a subscription or a grant gives, else the free tier. `now` is of the billing clock, `graceDays` is for tiers that
 * name none of their own.
 */
export function tierInForceSql(of: { userId: SQLWrapper; isAdmin: SQL; now: SQL; graceDays: SQL }): SQL<string> {
  const { userId, isAdmin, now, graceDays } = of;
  return sql<string>`(select tier.slug from catalog_tiers tier
    where tier.is_default or (tier.is_staff and ${isAdmin}) or tier.slug in (
      select tier_slug from subscriptions
      where subscriptions.user_id = ${userId} and is_entitling(status, past_due_since, ${now}, grace_days_of(tier_slug, ${graceDays}))
      union all
      select tier_slug from tier_grants
      where tier_grants.user_id = ${userId} and started_at <= ${now} and (ends_at is null or ends_at > ${now}))
    order by (tier.is_staff and ${isAdmin}) desc, tier.is_default, tier.rank desc limit 1)`;
}
