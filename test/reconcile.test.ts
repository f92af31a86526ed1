import { type SQL, sql } from "drizzle-orm";
import { expect } from "vitest";
import { userIdOf } from "../src/billing/users/user.js";
import type { TestApp } from "./support/app.js";
import {
  comparisonFields,
  customerIdOf,
  ended,
  essence,
  readComparison,
  reconcile,
  reconcileMutation,
  settled,
  stripeIdOf,
  quickTest as test,
} from "./support/reconcile.js";
import { plantFault, requestFaultsMet } from "./support/stripe.js";
import { until } from "./support/until.js";

const root = (app: TestApp) => app.person("root", { role: "admin" });

test("everybody is compared by a job, and users whom we lost are found at Stripe, with all that is theirs", async ({
  app,
}) => {
  const staff = root(app);
  for (const sub of ["untied", "fine"]) await app.customerOn("professional", sub);
  const forgotten = app.person("forgotten");
  await forgotten.ask("mutation { registerCustomer(input: {}) { customer { id } } }");
  await settled(app);
  const [untiedAt, forgottenAt] = [await stripeIdOf(app, "untied"), await stripeIdOf(app, "forgotten")];
  await app.connection.db.execute(sql`update users set stripe_customer_id = null where id = ${userIdOf("untied")}`);
  await app.connection.db.execute(sql`update invoices set total = 1 where user_id = ${userIdOf("untied")}`);
  await app.connection.db.execute(sql`delete from users where id = ${userIdOf("forgotten")}`);
  await app.connection.db.execute(sql`update payments set amount = 1 where user_id = ${userIdOf("fine")}`);

  const told = await ended(app, await reconcile(staff, null));
  const expected = [
    { kind: "payment", field: "amount", isRepaired: false, whose: "fine" },
    { kind: "customer", field: "stripeCustomerId", isRepaired: false, whose: "untied" },
    { kind: "customer", field: null, isRepaired: false, whose: undefined },
  ];
  expect(told.differences).toHaveLength(expected.length);
  expect(told.differences.map(essence)).toEqual(expect.arrayContaining(expected));

  const repaired = await ended(app, await reconcile(staff, null, { repair: true }));
  expect(repaired.differences.filter(({ isRepaired }) => !isRepaired)).toEqual([]);
  expect(repaired.differences).toContainEqual(
    expect.objectContaining({ kind: "invoice", field: "total", ours: 1, theirs: 2999 }),
  );
  expect([await stripeIdOf(app, "untied"), await stripeIdOf(app, "forgotten")]).toEqual([untiedAt, forgottenAt]);
  expect(await ended(app, await reconcile(staff, null))).toMatchObject({ status: "FINISHED", differences: [] });
});

test("who asked and why is in the audit log, once for each comparison", async ({ app }) => {
  await app.customerOn("starter", "audited");
  await settled(app);
  const { id } = await reconcile(root(app), "audited", { repair: true });
  const entries = await app.connection.db.execute(
    sql`select actor, reason, details from audit_log
      where action = 'reconciliation.start' and user_id = ${userIdOf("audited")}`,
  );
  expect(entries.map((entry) => ({ ...entry }))).toEqual([
    { actor: "root", reason: "a test", details: { reconciliationId: id, repair: true } },
  ]);
});

test("comparisons are listed by pages, newest first, and found again by their ID", async ({ app }) => {
  const staff = root(app);
  await app.customerOn("starter", "listed");
  await settled(app);
  const [first, second] = [await reconcile(staff, "listed"), await reconcile(staff, "listed", { repair: true })];
  const page = `query ($after: String) { adminReconciliations(first: 1, after: $after) {
    totalCount pageInfo { endCursor hasNextPage } nodes { ${comparisonFields} } } }`;
  const { adminReconciliations: newest } = await staff.ask(page);
  const { adminReconciliations: next } = await staff.ask(page, { after: newest.pageInfo.endCursor });
  expect([newest.nodes, next.nodes]).toEqual([[second], [first]]);
  expect(newest.totalCount).toBeGreaterThan(1);
  const { node } = await staff.ask(
    `query ($id: ID!) { node(id: $id) { ... on AdminReconciliation { ${comparisonFields} } } }`,
    {
      id: first.id,
    },
  );
  expect(node).toEqual(first);
});

test.for([
  ["a customer who is not on record", { customerId: customerIdOf("nobody") }, "NOT_FOUND", "customerId"],
  ["an ID of something else", { customerId: "bsub_0123456789abcdef0123456789abcdef" }, "NOT_FOUND", "customerId"],
  ["an ID that is none", { customerId: "'; drop table users" }, "NOT_FOUND", "customerId"],
  ["an empty ID", { customerId: "" }, "NOT_FOUND", "customerId"],
  ["no reason to speak of", { reason: "" }, "INVALID_INPUT", "reason"],
  ["too long a reason", { reason: "x".repeat(1_001) }, "INVALID_INPUT", "reason"],
] as const)("%s is refused, and nothing is begun", async ([_what, wrong, code, field], { app }) => {
  const count = () => app.connection.db.execute(sql`select count(*)::int as total from reconciliations`);
  const before = await count();
  const { adminReconcile } = await root(app).ask(reconcileMutation, { input: { reason: "a test", ...wrong } });
  expect(adminReconcile).toEqual({ reconciliation: null, userErrors: [{ code, path: ["input", field] }] });
  expect(await count()).toEqual(before);
});

test("nobody but staff compares anything, or reads what came of it", async ({ app }) => {
  const ada = await app.customerOn("starter", "curious");
  const { id } = await reconcile(root(app), "curious");
  for (const caller of [ada, app.person("back-end", { role: "service" })]) {
    const asked = await caller.graphql(reconcileMutation, {
      input: { customerId: customerIdOf("curious"), reason: "mine" },
    });
    expect(asked.errors?.map(({ extensions }) => extensions["code"])).toEqual(["FORBIDDEN"]);
    expect((await caller.ask("query ($id: ID!) { node(id: $id) { id } }", { id })).node).toBeNull();
  }
});

test("of a customer whom Stripe never heard of nothing is dropped: the key may be another account's", async ({
  app,
}) => {
  const staff = root(app);
  await app.customerOn("professional", "elsewhere");
  await settled(app);
  const userId = userIdOf("elsewhere");
  /** All that is kept of them, with the IDs as another account would have them, or as they were. */
  const rename = async (to: (id: SQL) => SQL) => {
    for (const [table, column, owner] of [
      ["users", "stripe_customer_id", "id"],
      ["subscriptions", "stripe_subscription_id", "user_id"],
      ["invoices", "stripe_invoice_id", "user_id"],
      ["payments", "stripe_payment_intent_id", "user_id"],
    ] as const) {
      const id = sql.identifier(column);
      const where = sql`where ${sql.identifier(owner)} = ${userId}`;
      await app.connection.db.execute(sql`update ${sql.identifier(table)} set ${id} = ${to(sql`${id}`)} ${where}`);
    }
  };
  await rename((id) => sql`${id} || '_elsewhere'`);
  const { status, differences } = await reconcile(staff, "elsewhere", { repair: true });
  expect(status).toBe("FINISHED");
  expect(differences.map(essence)).toEqual([{ kind: "customer", field: null, isRepaired: false, whose: "elsewhere" }]);
  await rename((id) => sql`replace(${id}, '_elsewhere', '')`);
  expect((await reconcile(staff, "elsewhere")).differences).toEqual([]);
});

test("who has two customers at Stripe is told, and left for people to decide", async ({ app }) => {
  const staff = root(app);
  await app.customerOn("starter", "double");
  const metadata = { billing_user_id: userIdOf("double"), billing_external_id: "double" };
  const other = await app.stripe.customers.create({ metadata });
  await settled(app);
  const [mine, theirs] = [await stripeIdOf(app, "double"), other.id];
  const { status, differences } = await ended(app, await reconcile(staff, null, { repair: true }));
  expect(status).toBe("FINISHED");
  expect(differences).toEqual([
    expect.objectContaining({ stripeId: theirs, field: "stripeCustomerId", ours: mine, theirs, isRepaired: false }),
  ]);
  expect(await stripeIdOf(app, "double")).toBe(mine);
  await app.stripe.customers.del(theirs);
  await settled(app);
});

test("while Stripe does not answer a comparison waits, and a job ends it", async ({ app }) => {
  const staff = root(app);
  await app.customerOn("starter", "patient");
  await settled(app);
  await app.connection.db.execute(sql`update users set name = 'Else' where id = ${userIdOf("patient")}`);
  await plantFault(app, { path: "/v1/customers/*", status: 500, times: 2 });
  const waiting = await reconcile(staff, "patient", { repair: true });
  expect(waiting).toMatchObject({ status: "RUNNING", finishedAt: null, differences: [] });
  expect((await ended(app, waiting)).differences.map(essence)).toEqual([
    { kind: "customer", field: "name", isRepaired: true, whose: "patient" },
  ]);
});

test("a job that Stripe tells to ask less waits, and goes on", async ({ app }) => {
  const staff = root(app);
  await app.customerOn("starter", "slowed");
  await settled(app);
  await plantFault(app, { path: "/v1/*", status: 429, times: 2 });
  const slowed = await reconcile(staff, null);
  expect(await ended(app, slowed)).toMatchObject({ status: "FINISHED" });
  await requestFaultsMet(app);
  const id = slowed.id.replace(/^rec_(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  expect(app.logged.filter((line) => line.includes("a comparison with Stripe waits") && line.includes(id))).toEqual([]);
});

test("a customer who cannot be compared keeps nobody else from it, and the comparison has failed", async ({ app }) => {
  const staff = root(app);
  for (const sub of ["odd", "even"]) await app.customerOn("starter", sub);
  await settled(app);
  await app.connection.db.execute(
    sql`update users set name = 'Else' where id = any(${sql.param([userIdOf("odd"), userIdOf("even")])}::uuid[])`,
  );
  const error = { type: "invalid_request_error", code: "parameter_invalid", message: "odd" };
  await plantFault(app, { path: `/v1/customers/${await stripeIdOf(app, "odd")}`, status: 400, error });
  const failed = await ended(app, await reconcile(staff, null, { repair: true }));
  expect(failed.status).toBe("FAILED");
  expect(failed.differences.map(essence)).toEqual([
    { kind: "customer", field: "name", isRepaired: true, whose: "even" },
  ]);
  expect((await ended(app, await reconcile(staff, null, { repair: true }))).status).toBe("FINISHED");
});

test("at most 1,000 differences are kept", async ({ app }) => {
  const staff = root(app);
  await app.customerOn("starter", "worst");
  await settled(app);
  await app.connection.db.execute(sql`
    insert into payments (id, user_id, stripe_payment_intent_id, status, amount, refunded_amount, currency, created_at,
      recorded_at, updated_at)
    select gen_random_uuid(), ${userIdOf("worst")}, 'pi_worst_' || n, 'SUCCEEDED', 5, 0, 'usd', now(), now(), now()
    from generate_series(1, 10) as n`);
  // To find so many for real would take a thousand questions to Stripe.
  await app.connection.db.execute(`
    create function find_many() returns trigger language plpgsql as $$ begin
      insert into reconciliation_differences (id, reconciliation_id, kind, stripe_id, is_repaired)
        select gen_random_uuid(), new.id, 'payment', 'pi_before_' || n, false from generate_series(1, 995) as n;
      return null; end $$;
    create trigger find_many after insert on reconciliations for each row execute function find_many()`);
  try {
    const all = await ended(app, await reconcile(staff, "worst"));
    expect(all.differences).toHaveLength(1_000);
    expect(all.differences.filter(({ stripeId }) => stripeId.startsWith("pi_worst_"))).toHaveLength(5);
    const [row] = await app.connection.db.execute(
      sql`select difference_count, repaired_count from reconciliations order by started_at desc limit 1`,
    );
    expect({ ...row }).toEqual({ difference_count: 10, repaired_count: 0 });
  } finally {
    await app.connection.db.execute("drop trigger find_many on reconciliations; drop function find_many");
    await app.connection.db.execute(sql`delete from payments where stripe_payment_intent_id like 'pi_worst_%'`);
  }
});

test("each night everybody is compared, and nothing repaired unless the settings say so", async ({ app }) => {
  await app.customerOn("starter", "nightly");
  await settled(app);
  await app.connection.db.execute(sql`update users set name = 'Else' where id = ${userIdOf("nightly")}`);
  await app.connection.db.execute(sql`select graphile_worker.add_job('reconcile-nightly')`);
  const nightly = await until("the nightly comparison", async () => {
    const [row] = await app.connection.db.execute(
      sql`select id from reconciliations where actor = 'nightly' and status = 'FINISHED'`,
    );
    return row && readComparison(root(app), `rec_${String(row["id"]).replaceAll("-", "")}`);
  });
  expect(nightly.repair).toBe(false);
  expect(nightly.differences.map(essence)).toContainEqual({
    kind: "customer",
    field: "name",
    isRepaired: false,
    whose: "nightly",
  });
  expect(app.logged.filter((line) => line.includes("a record differs from Stripe's")).length).toBeGreaterThan(0);
  expect(app.logged.filter((line) => line.includes('"Else"'))).toEqual([]);
});
