import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect } from "vitest";
import type { TestApp } from "./support/app.js";
import { countsOf, type ImportBench, makeImportBench, sell, soldElsewhere, stripePriceOf } from "./support/import.js";
import { quiet } from "./support/quiet.js";
import { ended, reconcile, quickTest as test } from "./support/reconcile.js";
import { apiRequests, plantFault, requestFaultsMet } from "./support/stripe.js";
import { until } from "./support/until.js";

let bench: ImportBench;
beforeAll(async () => {
  bench = await makeImportBench();
});
afterAll(() => bench.clear());

const subs = ["one", "two", "three", "four", "five"];
const source = "--id-from=metadata:userId";

/** Each has one thing of every kind, and was written into the audit log once. */
const eachOf = (count: number) => ({
  users: count,
  subscriptions: count,
  invoices: count,
  payments: count,
  acts: count,
});

async function pendingIn(app: TestApp): Promise<unknown[]> {
  const rows = await app.connection.db.execute(
    sql`select external_id as id from users where is_import_pending order by id`,
  );
  return rows.map(({ id }) => id);
}

test("an import that is killed goes on where it was, doubles nothing, and misses no event in between", async ({
  app,
}) => {
  const price = await stripePriceOf(app, "starter");
  const sold = [];
  for (const sub of subs) {
    const customer = await soldElsewhere(app, { email: `${sub}@example.com`, metadata: { userId: sub } });
    sold.push(await sell(app, customer, price));
  }
  // Stripe's list has the newest first: `five` and `four` go through.
  await plantFault(app, { path: "/v1/invoices", skip: 2, hang: true });
  const killed = await bench.start(app, source);
  await Promise.race([requestFaultsMet(app), killed.ended]);
  killed.child.kill("SIGKILL");
  await killed.ended;
  expect(await pendingIn(app), killed.output()).toEqual(["three"]);
  const checkout = await app.person("three").checkout("professional");
  expect(checkout.userErrors).toMatchObject([{ code: "REQUEST_IN_PROGRESS" }]);

  const asked = async () => (await apiRequests(app, "GET", "/v1/invoices")).length;
  const requests = await asked();
  await app.stripe.subscriptions.update(sold[2]?.id ?? "", { cancel_at_period_end: true });
  const { code, output } = await bench.run(app, source);
  expect(output).toMatch(/3 adopted\n +2 known already/);
  expect(code).toBe(0);
  expect((await asked()) - requests).toBe(3);
  expect(await pendingIn(app)).toEqual([]);
  await quiet(app);
  expect(await countsOf(app)).toEqual(eachOf(subs.length));
  const { currentSubscription } = await app.person("three").ask("{ currentSubscription { cancelsAt } }");
  expect(currentSubscription.cancelsAt).toEqual(expect.any(String));
  const staff = app.person("root", { role: "admin" });
  expect(await ended(app, await reconcile(staff, null))).toMatchObject({ status: "FINISHED", differences: [] });
});

test("two imports at once are one, and Stripe's outages are waited out", async ({ app }) => {
  const price = await stripePriceOf(app, "starter");
  for (const sub of ["six", "seven"]) {
    await sell(app, await soldElsewhere(app, { email: `${sub}@example.com`, metadata: { userId: sub } }), price);
  }
  await plantFault(app, { path: "/v1/payment_intents", status: 500, times: 3 });
  const runs = await Promise.all([bench.run(app, source), bench.run(app, source)]);
  for (const { code, output } of runs) expect(code, output).toBe(0);
  expect(runs.map(({ output }) => output).join()).toContain("waiting: ");
  expect(await countsOf(app)).toEqual(eachOf(subs.length + 2));
});

test("what happens at Stripe while a customer is being read is not lost", async ({ app }) => {
  const customer = await soldElsewhere(app, { email: "busy@example.com", metadata: { userId: "busy" } });
  const { id } = await sell(app, customer, await stripePriceOf(app, "starter"));
  await quiet(app);
  await plantFault(app, { path: "/v1/invoices", delay_ms: 2_000 });
  const run = await bench.start(app, source);
  await until("the subscription is read", async () => {
    return (await apiRequests(app, "GET", `/v1/subscriptions/${id}`)).length > 0 || run.child.exitCode !== null;
  });
  await app.stripe.subscriptions.cancel(id);
  expect(await run.ended, run.output()).toBe(0);
  await quiet(app);
  const { currentSubscription } = await app.person("busy").ask("{ currentSubscription { status } }");
  expect(currentSubscription.status).toBe("CANCELED");
});

test("one customer who cannot be read keeps nobody else from it", async ({ app }) => {
  const made = [];
  for (const sub of ["bad", "good"]) {
    made.push(await soldElsewhere(app, { email: `${sub}@example.com`, metadata: { userId: sub } }));
  }
  await quiet(app);
  const error = { type: "invalid_request_error", code: "parameter_invalid", message: "odd" };
  await plantFault(app, { path: `/v1/customers/${made[0]?.id}`, status: 400, error });
  const { code, output } = await bench.run(app, source);
  expect(output).toContain("1 adopted");
  expect(output).toContain(`${made[0]?.id}  bad@example.com  failed: `);
  expect(code).toBe(1);
  const again = await bench.run(app, source);
  expect(again.output).toContain("1 adopted");
  expect(again.code).toBe(0);
});

test("a customer who was deleted since the list was read is left as they are", async ({ app }) => {
  await soldElsewhere(app, { email: "late@example.com", metadata: { userId: "late" } });
  const gone = await soldElsewhere(app, { email: "gone@example.com", metadata: { userId: "gone" } });
  await quiet(app);
  await plantFault(app, { path: `/v1/customers/${gone.id}`, delay_ms: 1_500 });
  const run = await bench.start(app, source);
  await Promise.race([requestFaultsMet(app), run.ended]);
  await app.stripe.customers.del(gone.id);
  expect(await run.ended, run.output()).toBe(0);
  expect(run.output()).toMatch(/1 adopted\n +10 known already\n +1 deleted at Stripe meanwhile/);
  await until("the deletion is known", async () => {
    const [row] = await app.connection.db.execute(
      sql`select stripe_customer_id as id, is_import_pending as pending from users where external_id = 'gone'`,
    );
    return row?.["id"] === null && row["pending"] === false;
  });
});
