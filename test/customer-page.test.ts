import { expect } from "vitest";
import { customerPages } from "../src/stripe/dashboard.js";
import { test as base } from "./support/app.js";
import { codesOf } from "./support/graphql.js";
import type { Person } from "./support/person.js";
import { quiet } from "./support/quiet.js";

/** A customer who has bought, the host product's back end, and staff. */
const test = base.extend<{ ada: Person; backend: Person; staff: Person }>({
  ada: [
    async ({ app }, use) => {
      const ada = await app.customerOn("professional", "ada");
      await quiet(app);
      await use(ada);
    },
    { scope: "file" },
  ],
  backend: ({ app }, use) => use(app.person("backend", { role: "service" })),
  staff: ({ app }, use) => use(app.person("staff", { role: "admin" })),
});

const fragment = `fragment CustomerPage on Customer {
  id externalId email name currency createdAt tier { slug }
  subscription { id status isEntitling currentPeriod { end } price { id } customer { id } }
  entitlements { id limit used hasAccess feature { key } } entitlement(feature: "guests") { id }
  usageHistory(feature: "guests", from: "2026-01-01T00:00:00Z", to: "2026-01-03T00:00:00Z") { total }
  invoices(first: 5) { totalCount edges { cursor node { id payments { id } } } }
  payments(last: 5, filter: { status: [SUCCEEDED] }) { totalCount nodes { id invoice { id } } } }`;

test("one fragment shows the same customer to the customer, to the back end and to staff, by whichever way", async ({
  ada,
  backend,
  staff,
}) => {
  const { viewer } = await ada.ask(`{ viewer { customer { ...CustomerPage } } } ${fragment}`);
  expect(viewer.customer).toMatchObject({ tier: { slug: "professional" }, invoices: { totalCount: 1 } });
  const page = viewer.customer;
  const byId = `query ($id: ID!) { node(id: $id) { ...CustomerPage } } ${fragment}`;
  for (const person of [ada, backend, staff])
    expect((await person.ask(byId, { id: page.id })).node, person.sub).toEqual(page);
  const byName = `{ customer(externalId: "ada") { ...CustomerPage } } ${fragment}`;
  for (const person of [backend, staff]) expect((await person.ask(byName)).customer, person.sub).toEqual(page);
});

test("a customer the service names and who never bought is on the free tier, under the ID that stays", async ({
  app,
  backend,
  staff,
}) => {
  const byName = `{ customer(externalId: "newcomer") {
    id externalId email tier { slug isFree } subscription { id } entitlement(feature: "guests") { id hasAccess limit }
    invoices { totalCount } payments { nodes { id } } } }`;
  const { customer } = await backend.ask(byName);
  expect(customer).toMatchObject({
    externalId: "newcomer",
    email: null,
    tier: { isFree: true },
    subscription: null,
    entitlement: { hasAccess: true },
    invoices: { totalCount: 0 },
    payments: { nodes: [] },
  });
  expect((await staff.ask(byName)).customer).toEqual(customer);
  await app.person("newcomer").ask("mutation { registerCustomer(input: {}) { customer { id } } }");
  expect((await backend.ask(byName)).customer).toEqual({ ...customer, email: "newcomer@example.com" });
});

test.for([
  ["nothing", ""],
  ["blanks", "  "],
  ["201 characters", "x".repeat(201)],
  ["a NUL", "a\u0000b"],
  ["a line break", "a\nb"],
  ["half a character", "a\ud800"],
])("a customer is not looked for by %s", async ([, externalId], { backend }) => {
  const answer = await backend.graphql("query ($id: ID!) { customer(externalId: $id) { id } }", { id: externalId });
  expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
  expect(answer.errors?.[0]?.message).toMatch(/1 to 200 characters/);
});

test("IDs of any letters are fine, also such as SQL knows", async ({ backend }) => {
  for (const externalId of ["Zoë 🎥", "o'hara", "%", "org_1:2/3", "' or 1=1 --"]) {
    const { customer } = await backend.ask("query ($id: ID!) { customer(externalId: $id) { externalId } }", {
      id: externalId,
    });
    expect(customer).toEqual({ externalId });
  }
});

test("staff find the customer at Stripe by a link, and nobody else learns of it", async ({
  app,
  ada,
  backend,
  staff,
}) => {
  const [known] = (await app.stripe.customers.list({ email: "ada@example.com" })).data;
  const byName = '{ customer(externalId: "ada") { stripeUrl } }';
  expect((await staff.ask(byName)).customer.stripeUrl).toBe(`https://dashboard.stripe.com/test/customers/${known?.id}`);
  expect((await backend.ask(byName)).customer.stripeUrl).toBeNull();
  expect((await ada.ask("{ viewer { customer { stripeUrl } } }")).viewer.customer.stripeUrl).toBeNull();
  // Not known at Stripe yet.
  expect((await staff.ask('{ customer(externalId: "nobody") { stripeUrl } }')).customer.stripeUrl).toBeNull();
});

test.for([
  ["sk_live_1", "https://dashboard.stripe.com/customers/cus_1"],
  ["rk_live_1", "https://dashboard.stripe.com/customers/cus_1"],
  ["sk_test_1", "https://dashboard.stripe.com/test/customers/cus_1"],
  ["rk_test_1", "https://dashboard.stripe.com/test/customers/cus_1"],
] as const)("the link of a key %s is %s", ([key, link]) => {
  expect(customerPages(key)("cus_1")).toBe(link);
});

test("usage over time is gated for the customer, and open to who looks into the account from outside", async ({
  app,
  backend,
  staff,
}) => {
  await app.person("frugal").ask("mutation { registerCustomer(input: {}) { customer { id } } }");
  const history = 'usageHistory(feature: "guests", from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z") { total }';
  const own = await app.person("frugal").graphql(`{ viewer { customer { ${history} } } }`);
  expect(codesOf(own)).toEqual(["UPGRADE_REQUIRED"]);
  for (const person of [backend, staff])
    expect((await person.ask(`{ customer(externalId: "frugal") { ${history} } }`)).customer).toEqual({
      usageHistory: { total: 0 },
    });
});
