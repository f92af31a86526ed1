import { sql } from "drizzle-orm";
import { afterAll, test as base, expect } from "vitest";
import { userIdOf } from "../src/billing/users/user.js";
import { otherProcesses } from "./support/another-process.js";
import { startTestApp, type TestApp } from "./support/app.js";
import type { Run } from "./support/dev-process.js";

import { customerIdOf, ended, readComparison, reconcile, reconcileMutation } from "./support/reconcile.js";
import { plantFault, requestFaultsMet } from "./support/stripe.js";
import { until } from "./support/until.js";

const processes = otherProcesses();
afterAll(() => processes.clear());

/** Runs no jobs: what is begun goes on only where a test makes it. */
const test = base.extend<{ idle: TestApp }>({
  idle: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, stop } = await startTestApp({ worker: false, environment: { OPERATION_TIMEOUT_SECONDS: "2" } });
      await use(app);
      await stop();
    },
    { scope: "file" },
  ],
});

const root = (app: TestApp) => app.person("root", { role: "admin" });

/** Customers at Stripe, of whom one thing each is wrong here. */
async function wrongCustomers(app: TestApp, subs: readonly string[]): Promise<void> {
  for (const sub of subs) {
    const answer = await app.person(sub).ask("mutation { registerCustomer(input: {}) { userErrors { code } } }");
    expect(answer.registerCustomer.userErrors).toEqual([]);
    await app.connection.db.execute(sql`update users set name = 'Else' where id = ${userIdOf(sub)}`);
  }
}

function run(app: TestApp, ...args: string[]): Promise<Run> {
  return processes.run(
    "src/cli/reconcile.ts",
    {
      DATABASE_URL: app.config.database.url,
      STRIPE_API_BASE: app.sandbox.url,
      BILLING_CLOCK_URL: app.config.billingClockUrl ?? "",
      RECONCILE_REQUESTS_PER_SECOND: "100",
    },
    args,
  );
}

async function comparisonsOf(app: TestApp) {
  const rows = await app.connection.db.execute(sql`
    select status, cursor, checked_count as checked, difference_count as found, repaired_count as repaired
    from reconciliations where user_id is null order by started_at`);
  return rows.map((row) => ({ ...row }));
}

test("two at once are one, for everybody and for one customer", async ({ idle }) => {
  await wrongCustomers(idle, ["twice"]);
  const ask = (customerId: string | null, repair: boolean) =>
    root(idle).ask(reconcileMutation, { input: { customerId, repair, reason: "at once" } });
  const everybody = await Promise.all([ask(null, false), ask(null, true), ask(null, false)]);
  const ids = everybody.map(({ adminReconcile }) => adminReconcile.reconciliation.id);
  expect(new Set(ids).size).toBe(1);
  await plantFault(idle, { path: "/v1/customers/*", delay_ms: 500 });
  const one = await Promise.all([ask(customerIdOf("twice"), true), ask(customerIdOf("twice"), true)]);
  const [first, second] = one.map(({ adminReconcile }) => adminReconcile.reconciliation);
  expect(first.id).toBe(second.id);
  expect(first.id).not.toBe(ids[0]);
  expect(await ended(idle, first)).toMatchObject({ status: "FINISHED", differences: [{ isRepaired: true }] });
  await idle.connection.db.execute(sql`delete from reconciliations`);
});

test("a comparison that takes longer than a request may is answered as running, and ends all the same", async ({
  idle,
}) => {
  await wrongCustomers(idle, ["long"]);
  await plantFault(idle, { path: "/v1/subscriptions", delay_ms: 3_000 });
  const running = await reconcile(root(idle), "long", { repair: true });
  expect(running.status).toBe("RUNNING");
  expect(await ended(idle, running)).toMatchObject({ status: "FINISHED", differences: [{ isRepaired: true }] });
});

test("a command that is killed goes on where it was when it is run again, and counts nothing twice", async ({
  idle,
}) => {
  const subs = ["one", "two", "three", "four", "five"];
  await wrongCustomers(idle, subs);
  const path = "/v1/payment_intents";
  await plantFault(idle, { path, skip: 2, hang: true });
  const killed = await run(idle);
  await Promise.race([requestFaultsMet(idle), killed.ended]);
  killed.child.kill("SIGKILL");
  await killed.ended;
  const [half] = await comparisonsOf(idle);
  // Its claim lapses after a while.
  expect(half, killed.output()).toMatchObject({
    status: "RUNNING",
    checked: 2,
    cursor: expect.stringMatching(/^user:/),
  });

  const again = await run(idle);
  expect(await again.ended, again.output()).toBe(1);
  const atStripe = (await idle.stripe.customers.list({ limit: 100 })).data.length;
  expect(await comparisonsOf(idle)).toEqual([
    {
      status: "FINISHED",
      checked: atStripe,
      found: subs.length,
      repaired: 0,
      cursor: expect.stringMatching(/^customer:/),
    },
  ]);
  expect(again.output()).toContain(`${atStripe} objects compared, ${subs.length} differences found, 0 repaired.`);
  expect(again.output()).toMatch(/^(\d+) of \1 customers; /m);
  expect(again.output().match(/^customer +cus_\w+ +name +Else +\w+ +no$/gm)).toHaveLength(subs.length);
});

test("the command repairs, and then finds nothing", async ({ idle }) => {
  await wrongCustomers(idle, ["told"]);
  const mended = await run(idle, "--repair", "--customer", "told", "--reason", "to see");
  expect(await mended.ended, mended.output()).toBe(0);
  expect(mended.output()).toMatch(/^customer +cus_\w+ +name +Else +told +yes$/m);
  const fine = await run(idle, "--customer", customerIdOf("told"));
  expect(await fine.ended, fine.output()).toBe(0);
  expect(fine.output()).toContain("1 objects compared, 0 differences found, 0 repaired.");
  expect(fine.output()).toContain("1 of 1 customers; 1 objects compared, 0 differences");
});

test("the command says what is wrong with how it was called", async ({ idle }) => {
  const [unknown, nobody] = await Promise.all([run(idle, "--mend"), run(idle, "--customer", "nobody at all")]);
  expect(await unknown.ended).toBe(2);
  expect(unknown.output()).toContain("Usage: npm run reconcile");
  expect(await nobody.ended).toBe(1);
  expect(nobody.output()).toContain("There is no such customer on record");
});

test("what a dead process left is taken up by any other that runs jobs", async ({ idle }) => {
  await wrongCustomers(idle, ["left"]);
  const left = await reconcile(root(idle), null, { repair: true });
  expect(left.status).toBe("RUNNING");
  const worker = await processes.run("src/main.ts", {
    DATABASE_URL: idle.config.database.url,
    STRIPE_API_BASE: idle.sandbox.url,
    BILLING_CLOCK_URL: idle.config.billingClockUrl ?? "",
    RECONCILE_REQUESTS_PER_SECOND: "100",
  });
  await until(
    "the comparison ends",
    async () => (await readComparison(root(idle), left.id)).status === "FINISHED",
    60_000,
  );
  worker.child.kill("SIGTERM");
  expect(await worker.ended, worker.output()).toBe(0);
});
