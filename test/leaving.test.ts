import { sql } from "drizzle-orm";
import { afterAll, expect } from "vitest";
import { userIdOf } from "../src/billing/users/user.js";
import { otherProcesses } from "./support/another-process.js";
import type { TestApp } from "./support/app.js";
import { cancel, resume } from "./support/course.js";
import type { Person } from "./support/person.js";
import { quiet } from "./support/quiet.js";
import { ended, reconcile, settled, stripeIdOf, quickTest as test } from "./support/reconcile.js";
import { customerIdOf, staffOf } from "./support/staff-acts.js";
import { plantFault, requestFaultsMet } from "./support/stripe.js";
import { offerTrials } from "./support/trials.js";
import { until } from "./support/until.js";
import { count, setAside } from "./support/usage.js";

const processes = otherProcesses();
afterAll(() => processes.clear());

const start = (app: TestApp, ...args: string[]) =>
  processes.run(
    "src/cli/customer.ts",
    {
      DATABASE_URL: app.config.database.url,
      STRIPE_API_BASE: app.sandbox.url,
      BILLING_CLOCK_URL: app.config.billingClockUrl ?? "",
    },
    args,
  );

async function forget(app: TestApp, id: string, ...args: string[]) {
  const { ended, output } = await start(app, "forget", id, "--yes", ...args);
  return { code: await ended, output: output() };
}

/** The tables that have any of these texts in them. */
async function tablesWith(app: TestApp, texts: readonly string[]): Promise<unknown[]> {
  const tables = await app.connection.db.execute<{ name: string }>(
    sql`select table_name as name from information_schema.tables
      where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`,
  );
  const found = [];
  for (const { name } of tables) {
    const matches = sql.join(
      texts.map((text) => sql`strpos(t::text, ${text}) > 0`),
      sql` or `,
    );
    const rows = await app.connection.db.execute(sql`select 1 from ${sql.identifier(name)} t where ${matches} limit 1`);
    if (rows.length > 0) found.push(name);
  }
  return found;
}

const seen = `{ currentSubscription { status } invoices { totalCount } payments { totalCount }
  entitlement(feature: "scenes_premium") { hasAccess } viewer { customer { id email name tier { slug } } } }`;

/** What the books have of a Stripe customer. */
async function booksOf(app: TestApp, stripeCustomerId: string) {
  const rows = await app.connection.db.execute(sql`
    select u.external_id like 'forgotten:%' as "isNameless", s.status, i.total::int, i.number, p.amount::int, p.status as payment
    from users u join subscriptions s on s.user_id = u.id join invoices i on i.user_id = u.id
      join payments p on p.invoice_id = i.id and p.user_id = u.id
    where ${stripeCustomerId} = any(u.former_stripe_customer_ids)`);
  return rows.map((row) => ({ ...row }));
}

async function buyAndSayMuch(app: TestApp, person: Person): Promise<string> {
  const register = `mutation ($input: RegisterCustomerInput!) { registerCustomer(input: $input) { userErrors { code } } }`;
  await person.ask(register, { input: { name: "Augusta King", idempotencyKey: "countess-of-lovelace" } });
  await person.buy("professional");
  await cancel(person, { comment: "My doctor told me to rest", idempotencyKey: "doctor" });
  await resume(person);
  await count(app, person.sub, "streaming_minutes", 3);
  await setAside(app, person.sub);
  await settled(app);
  return stripeIdOf(app, person.sub);
}

test("who leaves for good pays no more, nothing personal is left of them, and the books stay", async ({ app }) => {
  const ada = app.person("augusta-1815");
  const stripeId = await buyAndSayMuch(app, ada);
  const id = await customerIdOf(ada);
  const staff = staffOf(app);
  const personal = [ada.sub, "Augusta", "doctor", "4242", userIdOf(ada.sub)];
  expect((await tablesWith(app, personal)).length).toBeGreaterThan(5);

  const { code, output } = await forget(app, id, "--reason", "asked to be forgotten");
  expect(code, output).toBe(0);
  expect(await app.stripe.customers.retrieve(stripeId)).toMatchObject({ deleted: true });
  await quiet(app);
  expect(await tablesWith(app, personal)).toEqual([]);
  const books = { isNameless: true, status: "CANCELED", total: 2999, amount: 2999, number: expect.any(String) };
  expect(await booksOf(app, stripeId)).toEqual([{ ...books, payment: "SUCCEEDED" }]);
  const acts = await app.connection.db.execute(
    sql`select actor, reason, details from audit_log where action = 'customer.forget'`,
  );
  expect(acts.map((act) => ({ ...act }))).toEqual([
    { actor: "command line", reason: "asked to be forgotten", details: { stripeCustomerIds: [stripeId] } },
  ]);

  const [payment] = (await app.stripe.paymentIntents.list({ customer: stripeId })).data;
  await app.stripe.refunds.create({ payment_intent: payment?.id ?? "", amount: 1000 });
  await quiet(app);
  expect(await booksOf(app, stripeId)).toEqual([{ ...books, payment: "PARTIALLY_REFUNDED" }]);
  expect(await tablesWith(app, personal)).toEqual([]);
  expect(await ended(app, await reconcile(staff, null))).toMatchObject({ status: "FINISHED", differences: [] });
  expect(await tablesWith(app, personal)).toEqual([]);
});

test("whoever comes back is new, and is not on record until then", async ({ app }) => {
  const ada = app.person("augusta-1815");
  const again = await forget(app, ada.sub);
  expect(again.output).toContain("There is no such customer on record");
  expect(again.code).toBe(1);
  expect(await ada.ask(seen)).toMatchObject({
    currentSubscription: null,
    invoices: { totalCount: 0 },
    payments: { totalCount: 0 },
    entitlement: { hasAccess: false },
    viewer: { customer: { tier: { slug: "free" } } },
  });
  await ada.buy("starter");
  expect(await ada.ask(seen)).toMatchObject({
    currentSubscription: { status: "ACTIVE" },
    invoices: { totalCount: 1 },
    viewer: { customer: { tier: { slug: "starter" } } },
  });
});

test("a run that was cut off is done by the next one, and an open page can be paid no more", async ({ app }) => {
  const bea = app.person("bea");
  await bea.buy("starter");
  await settled(app);
  const stripeId = await stripeIdOf(app, bea.sub);
  const page = await app.stripe.checkout.sessions.create({
    customer: stripeId,
    mode: "setup",
    currency: "usd",
    success_url: "http://localhost:3000/",
  });
  await plantFault(app, { method: "DELETE", path: "/v1/customers/*", hang: true });
  const killed = await start(app, "forget", bea.sub, "--yes");
  await Promise.race([requestFaultsMet(app), killed.ended]);
  killed.child.kill("SIGKILL");
  await killed.ended;
  expect(await bea.ask(seen)).toMatchObject({ currentSubscription: { status: "CANCELED" } });
  expect(await app.stripe.checkout.sessions.retrieve(page.id)).toMatchObject({ status: "expired" });

  const { code, output } = await forget(app, bea.sub);
  expect(code, output).toBe(0);
  expect(await booksOf(app, stripeId)).toMatchObject([{ isNameless: true, status: "CANCELED", total: 999 }]);
  await quiet(app);
  const nameless = await app.connection.db.execute(
    sql`select external_id as id from users where ${stripeId} = any(former_stripe_customer_ids)`,
  );
  const twice = await forget(app, String(nameless[0]?.["id"]));
  expect([twice.code, twice.output]).toEqual([0, expect.stringContaining("was forgotten before")]);
});

test("nothing tells any more to whom a trial was offered, and who had it", async ({ app }) => {
  await offerTrials(app, { starter: 14 });
  const cal = app.person("cal");
  await cal.buy("starter");
  await settled(app);
  await until("the trial is settled", async () => {
    const open = "select 1 from trial_redemptions where settled_at is null";
    return (await app.connection.db.execute(open)).length === 0;
  });
  const marks = await app.connection.db.execute<{ mark: string }>("select email_mark as mark from trial_offers");
  expect(marks).toHaveLength(1);
  const personal = marks.map(({ mark }) => mark);
  expect(await tablesWith(app, personal)).toEqual(["trial_offers", "trial_redemptions"]);
  const { code, output } = await forget(app, cal.sub);
  expect(code, output).toBe(0);
  await quiet(app);
  expect(await tablesWith(app, personal)).toEqual([]);
});

test("nobody is forgotten without a yes", async ({ app }) => {
  const { ended, output } = await start(app, "forget", "augusta-1815");
  expect(await ended, output()).toBe(2);
  expect(output()).toContain("add --yes");
});
