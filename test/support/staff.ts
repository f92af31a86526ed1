import { subscriptions } from "../../src/billing/subscriptions/subscription.table.js";
import { userIdOf } from "../../src/billing/users/user.js";
import { users } from "../../src/billing/users/user.table.js";
import type { TestApp } from "./app.js";

/** The moment that what is written here begins at, unless it says otherwise. */
export const longAgo = new Date("2026-01-01T00:00:00.000Z");

let written = 0;

/** Writes a customer as if they had registered; gives their global ID. */
export async function writeCustomer(
  app: TestApp,
  externalId: string,
  profile: Partial<typeof users.$inferInsert> = {},
): Promise<string> {
  const id = userIdOf(externalId);
  await app.connection.db.insert(users).values({ id, externalId, createdAt: longAgo, ...profile });
  return `bcus_${id.replaceAll("-", "")}`;
}

/** Writes a subscription of a customer as if Stripe had told of it; gives its global ID. */
export async function writeSubscription(
  app: TestApp,
  externalId: string,
  terms: Partial<typeof subscriptions.$inferInsert> = {},
): Promise<string> {
  const row = {
    userId: userIdOf(externalId),
    stripeSubscriptionId: `sub_${externalId}_${++written}`,
    status: "ACTIVE" as const,
    tierSlug: "professional",
    quantity: 1,
    startedAt: longAgo,
    mrrCurrency: "usd",
    ...terms,
  };
  const [stored] = await app.connection.db.insert(subscriptions).values(row).returning();
  return `bsub_${(stored?.id ?? "").replaceAll("-", "")}`;
}
