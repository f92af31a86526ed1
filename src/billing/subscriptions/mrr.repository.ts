import { gt, isNull, lt, lte, or, sql } from "drizzle-orm";
import type { Db } from "../../db/client.js";
import { type SubscriptionRow, subscriptions } from "./subscription.table.js";

/** Subscriptions whose comparable revenue is in another currency, or was never or not lately worked out; locked, but for those that others have. */
export function findOutdatedMrr(transaction: Db, currency: string, now: Date, limit: number) {
  const { mrrCurrency, mrrDueAt } = subscriptions;
  // "Is distinct from" in words that an index understands.
  const isElsewhere = or(isNull(mrrCurrency), lt(mrrCurrency, currency), gt(mrrCurrency, currency));
  return transaction
    .select()
    .from(subscriptions)
    .where(or(isElsewhere, lte(mrrDueAt, now)))
    .limit(limit)
    .for("update", { skipLocked: true });
}

/** What is known of a subscription's comparable revenue. */
export type MrrFigure = Pick<SubscriptionRow, "id" | "mrr" | "mrrCurrency" | "mrrDueAt">;

/** Stores these, in one statement. */
export async function storeMrr(db: Db, figures: readonly MrrFigure[]): Promise<void> {
  await db.execute(sql`
    update ${subscriptions} set mrr = figure.mrr, mrr_currency = figure.currency, mrr_due_at = figure.due_at
    from json_to_recordset(${JSON.stringify(figures.map(asRecord))}::json)
      as figure (id uuid, mrr bigint, currency text, due_at timestamptz)
    where ${subscriptions.id} = figure.id`);
}

function asRecord({ id, mrr, mrrCurrency, mrrDueAt }: MrrFigure) {
  return { id, mrr, currency: mrrCurrency, due_at: mrrDueAt?.toISOString() ?? null };
}
