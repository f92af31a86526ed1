import { eq, inArray, or, type SQLWrapper, sql } from "drizzle-orm";
import type { Db } from "../../db/client.js";
import { webhookEvents } from "../../webhooks/stripe-event.table.js";
import { entitlementOverrides, tierGrants } from "../allowances/allowance.table.js";
import { auditLog } from "../audit/audit.table.js";
import { checkoutSessions } from "../checkout/checkout.table.js";
import { invoices } from "../history/invoice.table.js";
import { payments } from "../history/payment.table.js";
import { reconciliationDifferences, reconciliations } from "../reconciliation/reconciliation.table.js";
import { subscriptions } from "../subscriptions/subscription.table.js";
import { trialOffers } from "../subscriptions/trial-offer.table.js";
import { trialRedemptions } from "../subscriptions/trial-redemption.table.js";
import { usageEvents, usageHours, usageKeys } from "../usage/usage-event.table.js";
import { usageReservations } from "../usage/usage-reservation.table.js";
import { usageTracking } from "../usage/usage-tracking.table.js";
import { idempotencyKeys } from "../users/idempotency.table.js";
import { stripeIdsOf } from "../users/user.service.js";
import { type UserRow, users } from "../users/user.table.js";

/** What stays, for accounting and for whoever asks what was done. */
const kept = [subscriptions, invoices, payments, auditLog, reconciliations, reconciliationDifferences];

/** What goes; those first that refer to others. */
const dropped = [
  ...[checkoutSessions, entitlementOverrides, tierGrants, trialOffers, trialRedemptions, idempotencyKeys],
  ...[usageEvents, usageHours, usageKeys, usageReservations, usageTracking],
];

/** Puts what accounting needs of a user under a nameless one, and drops all else. Call it in a transaction. */
export async function moveToNameless(
  db: Db,
  user: UserRow,
  nameless: { readonly userId: string; readonly externalId: string; readonly forgottenAt: Date },
): Promise<void> {
  const { userId: id, externalId, forgottenAt } = nameless;
  const formerStripeCustomerIds = stripeIdsOf(user);
  await db.insert(users).values({ id, externalId, forgottenAt, formerStripeCustomerIds, createdAt: user.createdAt });
  await blank(db, user.id);
  for (const table of dropped) await db.execute(sql`delete from ${table} where ${theirs(user)}`);
  for (const table of kept) await db.execute(sql`update ${table} set user_id = ${id}::uuid where ${theirs(user)}`);
  await forgetBodies(db, formerStripeCustomerIds);
  await db.delete(users).where(eq(users.id, user.id));
}

function theirs({ id }: UserRow): SQLWrapper {
  return sql`user_id = ${id}::uuid`;
}

/** The same as `unlessForgotten` keeps from coming back. */
async function blank(db: Db, userId: string): Promise<void> {
  const nothing = { methodKind: null, methodBrand: null, methodLast4: null, methodExpMonth: null, methodExpYear: null };
  await db
    .update(subscriptions)
    .set({ paymentMethod: null, cancellationComment: null })
    .where(eq(subscriptions.userId, userId));
  await db.update(invoices).set({ hostedUrl: null, pdfUrl: null }).where(eq(invoices.userId, userId));
  await db
    .update(payments)
    .set({ ...nothing, receiptUrl: null })
    .where(eq(payments.userId, userId));
  const found = eq(reconciliationDifferences.userId, userId);
  await db.update(reconciliationDifferences).set({ ours: null, theirs: null }).where(found);
}

/** What Stripe's events said; the rows stay, so that an event that comes again is known. */
async function forgetBodies(db: Db, stripeCustomerIds: readonly string[]): Promise<void> {
  const ids = [...stripeCustomerIds];
  await db
    .update(webhookEvents)
    .set({ payload: null })
    .where(or(inArray(webhookEvents.stripeCustomerId, ids), inArray(webhookEvents.objectId, ids)));
}
