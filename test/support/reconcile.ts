import { sql } from "drizzle-orm";
import { test as base, expect } from "vitest";
import { userIdOf } from "../../src/billing/users/user.js";
import { startTestApp, type TestApp } from "./app.js";
import type { Person } from "./person.js";
import { quiet } from "./quiet.js";
import { until } from "./until.js";

/** A difference, as staff read it. */
export interface ReadDifference {
  readonly kind: string;
  readonly stripeId: string;
  readonly field: string | null;
  readonly ours: unknown;
  readonly theirs: unknown;
  readonly isRepaired: boolean;
  readonly customer: { readonly externalId: string } | null;
}

/** A comparison, as staff read it. */
export interface ReadComparison {
  readonly id: string;
  readonly status: string;
  readonly checkedCount: number;
  readonly finishedAt: string | null;
  readonly repair: boolean;
  readonly differences: readonly ReadDifference[];
}

export const comparisonFields = `id status checkedCount finishedAt repair
  differences { kind stripeId field ours theirs isRepaired customer { externalId } }`;

export const reconcileMutation = `mutation ($input: AdminReconcileInput!) {
  adminReconcile(input: $input) { reconciliation { ${comparisonFields} } userErrors { code path } } }`;

/** A test with a service that asks Stripe as fast as a setting can say. */
export const quickTest = base.extend<{ app: TestApp }>({
  app: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, stop } = await startTestApp({ environment: { RECONCILE_REQUESTS_PER_SECOND: "100" } });
      await use(app);
      await stop();
    },
    { scope: "file" },
  ],
});

/** The global ID of whom this is the ID of in the host product. */
export function customerIdOf(externalId: string): string {
  return `bcus_${userIdOf(externalId).replaceAll("-", "")}`;
}

/** Compares one customer's records, or everybody's, as staff do; gives the comparison as it stands then. */
export async function reconcile(
  staff: Person,
  externalId: string | null,
  { repair = false } = {},
): Promise<ReadComparison> {
  const input = { customerId: externalId === null ? null : customerIdOf(externalId), repair, reason: "a test" };
  const { adminReconcile } = await staff.ask(reconcileMutation, { input });
  expect(adminReconcile.userErrors).toEqual([]);
  return adminReconcile.reconciliation;
}

/** Waits until nothing more comes of what was bought: cards are the customers' own, and every event is worked on. */
export async function settled(app: TestApp): Promise<void> {
  await until("cards are the customers' own", async () => {
    const pending = await app.connection.db.execute(sql`select 1 from checkout_sessions where is_card_pending`);
    return pending.length === 0;
  });
  await quiet(app);
}

/** Lets a comparison of one customer find something; gives the comparison's ID. What is wrong is repaired again. */
export async function findDifference(app: TestApp, staff: Person, externalId: string): Promise<string> {
  const userId = userIdOf(externalId);
  await settled(app);
  await app.connection.db.execute(sql`update users set name = 'Somebody Else' where id = ${userId}`);
  return (await reconcile(staff, externalId, { repair: true })).id;
}

/** The ID of a user's customer at Stripe. */
export async function stripeIdOf(app: TestApp, externalId: string): Promise<string> {
  const [row] = await app.connection.db.execute(
    sql`select stripe_customer_id as id from users where external_id = ${externalId}`,
  );
  return String(row?.["id"]);
}

/** Loses whatever Stripe tells while something happens there. */
export async function unheard(app: TestApp, happen: () => Promise<unknown>): Promise<void> {
  await app.control("POST", "/sandbox/deliveries", { mode: "drop" });
  await happen();
  await app.sandbox.answered();
  await app.control("POST", "/sandbox/deliveries", { mode: "send" });
}

/** What a comparison has come to by now. */
export async function readComparison(staff: Person, id: string): Promise<ReadComparison> {
  const query = `query ($id: ID!) { node(id: $id) { ... on AdminReconciliation { ${comparisonFields} } } }`;
  return (await staff.ask(query, { id })).node;
}

/** Waits until a comparison has ended. */
export function ended(app: TestApp, { id }: ReadComparison): Promise<ReadComparison> {
  const staff = app.person("root", { role: "admin" });
  return until(
    "the comparison ends",
    async () => {
      const now = await readComparison(staff, id);
      return now.status === "RUNNING" ? undefined : now;
    },
    60_000,
  );
}

/** A difference without its values. */
export function essence({ kind, field, isRepaired, customer }: ReadDifference) {
  return { kind, field, isRepaired, whose: customer?.externalId };
}
