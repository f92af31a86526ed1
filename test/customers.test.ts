import { count, sql } from "drizzle-orm";
import { expect } from "vitest";
import { type TestApp, test } from "./support/app.js";
import { quiet } from "./support/quiet.js";
import { register, rowsOf, selfQuery, stripeCustomersOf } from "./support/registration.js";
import { apiRequests } from "./support/stripe.js";
import { until } from "./support/until.js";

test("64 registrations at once make one row and one Stripe customer", async ({ app }) => {
  const before = (await apiRequests(app, "POST", "/v1/customers")).length;
  const many = app.person("many");
  const answers = await Promise.all(Array.from({ length: 64 }, () => register(many)));

  const registered = answers.filter(({ customer }) => customer !== null);
  expect(registered.length).toBeGreaterThan(0);
  expect(new Set(registered.map(({ customer }) => JSON.stringify(customer))).size).toBe(1);
  for (const { customer, userErrors } of answers)
    expect(userErrors.map(({ code }: { code: string }) => code)).toEqual(customer ? [] : ["REQUEST_IN_PROGRESS"]);

  const [row, ...others] = await rowsOf(app, "many");
  expect(others).toEqual([]);
  expect((await stripeCustomersOf(app, "many@example.com")).map(({ id }) => id)).toEqual([row?.stripeCustomerId]);
  expect(await apiRequests(app, "POST", "/v1/customers")).toHaveLength(before + 1);
});

test("who says nothing is registered with the e-mail and name of the token", async ({ app }) => {
  const { customer, userErrors } = await register(app.person("plain"));
  expect(userErrors).toEqual([]);
  expect(customer).toEqual({
    id: expect.stringMatching(/^bcus_[0-9a-f]{32}$/),
    externalId: "plain",
    email: "plain@example.com",
    name: "plain",
    currency: null,
    createdAt: expect.any(String),
    tier: { slug: "free" },
  });
  const [atStripe] = await stripeCustomersOf(app, "plain@example.com");
  expect(atStripe).toMatchObject({ name: "plain", metadata: { billing_external_id: "plain" } });
});

test("an e-mail and a name that are given go before those of the token", async ({ app }) => {
  const { customer } = await register(app.person("given"), { email: "billing@given.example", name: "Given Ltd" });
  expect(customer).toMatchObject({ email: "billing@given.example", name: "Given Ltd" });
  expect(await stripeCustomersOf(app, "given@example.com")).toEqual([]);
  expect(await stripeCustomersOf(app, "billing@given.example")).toMatchObject([{ name: "Given Ltd" }]);
});

test("an e-mail or name that is given later changes the Stripe customer, and the other stays", async ({ app }) => {
  const mover = app.person("mover");
  const first = await register(mover);
  const renamed = await register(mover, { name: "Mover & Sons" });
  expect(renamed.customer).toEqual({ ...first.customer, name: "Mover & Sons" });
  const moved = await register(mover, { email: "new@mover.example" });
  expect(moved.customer).toEqual({ ...renamed.customer, email: "new@mover.example" });

  const [row] = await rowsOf(app, "mover");
  const atStripe = await app.stripe.customers.retrieve(row?.stripeCustomerId ?? "");
  expect(atStripe).toMatchObject({ email: "new@mover.example", name: "Mover & Sons" });
  expect(await register(mover)).toEqual(moved);
});

test.for([
  ["nothing", ""],
  ["no @", "not an address"],
  ["nobody before its @", "@example.com"],
  ["no domain", "ada@"],
  ["two addresses", "ada@example.com, eve@example.com"],
  ["a line break", "ada\n@example.com"],
  ["a control character", "ada\u0000@example.com"],
  ["600 characters before its @", `${"a".repeat(600)}@example.com`],
])("an e-mail address with %s is refused, and nobody is registered with it", async ([, email], { app }) => {
  expect(await register(app.person("mistaken"), { email })).toEqual({
    customer: null,
    userErrors: [{ code: "INVALID_INPUT", message: expect.any(String), path: ["input", "email"], actionUrl: null }],
  });
  expect(await rowsOf(app, "mistaken")).toEqual([]);
});

test.for([
  ["of 257 characters", "n".repeat(257)],
  ["of blanks", "  "],
  ["of nothing", ""],
  ["with a control character", "Ada\u0000Lovelace"],
  ["with half a character", "Ada \ud83d"],
])("a name %s is refused, and nobody is registered with it", async ([, name], { app }) => {
  expect(await register(app.person("nameless"), { name })).toEqual({
    customer: null,
    userErrors: [{ code: "INVALID_INPUT", message: expect.any(String), path: ["input", "name"], actionUrl: null }],
  });
  expect(await rowsOf(app, "nameless")).toEqual([]);
});

test("a name of 256 characters, in any script, is kept as it is", async ({ app }) => {
  const name = "Ωσ語💶".padEnd(256, "x");
  expect((await register(app.person("longname"), { name })).customer.name).toBe(name);
});

test("a service registers the customer that it names, who then is that customer", async ({ app }) => {
  const backend = app.person("backend", { role: "service" });
  const { customer, userErrors } = await register(backend, { externalCustomerId: "org-7", email: "pay@org7.example" });
  expect(userErrors).toEqual([]);
  expect(customer).toMatchObject({ externalId: "org-7", email: "pay@org7.example", name: null });
  const { viewer } = await app.person("org-7").ask(selfQuery);
  expect(viewer.customer).toMatchObject({ id: customer.id, email: "pay@org7.example", name: null });
  expect(await rowsOf(app, "backend")).toEqual([]);
  expect((await backend.ask(selfQuery)).viewer.customer).toBeNull();
});

test.for([
  ["nobody", undefined],
  ["a customer of no name", ""],
  ["a customer of blanks", "  "],
  ["a customer of 201 characters", "x".repeat(201)],
  ["a customer with a control character", "org\u0000"],
  ["a customer with half a character", "org\udc00"],
] as const)("a service that names %s is refused", async ([, externalCustomerId], { app }) => {
  const backend = app.person("backend", { role: "service" });
  expect(await register(backend, { externalCustomerId })).toEqual({
    customer: null,
    userErrors: [
      { code: "INVALID_INPUT", message: expect.any(String), path: ["input", "externalCustomerId"], actionUrl: null },
    ],
  });
});

test.for(["customer", "staff member"] as const)(
  "the token of a %s may name no customer, nor itself",
  async (role, { app }) => {
    const person = app.person(`naming ${role}`, role === "customer" ? {} : { role: "admin" });
    for (const externalCustomerId of ["somebody-else", person.sub]) {
      const { customer, userErrors } = await register(person, { externalCustomerId });
      expect(customer).toBeNull();
      expect(userErrors).toMatchObject([{ code: "INVALID_INPUT", path: ["input", "externalCustomerId"] }]);
      expect(await rowsOf(app, externalCustomerId)).toEqual([]);
    }
  },
);

test("a payer without a row reads as a customer of the free tier, with the ID that it keeps", async ({ app }) => {
  const reader = app.person("reader");
  await quiet(app);
  const before = await rowCounts(app);
  const { viewer } = await reader.ask(selfQuery);
  expect(viewer.customer).toEqual({
    id: expect.stringMatching(/^bcus_[0-9a-f]{32}$/),
    externalId: "reader",
    email: "reader@example.com",
    name: "reader",
    createdAt: expect.any(String),
    tier: { slug: "free" },
    subscription: null,
  });
  const all = await reader.ask(`{
    entitlements { hasAccess } currentSubscription { id }
    invoices { totalCount } payments { nodes { id } } viewer { id customer { entitlements { id } } } }`);
  expect(all).toMatchObject({ currentSubscription: null, invoices: { totalCount: 0 }, payments: { nodes: [] } });
  expect(await rowCounts(app)).toEqual(before);

  const { customer } = await register(reader);
  expect(customer.id).toBe(viewer.customer.id);
  expect((await reader.ask(selfQuery)).viewer.customer).toMatchObject({
    id: viewer.customer.id,
    createdAt: customer.createdAt,
  });
  const after = await rowCounts(app);
  expect(after["users"]).toBe((before["users"] ?? 0) + 1);
});

test("an admin has everything without limit, and neither an account nor a subscription", async ({ app }) => {
  const admin = app.person("boss", { role: "admin" });
  const answer = await admin.ask(`{
    viewer { roles customer { id } } currentSubscription { id }
    entitlements { feature { kind } source hasAccess denialReason isUnlimited limit remaining upgradeTier { slug }
      much: hasAccess(quantity: 9007199254740991) } }`);
  expect(answer.viewer).toEqual({ roles: expect.arrayContaining(["ADMIN"]), customer: null });
  expect(answer.currentSubscription).toBeNull();
  expect(answer.entitlements).toHaveLength(7);
  for (const { feature, ...entitlement } of answer.entitlements) {
    expect(entitlement).toEqual({
      source: "ADMIN",
      hasAccess: true,
      much: true,
      denialReason: null,
      isUnlimited: feature.kind !== "SWITCH",
      limit: null,
      remaining: null,
      upgradeTier: null,
    });
  }
  expect(await rowsOf(app, "boss")).toEqual([]);
});

test("an admin who was registered has an account as well", async ({ app }) => {
  const admin = app.person("shareholder", { role: "admin" });
  const { customer } = await register(admin);
  const { viewer } = await admin.ask("{ viewer { customer { id tier { slug } subscription { id } } } }");
  expect(viewer.customer).toEqual({ id: customer.id, tier: { slug: "admin_unlimited" }, subscription: null });
});

test("a profile that was changed at Stripe arrives by webhook", async ({ app }) => {
  const known = app.person("known");
  await register(known);
  const [row] = await rowsOf(app, "known");
  await app.stripe.customers.update(row?.stripeCustomerId ?? "", { email: "desk@known.example", name: "The desk" });
  const arrived = await until("the new e-mail to arrive", async () => {
    const { customer } = (await known.ask(selfQuery)).viewer;
    return customer.email === "desk@known.example" && customer;
  });
  expect(arrived).toMatchObject({ externalId: "known", name: "The desk" });
});

test("the profile of a Stripe customer that was deleted stays on record", async ({ app }) => {
  const gone = app.person("gone");
  const { customer } = await register(gone);
  const [row] = await rowsOf(app, "gone");
  await app.stripe.customers.del(row?.stripeCustomerId ?? "");
  await quiet(app);
  expect((await gone.ask(selfQuery)).viewer.customer).toMatchObject({ id: customer.id, email: "gone@example.com" });
});

/** How many rows there are in each table of the service. */
async function rowCounts(app: TestApp): Promise<Record<string, number>> {
  const { db } = app.connection;
  const tables = await db.execute<{ name: string }>(
    sql`select table_name as name from information_schema.tables
        where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`,
  );
  const counts = tables.map(async ({ name }) => {
    const [row] = await db.select({ rows: count() }).from(sql`${sql.identifier(name)}`);
    return [name, row?.rows ?? 0] as const;
  });
  return Object.fromEntries(await Promise.all(counts));
}
