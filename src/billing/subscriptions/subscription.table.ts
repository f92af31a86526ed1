import { index, integer, pgEnum, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { instant, timestamps, uuidV7 } from "../../db/columns.js";
import { subscriptionStatuses } from "../../stripe/snapshots.js";
import { users } from "../users/user.table.js";

export const subscriptionStatus = pgEnum("subscription_status", subscriptionStatuses);

/** One row per Stripe subscription. Stripe owns the truth; `subscription.sync.ts` is the only writer. */
export const subscriptions = pgTable(
  "subscriptions",
  {
    id: uuidV7("id").primaryKey(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id),
    stripeSubscriptionId: text("stripe_subscription_id").notNull().unique(),
    status: subscriptionStatus("status").notNull(),
    /** The tier of its price; the last known one when the catalog has never seen the price. Null only when none was ever known. */
    tierSlug: text("tier_slug"),
    /** Our price in the catalog; null for a price that the catalog has never seen. */
    priceId: text("price_id"),
    stripePriceId: text("stripe_price_id"),
    quantity: integer("quantity").notNull(),
    currentPeriodStart: instant("current_period_start"),
    currentPeriodEnd: instant("current_period_end"),
    startedAt: instant("started_at").notNull(),
    trialEndsAt: instant("trial_ends_at"),
    cancelsAt: instant("cancels_at"),
    resumesAt: instant("resumes_at"),
    endedAt: instant("ended_at"),
    ...timestamps,
  },
  (table) => [index("subscriptions_user_id_started_at_idx").on(table.userId, table.startedAt.desc())],
);

export type SubscriptionRow = typeof subscriptions.$inferSelect;
