import { and, eq, isNotNull, isNull, ne, or, type SQL, sql } from "drizzle-orm";
import { type Db, prepared } from "../../db/client.js";
import { type TrialRedemptionRow, trialRedemptions as trials } from "./trial-redemption.table.js";

/**
 * Writes down a trial. One that is known stays as it is, but for a card that was not known yet: then it is to be settled
 * again. Gives the row if anything was written.
 */
export async function insertTrial(db: Db, row: typeof trials.$inferInsert): Promise<TrialRedemptionRow | undefined> {
  const set = { cardMark: sql`excluded.card_mark`, settledAt: unsettled };
  const setWhere = sql`${trials.cardMark} is null and excluded.card_mark is not null`;
  const target = trials.stripeSubscriptionId;
  return (await db.insert(trials).values(row).onConflictDoUpdate({ target, set, setWhere }).returning())[0];
}

/** A trial that can be ended is to be settled again. */
const unsettled = sql`case when ${trials.isEndable} then null else ${trials.settledAt} end`;

/** Adds a card to the trials of a user that have none yet, which are to be settled again. Gives those that are. */
export async function addCardMark(db: Db, userId: string, cardMark: string): Promise<TrialRedemptionRow[]> {
  const marked = await db
    .update(trials)
    .set({ cardMark, settledAt: unsettled })
    .where(and(eq(trials.userId, userId), isNull(trials.cardMark)))
    .returning();
  return marked.filter(({ settledAt }) => settledAt === null);
}

const byMarks = prepared((db) =>
  db
    .selectDistinct({ emailMark: trials.emailMark, cardMark: trials.cardMark })
    .from(trials)
    .where(
      sql`${trials.emailMark} = any(${sql.placeholder("marks")}::text[])
        or ${trials.cardMark} = any(${sql.placeholder("marks")}::text[])`,
    )
    .prepare("trials_by_marks"),
);

/** The marks of all trials that one of these belongs to. */
export async function findMarksOfTrials(db: Db, marks: readonly string[]): Promise<Set<string>> {
  const found = await byMarks(db).execute({ marks: [...marks] });
  return new Set(found.flatMap(({ emailMark, cardMark }) => [emailMark, cardMark]).filter((mark) => mark !== null));
}

/** Trials of which it is not settled whether they may go on, the earliest first: of one user, or of all for null. */
export function findUnsettledTrials(db: Db, userId: string | null, limit: number): Promise<TrialRedemptionRow[]> {
  const isTheirs = userId === null ? undefined : eq(trials.userId, userId);
  return db
    .select()
    .from(trials)
    .where(and(isNull(trials.settledAt), isTheirs))
    .orderBy(trials.startedAt, trials.id)
    .limit(limit);
}

/** Lets one after another judge trials, until the transaction ends. */
export async function lockTrials(db: Db): Promise<void> {
  await db.execute(sql`select pg_advisory_xact_lock(hashtextextended('trial_redemptions', 0))`);
}

/** Whether the same person began a trial under another account before this one. */
export async function hasEarlierTrial(db: Db, row: TrialRedemptionRow): Promise<boolean> {
  const isEarlier = sql`(${trials.startedAt}, ${trials.id}) < (${row.startedAt.toISOString()}::timestamptz, ${row.id}::uuid)`;
  const found = await db
    .select({ id: trials.id })
    .from(trials)
    .where(and(isSamePersons(row), isEarlier))
    .limit(1);
  return found.length > 0;
}

/** Lets trials be settled again that the same person began later, under other accounts. Gives how many. */
export async function reopenLaterTrials(db: Db, row: TrialRedemptionRow): Promise<number> {
  const isLater = sql`(${trials.startedAt}, ${trials.id}) > (${row.startedAt.toISOString()}::timestamptz, ${row.id}::uuid)`;
  const reopened = await db
    .update(trials)
    .set({ settledAt: null })
    .where(and(isSamePersons(row), isLater, eq(trials.isEndable, true), isNotNull(trials.settledAt)))
    .returning({ id: trials.id });
  return reopened.length;
}

function isSamePersons({ userId, emailMark, cardMark }: TrialRedemptionRow): SQL | undefined {
  const hasMark = or(
    emailMark === null ? undefined : eq(trials.emailMark, emailMark),
    cardMark === null ? undefined : eq(trials.cardMark, cardMark),
  );
  return and(ne(trials.userId, userId), hasMark ?? sql`false`);
}

/** Notes that it was decided, and done, whether a trial may go on. */
export async function setTrialSettled(db: Db, id: string, settledAt: Date): Promise<void> {
  await db.update(trials).set({ settledAt }).where(eq(trials.id, id));
}
