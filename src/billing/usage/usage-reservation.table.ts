import { sql } from "drizzle-orm";
import { index, pgEnum, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { instant, whole } from "../../db/columns.js";

/** Life of a reservation: open until it is settled, released (settled at 0) or runs out. */
export const reservationStatuses = ["EXPIRED", "OPEN", "RELEASED", "SETTLED"] as const;
export type ReservationStatus = (typeof reservationStatuses)[number];
export const reservationStatus = pgEnum("reservation_status", reservationStatuses);

/** Use set aside for work under way. The functions of the database are the only writers. */
export const usageReservations = pgTable(
  "usage_reservations",
  {
    id: uuid("id").primaryKey(),
    userId: uuid("user_id").notNull(),
    featureKey: text("feature_key").notNull(),
    /** Of the counter that it is set aside in, also when it is settled after that period. */
    periodStart: instant("period_start").notNull(),
    quantity: whole("quantity").notNull(),
    /** Null until settled; 0 when released. */
    settledQuantity: whole("settled_quantity"),
    /** One that ran out stays OPEN here until somebody looks: judge it by `expires_at` as well. */
    status: reservationStatus("status").notNull(),
    expiresAt: instant("expires_at").notNull(),
    reservedAt: instant("reserved_at").notNull(),
    closedAt: instant("closed_at"),
    idempotencyKey: text("idempotency_key").notNull(),
  },
  (table) => [
    unique("usage_reservations_user_id_idempotency_key_unique").on(table.userId, table.idempotencyKey),
    index("usage_reservations_open_idx")
      .on(table.userId, table.featureKey, table.periodStart, table.expiresAt)
      .where(sql`${table.status} = 'OPEN'`),
    index("usage_reservations_closed_at_idx").on(table.closedAt),
  ],
);

export type ReservationRow = typeof usageReservations.$inferSelect;
