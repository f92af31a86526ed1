import { sql } from "drizzle-orm";
import { boolean, index, integer, pgEnum, pgTable, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { instant, timestamps, uuidV7 } from "../../db/columns.js";
import { subscriptions } from "../subscriptions/subscription.table.js";
import { users } from "../users/user.table.js";

/** State of a checkout as the API promises it. */
export const checkoutStatuses = ["COMPLETE", "EXPIRED", "OPEN", "PROCESSING"] as const;
export type CheckoutStatus = (typeof checkoutStatuses)[number];
export const checkoutStatus = pgEnum("checkout_status", checkoutStatuses);

/**
 * One row per checkout that a customer was sent to, written before Stripe is asked: its id is what the
 * idempotency key is made of, so a crash between Stripe's answer and ours finds the same session again.
 */
export const checkoutSessions = pgTable(
  "checkout_sessions",
  {
    id: uuidV7("id").primaryKey(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id),
    status: checkoutStatus("status").notNull(),
    priceId: text("price_id").notNull(),
    stripePriceId: text("stripe_price_id").notNull(),
    /** Lower case; null in rows from before prices had several currencies. */
    currency: text("currency"),
    quantity: integer("quantity").notNull(),
    /** Free days that the page offers; 0 without a trial. */
    trialDays: integer("trial_days").notNull().default(0),
    /** Whether the page asks for no card, as it is for a trial that ends by itself unless one is left. */
    isWithoutCard: boolean("is_without_card").notNull().default(false),
    /** Whether Stripe Tax works out the tax. */
    isTaxAutomatic: boolean("is_tax_automatic").notNull().default(false),
    returnUrl: text("return_url").notNull(),
    /** Stripe's id of the promotion code that was given. */
    promotionCodeId: text("promotion_code_id"),
    /** Null until Stripe has answered. */
    stripeSessionId: text("stripe_session_id").unique(),
    url: text("url"),
    expiresAt: instant("expires_at").notNull(),
    /** What came of it; set with `COMPLETE`. */
    subscriptionId: uuid("subscription_id").references(() => subscriptions.id),
    /** Set with `COMPLETE`, until the card is the customer's own: see `checkout.card.ts`. */
    isCardPending: boolean("is_card_pending").notNull().default(false),
    /** Part of the idempotency key; moves on when Stripe kept a failure under the last one. */
    stripeAttempt: integer("stripe_attempt").notNull().default(0),
    createdAt: instant("created_at").notNull(),
    ...timestamps,
  },
  (table) => [
    // Never two checkouts that can be paid: two tabs, two sessions, two subscriptions.
    uniqueIndex("checkout_sessions_one_live_idx")
      .on(table.userId)
      .where(sql`${table.status} in ('OPEN', 'PROCESSING')`),
    index("checkout_sessions_card_pending_idx").on(table.userId).where(sql`${table.isCardPending}`),
    index("checkout_sessions_due_idx").on(table.expiresAt).where(sql`${table.status} in ('OPEN', 'PROCESSING')`),
  ],
);

export type CheckoutRow = typeof checkoutSessions.$inferSelect;
