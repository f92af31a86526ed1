import { sql } from "drizzle-orm";
import { boolean, index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { instant, timestamps, uuidV7 } from "../../db/columns.js";
import { users } from "../users/user.table.js";

/**
 * Who has had a trial: one row for each subscription that began with one, kept for good. E-mail address and card are
 * hidden (see `person-marks.ts`): they can be recognised, and not be read.
 */
export const trialRedemptions = pgTable(
  "trial_redemptions",
  {
    id: uuidV7("id").primaryKey(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id),
    stripeSubscriptionId: text("stripe_subscription_id").notNull().unique(),
    /** The `emailMark` that its checkout was offered by: see `trial-offer.table.ts`; null where there is none. Never changes. */
    emailMark: text("email_mark"),
    /** A `cardMark` of what the trial was begun with or, begun without a card, of the first one left; null until one is known. */
    cardMark: text("card_mark"),
    startedAt: instant("started_at").notNull(),
    /** Whether it was begun in a checkout of ours, and ends if the same person had one before. What staff gave stays. */
    isEndable: boolean("is_endable").notNull(),
    /** When it was decided whether it may go on, and done; null until then. */
    settledAt: instant("settled_at"),
    ...timestamps,
  },
  (table) => [
    index("trial_redemptions_email_mark_idx").on(table.emailMark),
    index("trial_redemptions_card_mark_idx").on(table.cardMark),
    // Looked through whenever a customer has changed.
    index("trial_redemptions_unmarked_idx")
      .on(table.userId)
      .where(sql`${table.emailMark} is null or ${table.cardMark} is null`),
    // Few, if any: looked through each minute.
    index("trial_redemptions_unsettled_idx").on(table.userId).where(sql`${table.settledAt} is null`),
  ],
);

/** A trial that somebody has had. */
export type TrialRedemptionRow = typeof trialRedemptions.$inferSelect;
