import { sql } from "drizzle-orm";
import { expect } from "vitest";
import type { Connection } from "../../src/db/client.js";

/**
 * What must hold at every moment, whatever happened: each counter is the sum of its events, what it has set aside is
 * the sum of its open reservations, hours add up to the same, and each key stands for one event.
 */
export async function expectExactCounters({ db }: Pick<Connection, "db">): Promise<void> {
  // One snapshot, so that what others commit meanwhile cannot come between two of the looks.
  const wrong = await db.transaction(
    async (snapshot) => ({
      counters: [
        ...(await snapshot.execute(sql`
          select user_id, feature_key, period_start, coalesce(c.used, 0) as used, coalesce(e.total, 0) as events
          from usage_tracking c
          full join (select user_id, feature_key, period_start, sum(quantity) as total from usage_events group by 1, 2, 3) e
            using (user_id, feature_key, period_start)
          where coalesce(c.used, 0) <> coalesce(e.total, 0)`)),
      ],
      reserved: [
        ...(await snapshot.execute(sql`
          select user_id, feature_key, period_start, c.reserved, r.total
          from usage_tracking c
          full join (select user_id, feature_key, period_start, sum(quantity) as total, min(expires_at) as expiry
            from usage_reservations where status = 'OPEN' group by 1, 2, 3) r using (user_id, feature_key, period_start)
          where coalesce(c.reserved, 0) <> coalesce(r.total, 0) or (r.expiry is not null and c.next_expiry > r.expiry)
            or (r.total > 0 and c.next_expiry is null)`)),
      ],
      hours: [
        ...(await snapshot.execute(sql`
          select user_id, feature_key, hour, coalesce(h.quantity, 0) as quantity, e.total
          from usage_hours h
          full join (select user_id, feature_key, date_trunc('hour', occurred_at, 'UTC') as hour, sum(quantity) as total
            from usage_events group by 1, 2, 3) e using (user_id, feature_key, hour)
          where coalesce(h.quantity, 0) <> coalesce(e.total, 0)`)),
      ],
      keys: [
        ...(await snapshot.execute(sql`
          select user_id, key, count(*) from usage_events group by 1, 2 having count(*) > 1`)),
      ],
    }),
    { isolationLevel: "repeatable read", accessMode: "read only" },
  );
  expect(wrong).toEqual({ counters: [], reserved: [], hours: [], keys: [] });
}
