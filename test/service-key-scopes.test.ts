import { readFileSync } from "node:fs";
import { buildSchema } from "graphql";
import { expect } from "vitest";
import { type ServiceKeyScope, serviceKeyScopes } from "../src/auth/viewer.js";
import { test as base } from "./support/app.js";
import { fieldsOf } from "./support/doors.js";
import { type Answer, codesOf } from "./support/graphql.js";
import { makePerson, returnUrl } from "./support/person.js";
import { buyOneOfEverything } from "./support/possessions.js";
import { issueKey } from "./support/service-key.js";
import { setAside } from "./support/usage.js";

/** Ada has one of everything, whose IDs are known by type; and for each scope there is a key with it alone. */
interface Scene {
  readonly ids: Readonly<Record<string, string>>;
  readonly keys: readonly (readonly [ServiceKeyScope, secret: string])[];
}

const test = base.extend<{ scene: Scene }>({
  scene: [
    async ({ app }, use) => {
      const bought = await buyOneOfEverything(app.person("ada"));
      const ids = { ...bought, UsageReservation: await setAside(app, "ada") };
      const root = app.person("root", { role: "admin" });
      const issued = serviceKeyScopes.map(async (scope) => [scope, (await issueKey(root, [scope])).secret] as const);
      await use({ ids, keys: await Promise.all(issued) });
    },
    { scope: "file" },
  ],
});

type Scopes = readonly ServiceKeyScope[];
const reading: Scopes = ["CUSTOMERS_READ"];
const gating: Scopes = ["CUSTOMERS_READ", "ENTITLEMENTS_READ"];
const following: Scopes = ["CHECKOUT_WRITE", "CUSTOMERS_READ"];

const named = 'externalCustomerId: "ada"';
const since = 'from: "2026-01-01T00:00:00Z"';

/** What a service may call, with any of which scopes. */
const roots: readonly (readonly [operation: string, scopes: Scopes])[] = [
  ['{ customer(externalId: "ada") { id externalId createdAt } }', gating],
  ['{ checkoutSession(id: "{CheckoutSession}") { status subscription { status } } }', following],
  [`mutation { registerCustomer(input: { ${named} }) { customer { id externalId } } }`, ["CUSTOMERS_WRITE"]],
  [
    `mutation { createCheckoutSession(input: { ${named} priceId: "{TierPrice}", returnUrl: "${returnUrl}" }) { userErrors { code } } }`,
    ["CHECKOUT_WRITE"],
  ],
  [
    `mutation { createPortalSession(input: { ${named} returnUrl: "${returnUrl}" }) { userErrors { code } } }`,
    ["CHECKOUT_WRITE"],
  ],
  [`mutation { recordUsage(input: { ${named} events: [] }) { userErrors { code } } }`, ["USAGE_WRITE"]],
  [
    `mutation { reserveUsage(input: { ${named} feature: "guests", quantity: 1, expiresAt: "2020-01-01T00:00:00Z", idempotencyKey: "k" }) { userErrors { code } } }`,
    ["USAGE_WRITE"],
  ],
  [
    'mutation { settleUsage(input: { reservationId: "{UsageReservation}", quantity: 1 }) { userErrors { code } } }',
    ["USAGE_WRITE"],
  ],
];

test("the changes of what customers may use are heard with a scope to read them", async ({ app, scene: { keys } }) => {
  for (const [scope, secret] of keys) {
    const stream = await makePerson(app, scope, secret).subscribe("subscription { entitlementsChanged { cause } }");
    if (gating.includes(scope)) expect(stream.waiting).toEqual([]);
    else expect(codesOf(await stream.next())).toEqual(["FORBIDDEN"]);
    await stream.close();
  }
});

/** What of a customer whom it may look up a service sees. */
const ofCustomer: Readonly<Record<string, Scopes>> = {
  id: gating,
  externalId: gating,
  createdAt: gating,
  stripeUrl: gating,
  "tier { slug }": gating,
  'entitlement(feature: "guests") { id }': gating,
  "entitlements { id }": gating,
  "usage { id }": gating,
  [`usageHistory(feature: "guests", ${since}) { total }`]: gating,
  email: reading,
  name: reading,
  currency: reading,
  "balance { amount }": reading,
  "subscription { id }": reading,
  "invoices { totalCount }": reading,
  "payments { totalCount }": reading,
  "upcomingInvoice { chargedAt }": reading,
  "paymentMethod { kind }": reading,
};

/** What `node` finds for a service. */
const nodes: Readonly<Record<string, Scopes>> = {
  Tier: serviceKeyScopes,
  TierPrice: serviceKeyScopes,
  Feature: serviceKeyScopes,
  Customer: gating,
  Entitlement: gating,
  UsageSummary: gating,
  BillingSubscription: reading,
  Invoice: reading,
  Payment: reading,
  CheckoutSession: following,
  UsageReservation: ["CUSTOMERS_READ", "USAGE_WRITE"],
  Viewer: [],
};

function expectVerdict(scope: ServiceKeyScope, scopes: Scopes, answer: Answer): void {
  if (scopes.includes(scope))
    return void expect({ scope, errors: answer.errors }).toEqual({ scope, errors: undefined });
  expect({ scope, codes: codesOf(answer) }).toEqual({ scope, codes: ["FORBIDDEN"] });
  expect(answer.errors?.[0]?.message).toBe(`This needs a service key with the scope ${scopes.join(" or ")}.`);
}

test.for(roots)("%s needs %s", async ([operation, scopes], { app, scene: { ids, keys } }) => {
  const query = operation.replace(/\{(\w+)\}/, (_, type) => ids[type] ?? "");
  for (const [scope, secret] of keys) expectVerdict(scope, scopes, await app.graphql(query, {}, secret));
});

test.for(Object.entries(ofCustomer))(
  "of a customer, %s needs %s",
  async ([field, scopes], { app, scene: { keys } }) => {
    for (const [scope, secret] of keys.filter(([each]) => gating.includes(each))) {
      expectVerdict(scope, scopes, await app.graphql(`{ customer(externalId: "ada") { ${field} } }`, {}, secret));
    }
  },
);

test("what a field of `Customer` needs is known of every field", () => {
  const judged = Object.keys(ofCustomer).map((field) => field.replace(/\W.*$/s, ""));
  const existing = fieldsOf(buildSchema(readFileSync("schema.graphql", "utf8")), "Customer").map(({ name }) => name);
  expect(judged.toSorted()).toEqual(existing.toSorted());
});

test.for(Object.entries(nodes))(
  "`node` finds %s with its scopes, and nothing otherwise",
  async ([type, scopes], { app, scene }) => {
    for (const [scope, secret] of scene.keys) {
      const answer = await app.graphql("query ($id: ID!) { node(id: $id) { id } }", { id: scene.ids[type] }, secret);
      const node = scopes.includes(scope) ? { id: scene.ids[type] } : null;
      expect({ scope, data: answer.data, errors: answer.errors }).toEqual({ scope, data: { node }, errors: undefined });
    }
  },
);

test("the stream of a checkout opens with the scopes of the checkout, and for no other key", async ({ app, scene }) => {
  const query = "subscription ($id: ID!) { checkoutSessionUpdated(id: $id) { status } }";
  for (const [scope, secret] of scene.keys) {
    const stream = await makePerson(app, scope, secret).subscribe(query, { id: scene.ids["CheckoutSession"] });
    const { data, errors } = await stream.next();
    const [code] = (errors ?? []).map((error: { extensions: { code: string } }) => error.extensions.code);
    expect([scope, data?.checkoutSessionUpdated?.status ?? code]).toEqual([
      scope,
      following.includes(scope) ? "COMPLETE" : "FORBIDDEN",
    ]);
    await stream.close();
  }
});

test("a customer come upon by a mutation can be told apart, and no more than the scope allows is read of it", async ({
  app,
  scene: { keys },
}) => {
  const [, secret] = keys.find(([scope]) => scope === "CUSTOMERS_WRITE") ?? [];
  const register = (fields: string) =>
    app.graphql(`mutation { registerCustomer(input: { ${named} }) { customer { ${fields} } } }`, {}, secret);
  const { data } = await register("__typename id externalId createdAt");
  expect(data.registerCustomer.customer).toMatchObject({ externalId: "ada", createdAt: expect.any(String) });
  const answer = await register("externalId email tier { slug } invoices { totalCount }");
  expect(codesOf(answer)).toEqual(["FORBIDDEN", "FORBIDDEN", "FORBIDDEN"]);
  expect(answer.data.registerCustomer.customer).toEqual({
    externalId: "ada",
    email: null,
    tier: null,
    invoices: null,
  });
});

test("so is one come upon by a checkout", async ({ app, scene: { ids, keys } }) => {
  const [, secret] = keys.find(([scope]) => scope === "CHECKOUT_WRITE") ?? [];
  const query = `query ($id: ID!) { checkoutSession(id: $id) { subscription { availableActions customer { id email } } } }`;
  const answer = await app.graphql(query, { id: ids["CheckoutSession"] }, secret);
  expect(codesOf(answer)).toEqual(["FORBIDDEN"]);
  expect(answer.data.checkoutSession.subscription).toEqual({
    availableActions: ["OPEN_PORTAL", "UPDATE_PAYMENT_METHOD"],
    customer: { id: ids["Customer"], email: null },
  });
});

test("a service that may not act for a customer is told of no actions", async ({ app, scene: { ids, keys } }) => {
  const [, secret] = keys.find(([scope]) => scope === "CUSTOMERS_READ") ?? [];
  const query = "query ($id: ID!) { node(id: $id) { ... on BillingSubscription { availableActions } } }";
  const { data } = await app.graphql(query, { id: ids["BillingSubscription"] }, secret);
  expect(data.node).toEqual({ availableActions: [] });
});

test("a key with two scopes may do what either allows", async ({ app, scene }) => {
  const root = app.person("root", { role: "admin" });
  const { secret } = await issueKey(root, ["ENTITLEMENTS_READ", "CUSTOMERS_WRITE"]);
  for (const [operation, scopes] of roots) {
    const query = operation.replace(/\{(\w+)\}/, (_, type) => scene.ids[type] ?? "");
    const may = scopes.includes("ENTITLEMENTS_READ") || scopes.includes("CUSTOMERS_WRITE");
    expect(codesOf(await app.graphql(query, {}, secret)), operation).toEqual(may ? [] : ["FORBIDDEN"]);
  }
});

test("a service with a token of the host product may do all of it, as before", async ({ app, scene }) => {
  const { token } = app.person("backend", { role: "service" });
  for (const [operation] of roots) {
    const query = operation.replace(/\{(\w+)\}/, (_, type) => scene.ids[type] ?? "");
    expect((await app.graphql(query, {}, token)).errors, operation).toBeUndefined();
  }
  const all = `{ customer(externalId: "ada") { ${Object.keys(ofCustomer).join(" ")} } }`;
  expect((await app.graphql(all, {}, token)).errors).toBeUndefined();
});

test("a key has no account: what is about the caller's own is forbidden, whatever the scopes", async ({ app }) => {
  const { secret } = await issueKey(app.person("root", { role: "admin" }), serviceKeyScopes);
  const answer = await app.graphql(
    `{ viewer { roles customer { id } } currentSubscription { id } entitlements { id } usage { id }
       invoices { totalCount } payments { totalCount } adminServiceKeys { id } }`,
    {},
    secret,
  );
  expect(answer.data.viewer).toEqual({ roles: ["SERVICE"], customer: null });
  expect(codesOf(answer)).toEqual(Array(6).fill("FORBIDDEN"));
});
