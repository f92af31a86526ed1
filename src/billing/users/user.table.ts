import { sql } from "drizzle-orm";
import { boolean, index, integer, jsonb, type PgColumn, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { instant, timestamps, whole } from "../../db/columns.js";
import { idKey, indexOn, instantKey, type Key, textOrNoneKey } from "../../db/keyset.js";
import type { PaymentMethodSnapshot } from "../../stripe/snapshots.js";

/**
 * Who pays: one row per payer, `Customer` in GraphQL. `user.service.ts` makes it, `user.sync.ts`
 * keeps it equal to the Stripe customer.
 */
export const users = pgTable(
  "users",
  {
    /** Derived from `externalId` (see `userIdOf`), so that a payer has one ID before and after there is a row. */
    id: uuid("id").primaryKey(),
    /** The payer in the host product: the value of the account claim. */
    externalId: text("external_id").notNull().unique(),
    stripeCustomerId: text("stripe_customer_id").unique(),
    email: text("email"),
    name: text("name"),
    /** Lower case; Stripe ties a customer to the currency of its first purchase. */
    currency: text("currency"),
    /** Stripe's, in minor units of `currency`: below 0 is credit, above 0 is owed on top of the next invoice. */
    balance: whole("balance").notNull().default(0),
    /** What is charged where the subscription has no payment method of its own. */
    paymentMethod: jsonb("payment_method").$type<PaymentMethodSnapshot>(),
    /** A `cardMark` of the payment method's fingerprint; null without one, and until Stripe is heard of again. */
    cardMark: text("card_mark"),
    /** Part of the idempotency key for making the Stripe customer; moves on when Stripe kept a failure under the last one. */
    stripeAttempt: integer("stripe_attempt").notNull().default(0),
    /** Stripe customers of before that were deleted there: what is still told of them is this user's. */
    formerStripeCustomerIds: text("former_stripe_customer_ids").array().notNull().default([]),
    /** Whether the profile was taken from a token or a request. Who only used something is on record by their ID alone. */
    isRegistered: boolean("is_registered").notNull().default(true),
    /** Whether an import has tied them to their Stripe customer and not yet read all that is theirs: the next import goes on with it. */
    isImportPending: boolean("is_import_pending").notNull().default(false),
    /** When a metered feature was first used without a subscription: what periods are counted from where there never was one. */
    firstUsedAt: instant("first_used_at"),
    /** Since when nothing personal is kept of them, and nothing that is told late may bring it back; null for all others. */
    forgottenAt: instant("forgotten_at"),
    createdAt: instant("created_at").notNull(),
    ...timestamps,
  },
  (table) => [
    index("users_former_stripe_customer_ids_idx").using("gin", table.formerStripeCustomerIds),
    // The orders of lists for staff. A migration adds indexes that search names and e-mail addresses, where Postgres can.
    index("users_created_at_idx").on(...indexOn(instantKey(table.createdAt), idKey(table.id))),
    index("users_name_idx").on(...indexOn(nameKey(table), idKey(table.id))),
  ],
);

export type UserRow = typeof users.$inferSelect;

/** By name in any case, the nameless after all others; by the beginning of it, as an index has no room for any length. */
export function nameKey({ name, id }: Readonly<Record<"name" | "id", PgColumn>>): Key {
  return textOrNoneKey(sql`lower(left(${name}, 200))`, id);
}
