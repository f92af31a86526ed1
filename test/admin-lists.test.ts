import { expect, test as plain } from "vitest";
import { test as base, startTestApp, type TestApp } from "./support/app.js";
import { pushChanged } from "./support/catalog.js";
import { startCountedApp } from "./support/counted-app.js";
import { documentedOperations } from "./support/documented.js";
import { codesOf } from "./support/graphql.js";
import { fallBehind } from "./support/objects.js";
import type { Person } from "./support/person.js";
import { quiet } from "./support/quiet.js";
import { longAgo, writeCustomer, writeSubscription } from "./support/staff.js";

const day = (nth: number) => new Date(longAgo.getTime() + nth * 86_400_000);

/** Eight customers: what each is told by their name. */
const test = base.extend<{ admin: Person }>({
  admin: [
    async ({ app }, use) => {
      await writeCustomer(app, "free", { createdAt: day(1), email: "free@example.com" });
      await writeCustomer(app, "pro", { createdAt: day(2) });
      await writeSubscription(app, "pro", { startedAt: day(2) });
      await writeCustomer(app, "trial", { createdAt: day(3) });
      await writeSubscription(app, "trial", { status: "TRIALING", tierSlug: "starter", startedAt: day(3) });
      await writeCustomer(app, "leaving", { createdAt: day(4) });
      await writeSubscription(app, "leaving", { tierSlug: "starter", startedAt: day(4), cancelsAt: day(30) });
      await writeCustomer(app, "left", { createdAt: day(5) });
      await writeSubscription(app, "left", { status: "CANCELED", startedAt: day(5), endedAt: day(20) });
      await writeCustomer(app, "back", { createdAt: day(6) });
      await writeSubscription(app, "back", { status: "CANCELED", tierSlug: "starter", startedAt: day(6) });
      await writeSubscription(app, "back", { tierSlug: "enterprise", startedAt: day(7) });
      await writeCustomer(app, "late", { createdAt: day(8) });
      const justNow = new Date(app.now().getTime() - 1);
      await writeSubscription(app, "late", { status: "PAST_DUE", startedAt: day(8), pastDueSince: justNow });
      await writeCustomer(app, "too-late", { createdAt: day(9) });
      await writeSubscription(app, "too-late", { status: "PAST_DUE", startedAt: day(9), pastDueSince: longAgo });
      await writeCustomer(app, "odd", { createdAt: day(10) });
      await writeSubscription(app, "odd", { tierSlug: null, startedAt: day(10) });
      await use(app.person("root", { role: "admin" }));
    },
    { scope: "file" },
  ],
});

const everybody = ["free", "pro", "trial", "leaving", "left", "back", "late", "too-late", "odd"];

async function customersWith(admin: Person, filter: object | null): Promise<string[]> {
  const { adminCustomers } = await admin.ask(
    `query ($filter: AdminCustomerFilter) { adminCustomers(filter: $filter, first: 100, sort: { direction: ASC }) {
      totalCount nodes { externalId } } }`,
    { filter },
  );
  expect(adminCustomers.totalCount).toBe(adminCustomers.nodes.length);
  return adminCustomers.nodes.map(({ externalId }: { externalId: string }) => externalId);
}

async function subscriptionsWith(admin: Person, filter: object | null): Promise<string[]> {
  const { adminSubscriptions } = await admin.ask(
    `query ($filter: AdminSubscriptionFilter) { adminSubscriptions(filter: $filter, first: 100, sort: { direction: ASC }) {
      totalCount nodes { customer { externalId } } } }`,
    { filter },
  );
  expect(adminSubscriptions.totalCount).toBe(adminSubscriptions.nodes.length);
  return adminSubscriptions.nodes.map(({ customer }: { customer: { externalId: string } }) => customer.externalId);
}

test("customers are found by the tier in force, which is what each of them shows", async ({ admin }) => {
  const { adminCustomers } = await admin.ask(
    "{ adminCustomers(first: 100, sort: { direction: ASC }) { nodes { externalId tier { slug } } } }",
  );
  const shown = new Map<string, string[]>();
  for (const { externalId, tier } of adminCustomers.nodes)
    shown.set(tier.slug, [...(shown.get(tier.slug) ?? []), externalId]);
  expect(Object.fromEntries(shown)).toEqual({
    free: ["free", "left", "too-late", "odd"],
    starter: ["trial", "leaving"],
    professional: ["pro", "late"],
    enterprise: ["back"],
  });
  for (const [slug, externalIds] of shown) expect(await customersWith(admin, { tier: [slug] })).toEqual(externalIds);
  expect(await customersWith(admin, { tier: ["professional", "enterprise"] })).toEqual(["pro", "back", "late"]);
  expect(await customersWith(admin, { tier: [] })).toEqual([]);
});

test("customers are found by when they were created, half-open", async ({ admin }) => {
  expect(await customersWith(admin, { createdAt: { from: day(2), to: day(4) } })).toEqual(["pro", "trial"]);
  expect(await customersWith(admin, { createdAt: { from: day(8) }, tier: ["free"] })).toEqual(["too-late", "odd"]);
});

test("a filter that says nothing lets everything through", async ({ admin }) => {
  for (const filter of [null, {}, { tier: null, createdAt: null }, { createdAt: { from: null } }])
    expect(await customersWith(admin, filter)).toEqual(everybody);
  const nothing = { status: null, tier: null, origin: null, startedAt: null, cancelsAt: {} };
  for (const filter of [null, {}, nothing]) expect(await subscriptionsWith(admin, filter)).toHaveLength(9);
});

test.for([
  [{ status: ["TRIALING", "CANCELED"] }, ["trial", "left", "back"]],
  [{ status: [] }, []],
  [{ tier: ["starter"] }, ["trial", "leaving", "back"]],
  [{ tier: ["free"] }, ["odd"]],
  [{ tier: [] }, []],
  [{ tier: ["starter", "enterprise"], status: ["ACTIVE"] }, ["leaving", "back"]],
  [{ origin: ["GRANT"] }, []],
  [{ origin: [] }, []],
  [{ origin: ["PURCHASE", "GRANT"], tier: ["enterprise"] }, ["back"]],
  [{ startedAt: { from: day(6), to: day(8) } }, ["back", "back"]],
  [{ cancelsAt: { from: day(30) } }, ["leaving"]],
  [{ cancelsAt: { to: day(30) } }, []],
] as const)("subscriptions with %o are %o", async ([filter, expected], { admin }) => {
  expect(await subscriptionsWith(admin, filter)).toEqual(expected);
});

test.for([
  ["adminCustomers", '{ tier: ["free", "telepathy"] }', /no tier `telepathy`. There are: .*professional/],
  ["adminSubscriptions", '{ tier: [""] }', /no tier ``/],
  [
    "adminCustomers",
    '{ createdAt: { from: "2026-02-01T00:00:00Z", to: "2026-01-01T00:00:00Z" } }',
    /createdAt.from.*swap/,
  ],
  ["adminSubscriptions", '{ cancelsAt: { to: "9999-12-31T23:00:00-05:00" } }', /cancelsAt.to.*9999/],
  ["adminSubscriptions", '{ startedAt: { from: "0001-01-01T00:00:00+05:00" } }', /startedAt.from.*9999/],
] as const)("%s with the filter %s is refused with what would be right", async ([list, filter, says], { admin }) => {
  const answer = await admin.graphql(`{ ${list}(filter: ${filter}) { totalCount } }`);
  expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
  expect(answer.errors?.[0]?.message).toMatch(says);
});

test.for([
  "{ adminCustomers(first: 101) { totalCount } }",
  "{ adminSubscriptions(first: 1, last: 1) { totalCount } }",
  "{ adminSubscriptions(last: -1) { totalCount } }",
  "{ adminSubscriptions(sort: { field: NAME }) { totalCount } }",
  "{ adminCustomers(sort: { field: null }) { totalCount } }",
  '{ adminCustomers(sort: "NAME") { totalCount } }',
  "{ adminCustomers(search: 1) { totalCount } }",
  '{ adminSubscriptions(filter: { status: ["ACTIVE"] }) { totalCount } }',
  "{ adminSubscriptions(filter: { status: [SOLD] }) { totalCount } }",
])("%s is refused", async (query, { admin }) => {
  expect(["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"]).toContain(codesOf(await admin.graphql(query))[0]);
});

test("one customer is found by either ID, and only by one of them", async ({ admin }) => {
  const ask = async (args: string) => (await admin.ask(`{ adminCustomer${args} { id externalId } }`)).adminCustomer;
  const pro = await ask('(externalId: "pro")');
  expect(pro).toEqual({ id: expect.stringMatching(/^bcus_/), externalId: "pro" });
  expect(await ask(`(id: "${pro.id}")`)).toEqual(pro);
  expect(await ask(`(id: "${pro.id}", externalId: null)`)).toEqual(pro);
  for (const nobody of ['externalId: "nobody"', 'externalId: ""', 'externalId: "pro\\u0000"', 'id: "pro"', 'id: ""'])
    expect(await ask(`(${nobody})`)).toBeNull();
  expect(await ask(`(id: "${pro.id.replace("bcus_", "bsub_")}")`)).toBeNull();
  expect(await ask(`(id: "bcus_${"0".repeat(32)}")`)).toBeNull();
  for (const neither of ["", `(id: "${pro.id}", externalId: "pro")`, "(id: null)"]) {
    const answer = await admin.graphql(`{ adminCustomer${neither} { id } }`);
    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(answer.errors?.[0]?.message).toMatch(/exactly one of `id` and `externalId`/);
  }
});

test("staff alone may ask", async ({ app, admin }) => {
  const callers = [
    [undefined, "UNAUTHENTICATED"],
    [app.person("pro").token, "FORBIDDEN"],
    [app.person("backend", { role: "service" }).token, "FORBIDDEN"],
  ] as const;
  for (const query of [
    "{ adminCustomers { totalCount nodes { id } } }",
    "{ adminSubscriptions { edges { mrr { amount } } } }",
    '{ adminCustomer(externalId: "pro") { id } }',
    "{ adminCustomer { id } }",
    '{ adminCustomers(search: "\\u0000", filter: { tier: ["telepathy"] }) { totalCount } }',
  ]) {
    for (const [token, code] of callers) {
      const answer = await app.graphql(query, {}, token);
      expect([codesOf(answer), Object.values(answer.data)]).toEqual([[code], [null]]);
    }
  }
  expect((await admin.ask("{ adminCustomers { totalCount } }")).adminCustomers.totalCount).toBe(everybody.length);
});

test("the operations that the documentation gives to staff answer", async ({ admin }) => {
  // What staff may do to customers is tested where it is done.
  const blocks = documentedOperations("Looking after customers").filter((block) => block.startsWith("query"));
  expect(blocks).toHaveLength(2);
  for (const block of blocks) {
    const answer: Record<string, { edges: unknown[] }> = await admin.ask(block);
    for (const { edges } of Object.values(answer)) expect(edges.length).toBeGreaterThan(0);
  }
});

plain("what a grace that ran out and a new price list change is seen at once", async () => {
  const { app, stop } = await startTestApp();
  const admin = app.person("root", { role: "admin" });
  await app.customerOn("professional", "ada");
  await fallBehind(app, "ada");
  expect(await customersWith(admin, { tier: ["professional"] })).toEqual(["ada"]);
  await app.sandbox.advance(8 * 24 * 3_600);
  expect(await customersWith(admin, { tier: ["professional"] })).toEqual([]);
  expect(await customersWith(admin, { tier: ["free"] })).toEqual(["ada"]);
  await pushChanged(app, (definition) => ({
    ...definition,
    tiers: definition.tiers.map((tier) => ({ ...tier, isDefault: tier.slug === "starter" })),
  }));
  expect(await customersWith(admin, { tier: ["starter"] })).toEqual(["ada"]);
  await stop();
});

plain("a full page with all that belongs to it costs as many statements as a page of two", async () => {
  const { app, statements: asked, stop } = await startCountedApp();
  await writePeople(app, 100);
  const admin = app.person("root", { role: "admin" });
  for (const [query, statements] of pages) {
    await admin.ask(query, { first: 1 });
    const cost = async (first: number) => {
      const before = asked();
      const data = await admin.ask(query, { first });
      expect(data.list.edges).toHaveLength(first);
      return asked() - before;
    };
    expect([await cost(2), await cost(100)]).toEqual([statements, statements]);
  }
  await stop();
});

/** Each with how many statements it takes: the list, its count, and one for each kind of thing that belongs to it. */
const pages = [
  [
    `query ($first: Int) { list: adminSubscriptions(first: $first) { edges { mrr { amount } node { tier { slug } isEntitling
      discount { name } customer { name tier { slug } subscription { tier { slug } } entitlements { hasAccess } } } } } }`,
    6,
  ],
  [
    `query ($first: Int) { list: adminCustomers(first: $first, sort: { field: NAME }) { totalCount
      edges { lifetimeValue { amount } node { tier { slug } subscription { customer { email } } } } } }`,
    7,
  ],
  ["query ($first: Int) { list: adminCustomers(first: $first) { edges { node { id } } } }", 1],
] as const;

async function writePeople(app: TestApp, count: number): Promise<void> {
  for (let nth = 0; nth < count; nth++) {
    await writeCustomer(app, `one-${nth}`, { name: `One ${nth}` });
    await writeSubscription(app, `one-${nth}`);
  }
  await quiet(app);
}
