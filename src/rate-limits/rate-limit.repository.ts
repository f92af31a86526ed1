import { lt, type SQL, sql } from "drizzle-orm";
import { type Db, prepared } from "../db/client.js";
import { rateLimitBuckets } from "./rate-limit.table.js";

/** A settlement in seconds: how long each part takes to come back. */
export interface SettlementInSeconds {
  readonly key: string;
  readonly owed: number;
  readonly owedFor: number;
  readonly cost: number;
  /** An empty bucket's. */
  readonly capacity: number;
}

const seconds = (name: keyof SettlementInSeconds) => sql`make_interval(secs => ${sql.placeholder(name)}::float8)`;
/** One instant for the whole statement; one that had to wait for the row sees an older one, which only gives less. */
const now = sql`statement_timestamp()`;

/** What a bucket becomes that would be full at `fullAt`: first what is owed is charged, then the cost if it fits. */
function settled(fullAt: SQL) {
  const afterOwed = sql`greatest(${fullAt}, ${now} - ${seconds("owedFor")}) + ${seconds("owed")}`;
  const afterCost = sql`greatest(${afterOwed}, ${now}) + ${seconds("cost")}`;
  const isGranted = sql<boolean>`${afterCost} <= ${now} + ${seconds("capacity")}`;
  return { fullAt: sql`case when ${isGranted} then ${afterCost} else ${afterOwed} end`, isGranted };
}

const settlement = prepared((db) =>
  db
    .insert(rateLimitBuckets)
    .values({ key: sql.placeholder("key"), ...settled(sql`'-infinity'::timestamptz`) })
    .onConflictDoUpdate({ target: rateLimitBuckets.key, set: settled(sql`${rateLimitBuckets.fullAt}`) })
    .returning({
      isGranted: rateLimitBuckets.isGranted,
      secondsUntilFull: sql<number>`extract(epoch from ${rateLimitBuckets.fullAt} - ${now})::float8`,
    })
    .prepare("settle_rate_limit"),
);

/** Settles with the row of a bucket, and makes one where there is none: that bucket was full. */
export async function settleRow(db: Db, of: SettlementInSeconds) {
  const [row] = await settlement(db).execute({ ...of });
  if (!row) throw new Error("The row of a rate limit was neither made nor changed.");
  return row;
}

/** Drops the rows of buckets that are full by now: no row says the same. */
export async function deleteFullBuckets(db: Db): Promise<void> {
  await db.delete(rateLimitBuckets).where(lt(rateLimitBuckets.fullAt, sql`statement_timestamp()`));
}
