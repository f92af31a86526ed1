import { pgTable, text, uuid } from "drizzle-orm/pg-core";
import { timestamps } from "../../db/columns.js";
import { users } from "../users/user.table.js";

/**
 * Whom a trial was offered to: one row for each checkout whose page begins with one, if an address was known. Written with
 * the checkout, before Stripe is asked, so that it is there whenever a trial is heard of.
 */
export const trialOffers = pgTable("trial_offers", {
  checkoutId: uuid("checkout_id").primaryKey(),
  userId: uuid("user_id")
    .notNull()
    // Cascades so that the release before, which knows no such table, can forget a customer as well.
    .references(() => users.id, { onDelete: "cascade" }),
  /** The `emailMark` of the token's address, by which the trial was granted. */
  emailMark: text("email_mark").notNull(),
  ...timestamps,
});

/** Whom a trial was offered to. */
export type TrialOfferRow = typeof trialOffers.$inferSelect;
