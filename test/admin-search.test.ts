import { readdirSync, readFileSync } from "node:fs";
import { expect, test as plain } from "vitest";
import { openSql } from "../src/db/client.js";
import { test as base } from "./support/app.js";
import { cloneDatabase } from "./support/database.js";
import { codesOf } from "./support/graphql.js";
import type { Person } from "./support/person.js";
import { writeCustomer, writeSubscription } from "./support/staff.js";

interface Scene {
  readonly admin: Person;
  readonly ids: Readonly<Record<string, { readonly customer: string; readonly subscription: string }>>;
}

/** Each is called as they are in the product; the rest is what staff may know of them. */
const people = {
  ada: { name: "Ada Lovelace", email: "Countess@Example.com", stripeCustomerId: "cus_Ada1" },
  bob: { name: "Bob_100%", email: "bob@work.example", formerStripeCustomerIds: ["cus_Old", "cus_Older"] },
  cid: { name: "Back\\slash", email: null, stripeCustomerId: "cus_Cid1" },
  "Org-42": { name: "ÅNGSTRÖM & Søn", email: "o'hara@example.com" },
  eve: { name: null, email: null },
  "ada'); drop table users; --": { name: "x", email: "x@x" },
};

const test = base.extend<{ scene: Scene }>({
  scene: [
    async ({ app }, use) => {
      const ids: Record<string, { customer: string; subscription: string }> = {};
      for (const [externalId, profile] of Object.entries(people)) {
        const customer = await writeCustomer(app, externalId, profile);
        const stripeSubscriptionId = `sub_${Object.keys(ids).length}`;
        ids[externalId] = {
          customer,
          subscription: await writeSubscription(app, externalId, { stripeSubscriptionId }),
        };
      }
      await use({ admin: app.person("root", { role: "admin" }), ids });
    },
    { scope: "file" },
  ],
});

/** Whom a search finds, as a customer and by their subscription. */
async function find(admin: Person, search: string | null) {
  const data = await admin.ask(
    `query ($search: String) {
      adminCustomers(search: $search, first: 100) { totalCount nodes { externalId } }
      adminSubscriptions(search: $search, first: 100) { totalCount nodes { customer { externalId } } } }`,
    { search },
  );
  const { adminCustomers: customers, adminSubscriptions: subscriptions } = data;
  expect(customers.totalCount).toBe(customers.nodes.length);
  expect(subscriptions.totalCount).toBe(subscriptions.nodes.length);
  return {
    customers: customers.nodes.map((one: { externalId: string }) => one.externalId).sort(),
    subscriptions: subscriptions.nodes
      .map((one: { customer: { externalId: string } }) => one.customer.externalId)
      .sort(),
  };
}

test.for([
  ["a part of a name", "Lovel", ["ada"]],
  ["a name in another case", "aDA LOVE", ["ada"]],
  ["a name beyond ASCII in another case", "ångström & sØn", ["Org-42"]],
  ["a part of an address", "COUNTESS@", ["ada"]],
  ["what a name and an address have in common", "o", ["Org-42", "ada", "bob"]],
  ["an external ID", "eve", ["eve"]],
  ["only a part of an external ID", "Org-4", []],
  ["an external ID in another case", "org-42", []],
  ["a Stripe customer", "cus_Ada1", ["ada"]],
  ["a Stripe customer of before", "cus_Older", ["bob"]],
  ["only a part of a Stripe customer", "cus_", []],
  ["with space around it", "  \t Lovel\n", ["ada"]],
  ["with a percent sign", "0%", ["bob"]],
  ["nothing but a percent sign", "%", ["bob"]],
  ["with an underscore", "b_1", ["bob"]],
  ["nothing but an underscore", "_", ["bob"]],
  ["an underscore for any character", "A_a", []],
  ["with a backslash", "k\\s", ["cid"]],
  ["nothing but a backslash", "\\", ["cid"]],
  ["a backslash before a wildcard", "\\%", []],
  ["a quote", "o'h", ["Org-42"]],
  ["the end of a statement", "' or true; --", []],
  ["an external ID that is a statement", "ada'); drop table users; --", ["ada'); drop table users; --"]],
  ["a placeholder", "$1", []],
  ["a regular expression", ".*", []],
  ["what nobody is called", "zzzzzz", []],
  ["a hundred characters", "a".repeat(100), []],
] as const)("%s finds whom it should, and their subscriptions", async ([_what, search, expected], { scene }) => {
  expect(await find(scene.admin, search)).toEqual({ customers: expected, subscriptions: expected });
});

test.for([null, "", "   ", "\n\t"])("%o is no search", async (search, { scene: { admin } }) => {
  const all = Object.keys(people).sort();
  expect(await find(admin, search)).toEqual({ customers: all, subscriptions: all });
});

test("global IDs find a customer, and of a subscription that one alone", async ({ app, scene: { admin, ids } }) => {
  await writeSubscription(app, "eve", { stripeSubscriptionId: "sub_second", status: "CANCELED" });
  expect(await find(admin, ids["eve"]?.customer ?? "")).toEqual({ customers: ["eve"], subscriptions: ["eve", "eve"] });
  expect(await find(admin, ids["eve"]?.subscription ?? "")).toEqual({ customers: [], subscriptions: ["eve"] });
  expect(await find(admin, "sub_second")).toEqual({ customers: [], subscriptions: ["eve"] });
  expect(await find(admin, (ids["eve"]?.customer ?? "").slice(0, -1))).toEqual({ customers: [], subscriptions: [] });
});

test("a search narrows with the filter, and pages like any list", async ({ scene: { admin } }) => {
  const { adminCustomers } = await admin.ask(`{ adminCustomers(search: "o", filter: { tier: ["professional"] },
    sort: { field: NAME, direction: ASC }, first: 2) { totalCount nodes { externalId } pageInfo { endCursor hasNextPage } } }`);
  expect(adminCustomers).toMatchObject({
    totalCount: 3,
    nodes: [{ externalId: "ada" }, { externalId: "bob" }],
    pageInfo: { hasNextPage: true },
  });
  const next = await admin.ask(
    `query ($after: String) { adminCustomers(search: "o", after: $after, sort: { field: NAME, direction: ASC }) {
      nodes { externalId } pageInfo { hasNextPage } } }`,
    { after: adminCustomers.pageInfo.endCursor },
  );
  expect(next.adminCustomers).toEqual({ nodes: [{ externalId: "Org-42" }], pageInfo: { hasNextPage: false } });
});

test.for([
  ["101 characters", "a".repeat(101)],
  ["megabytes", "%".repeat(50_000)],
  ["a NUL", "a\0b"],
  ["a line break inside", "a\nb"],
  ["an escape", "a\u001bb"],
  ["half a character", "a\ud800b"],
] as const)("a search of %s is refused", async ([_what, search], { scene: { admin } }) => {
  for (const list of ["adminCustomers", "adminSubscriptions"]) {
    const answer = await admin.graphql(`query ($search: String) { ${list}(search: $search) { totalCount } }`, {
      search,
    });
    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(answer.errors?.[0]?.message).toMatch(/`search` must be a text of at most 100 characters without control/);
  }
});

plain("who may not create the extension migrates all the same, and gets the indexes later", async () => {
  const file = readdirSync("drizzle").find((name) => name.endsWith("_admin_search.sql"));
  const migration = readFileSync(`drizzle/${file}`, "utf8");
  const database = await cloneDatabase();
  const sql = openSql(database.url, { max: 1, applicationName: "tests" });
  const indexes = async () =>
    (await sql`select indexname from pg_indexes where indexname like 'users_%_search_idx' order by 1`).map(
      ({ indexname }) => indexname,
    );
  expect(await indexes()).toEqual(["users_email_search_idx", "users_name_search_idx"]);
  await sql`drop extension pg_trgm cascade`;
  expect(await indexes()).toEqual([]);
  const role = `poor_${Date.now()}`;
  await sql.unsafe(`create role ${role}; grant usage on schema public to ${role}; set role ${role}`);
  await sql.unsafe(migration);
  await sql.unsafe("reset role");
  expect(await indexes()).toEqual([]);
  await sql.unsafe(migration);
  expect(await indexes()).toHaveLength(2);
  await sql.unsafe(`drop owned by ${role}; drop role ${role}`);
  await sql.end();
  await database.drop();
});
