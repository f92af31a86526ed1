import { sql } from "drizzle-orm";
import { boolean, index, integer, jsonb, pgEnum, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { instant, timestamps, uuidV7, whole } from "../../db/columns.js";
import { idKey, indexOn, instantKey, instantOrNeverKey, wholeKey } from "../../db/keyset.js";
import { type CancellationReason, type PaymentMethodSnapshot, subscriptionStatuses } from "../../stripe/snapshots.js";
import { users } from "../users/user.table.js";

/** How long a period of use is. */
export type UsageUnit = "day" | "week" | "month";

export const subscriptionStatus = pgEnum("subscription_status", subscriptionStatuses);

/** A change that waits for its date, and a discount; JSON has no instants, so they are text as RFC 3339 has it. */
export interface PendingChangeRow {
  readonly stripePriceId: string;
  /** Missing in rows of releases that did not look at seats. */
  readonly quantity?: number;
  readonly currency: string;
  readonly effectiveAt: string;
  /** Waits for this invoice to be paid, and is dropped at `effectiveAt`. */
  readonly unpaidInvoiceId?: string;
}

export interface DiscountRow {
  readonly name: string;
  readonly percentOff: number | null;
  readonly amountOff: number | null;
  readonly currency: string;
  readonly endsAt: string | null;
  /** Off one invoice only. */
  readonly isOnce?: true;
}

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
    /**
     * What periods of use are counted from, in steps of `usageUnit`, once a trial is over: Stripe's billing anchor as it
     * was when the trial ended or, without one, when the subscription began. It never moves afterwards, so that no
     * change of tier makes what was used be forgotten. Null in rows of releases that did not know it: `currentPeriodStart` then.
     */
    usageAnchor: instant("usage_anchor"),
    /** How long such a period is: a month also where a year is paid at once. Null stands for a month. */
    usageUnit: text("usage_unit").$type<UsageUnit>(),
    trialEndsAt: instant("trial_ends_at"),
    cancelsAt: instant("cancels_at"),
    /** When Stripe goes on collecting payments, where only that is paused. */
    resumesAt: instant("resumes_at"),
    /** When a pause that was asked for here is to end by itself; null without one. Ours alone: `pause.due.ts` sees to it. */
    pauseEndsAt: instant("pause_ends_at"),
    /** The schedule that was released for a change made at once, and comes back unless that takes effect; null without one. */
    setAsideScheduleId: text("set_aside_schedule_id"),
    /** Whether Stripe pauses subscriptions of this kind. */
    isPausable: boolean("is_pausable").notNull().default(true),
    /** What the customer said of why it ends; both null where nothing was said. */
    cancellationReason: text("cancellation_reason").$type<CancellationReason>(),
    cancellationComment: text("cancellation_comment"),
    endedAt: instant("ended_at"),
    /** Since when it is past due; its grace is counted from here. Null while nothing is overdue. */
    pastDueSince: instant("past_due_since"),
    /** When everybody concerned was told that the grace is over; null until then. `grace.due.ts` writes it. */
    graceEndToldAt: instant("grace_end_told_at"),
    /** Its own; null where its customer's is charged. */
    paymentMethod: jsonb("payment_method").$type<PaymentMethodSnapshot>(),
    pendingChange: jsonb("pending_change").$type<PendingChangeRow>(),
    /** What of Stripe's moves it to another price by itself, now or later; null without one. */
    stripeScheduleId: text("stripe_schedule_id"),
    discount: jsonb("discount").$type<DiscountRow>(),
    /** To compare and sort by: see `comparableMrr`. In minor units of `mrrCurrency`; written with all else, and by `mrr.due.ts`. */
    mrr: whole("mrr").notNull().default(0),
    /** The catalog's default currency when it was worked out; null when it never was. */
    mrrCurrency: text("mrr_currency"),
    /** When it must be worked out anew, as a discount ends then; null while nothing ends. */
    mrrDueAt: instant("mrr_due_at"),
    ...timestamps,
  },
  (table) => [
    index("subscriptions_user_id_started_at_idx").on(table.userId, table.startedAt.desc()),
    // Few, if any: looked through each minute for those whose price has become known.
    index("subscriptions_unknown_price_idx").on(table.stripePriceId).where(sql`${table.priceId} is null`),
    // Looked through each minute for those whose grace has run out.
    index("subscriptions_grace_idx")
      .on(table.pastDueSince)
      .where(sql`${table.status} = 'PAST_DUE' and ${table.graceEndToldAt} is null`),
    // Looked through each minute for those whose comparable revenue has to be worked out anew.
    index("subscriptions_mrr_currency_idx").on(table.mrrCurrency),
    index("subscriptions_mrr_due_at_idx").on(table.mrrDueAt).where(sql`${table.mrrDueAt} is not null`),
    // Looked through each minute for pauses that are over; few subscriptions are paused.
    // Few, if any: looked through each minute.
    index("subscriptions_set_aside_idx").on(table.updatedAt).where(sql`${table.setAsideScheduleId} is not null`),
    index("subscriptions_pause_ends_at_idx").on(table.pauseEndsAt).where(sql`${table.pauseEndsAt} is not null`),
    // The orders of the list for staff; that by the customer's name is the customers'.
    index("subscriptions_started_at_idx").on(...indexOn(instantKey(table.startedAt), idKey(table.id))),
    index("subscriptions_period_end_idx").on(...indexOn(instantOrNeverKey(table.currentPeriodEnd), idKey(table.id))),
    index("subscriptions_mrr_idx").on(...indexOn(wholeKey(table.mrr), idKey(table.id))),
  ],
);

export type SubscriptionRow = typeof subscriptions.$inferSelect;
