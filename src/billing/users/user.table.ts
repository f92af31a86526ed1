import { integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { instant, timestamps } from "../../db/columns.js";

/**
 * Who pays: one row per payer, `Customer` in GraphQL. `user.service.ts` makes it, `user.sync.ts`
 * keeps it equal to the Stripe customer.
 */
export const users = pgTable("users", {
  /** Derived from `externalId` (see `userIdOf`), so that a payer has one ID before and after there is a row. */
  id: uuid("id").primaryKey(),
  /** The payer in the host product: the value of the account claim. */
  externalId: text("external_id").notNull().unique(),
  stripeCustomerId: text("stripe_customer_id").unique(),
  email: text("email"),
  name: text("name"),
  /** Lower case; Stripe ties a customer to the currency of its first purchase. */
  currency: text("currency"),
  /** Part of the idempotency key for making the Stripe customer; moves on when Stripe kept a failure under the last one. */
  stripeAttempt: integer("stripe_attempt").notNull().default(0),
  createdAt: instant("created_at").notNull(),
  ...timestamps,
});

export type UserRow = typeof users.$inferSelect;
