import { readFileSync } from "node:fs";
import { buildSchema, isInterfaceType } from "graphql";
import { expect, test as plain } from "vitest";
import { priceId } from "../src/billing/catalog/catalog.js";
import { readCatalogFile } from "../src/billing/catalog/catalog-file.js";
import { pushCatalog } from "../src/billing/catalog/catalog-push.js";
import { userIdOf } from "../src/billing/users/user.js";
import { makeCatalogGateway } from "../src/stripe/catalog-gateway.js";
import { test as base, startTestApp, type TestApp } from "./support/app.js";
import { startCountedApp } from "./support/counted-app.js";
import { codesOf } from "./support/graphql.js";
import { rows, withHistory } from "./support/history.js";
import { findPrice, type Person } from "./support/person.js";
import { buyOneOfEverything } from "./support/possessions.js";
import { apiRequests, plantFault } from "./support/stripe.js";
import { until } from "./support/until.js";
import { setAside } from "./support/usage.js";

/** Ada, who has one of everything, and the IDs of it by type. */
const test = base.extend<{ ada: { person: Person; ids: Readonly<Record<string, string>> } }>({
  ada: [
    async ({ app }, use) => {
      const person = app.person("ada");
      await use({
        person,
        ids: { ...(await buyOneOfEverything(person)), UsageReservation: await setAside(app, "ada") },
      });
    },
    { scope: "file" },
  ],
});

const schema = buildSchema(readFileSync("schema.graphql", "utf8"));
const Node = schema.getType("Node");
/** Those that customers have; what staff see is in the matrix. */
const nodeTypes = (isInterfaceType(Node) ? schema.getPossibleTypes(Node).map(({ name }) => name) : []).filter(
  (name) => !name.startsWith("Admin"),
);
const publicTypes = ["Feature", "Tier", "TierPrice"];

const nodeQuery = "query ($id: ID!) { node(id: $id) { __typename id } }";
const nodesQuery = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";

test.for(nodeTypes)("%s can be refetched by its ID, alone and among others", async (type, { ada }) => {
  const id = ada.ids[type];
  expect(id, `Ada has no ${type}`).toBeDefined();
  expect(await ada.person.ask(nodeQuery, { id })).toEqual({ node: { __typename: type, id } });
  expect(await ada.person.ask(nodesQuery, { ids: [id, id] })).toEqual({
    nodes: [
      { __typename: type, id },
      { __typename: type, id },
    ],
  });
});

test("objects come in the order asked for, with null in the place of each that is not found", async ({ ada }) => {
  const missing = ["binv_00000000000070008000000000000000", "", "nothing", "ent_x", "tier_"];
  const ids = Object.values(ada.ids).flatMap((id) => [id, ...missing]);
  const { nodes } = await ada.person.ask(nodesQuery, { ids });
  const expected = Object.entries(ada.ids).flatMap(([__typename, id]) => [
    { __typename, id },
    ...missing.map(() => null),
  ]);
  expect(nodes).toEqual(expected);
  expect(await ada.person.ask(nodesQuery, { ids: [] })).toEqual({ nodes: [] });
});

test("at most 100 objects are read at once", async ({ ada }) => {
  const ids = (count: number) => ({ ids: Array.from({ length: count }, () => ada.ids["Feature"]) });
  expect((await ada.person.ask(nodesQuery, ids(100))).nodes).toHaveLength(100);
  const answer = await ada.person.graphql(nodesQuery, ids(101));
  expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
  expect(answer.errors?.[0]?.message).toMatch(/At most 100/);
});

test.for(nodeTypes.filter((type) => !publicTypes.includes(type)))(
  "somebody else's %s reads exactly as one that does not exist",
  async (type, { app, ada }) => {
    const stranger = app.person("eve");
    const theirs = ada.ids[type] ?? "";
    // Of the same form, and of nobody.
    const unknown = theirs.replace(/[0-9a-f]{32}/, (uuid) => [...uuid].reverse().join(""));
    for (const token of [stranger.token, undefined]) {
      const answers = [theirs, unknown].map(async (id) => {
        const { status, data, errors } = await app.graphql(nodeQuery, { id }, token);
        return { status, data, errors };
      });
      const nothing = { status: 200, data: { node: null }, errors: undefined };
      expect(await Promise.all(answers)).toEqual([nothing, nothing]);
    }
  },
);

test("an ID under another type's prefix finds nothing", async ({ ada }) => {
  const uuid = (ada.ids["Invoice"] ?? "").slice("binv_".length);
  const wrong = ["bpay_", "bsub_", "bcus_", "chk_", "view_", "ent_", "usg_", "tier_", "", "BINV_", "in_", "binv_0"];
  const { nodes } = await ada.person.ask(nodesQuery, { ids: wrong.map((prefix) => prefix + uuid) });
  expect(nodes).toEqual(wrong.map(() => null));
});

test("what is not on the price list is found only by who has it, and by services and staff", async ({ app, ada }) => {
  const hidden = app.person("staff-tier", { role: "admin" });
  await hidden.ask("mutation { registerCustomer(input: {}) { customer { id } } }");
  const { viewer } = await hidden.ask("{ viewer { customer { tier { id slug } } } }");
  const { id } = viewer.customer.tier;
  expect((await ada.person.ask("{ tiers { id } }")).tiers).not.toContainEqual({ id });
  expect((await hidden.ask(nodeQuery, { id })).node).toMatchObject({ id });
  expect((await app.person("backend", { role: "service" }).ask(nodeQuery, { id })).node).toMatchObject({ id });
  expect((await ada.person.ask(nodeQuery, { id })).node).toBeNull();
  expect((await app.graphql(nodeQuery, { id })).data).toEqual({ node: null });
});

plain("a price that is sold no longer is found only by who pays it, and by services and staff", async () => {
  const { app, stop } = await startTestApp();
  const ada = await app.customerOn("professional", "ada");
  const id = await findPrice(app, "professional");
  await raisePrices(app);
  await until("the new price list", async () => (await findPrice(app, "professional")) !== id);
  const found = { node: { __typename: "TierPrice", id } };
  expect((await ada.ask("{ currentSubscription { price { id } } }")).currentSubscription.price).toEqual({ id });
  expect(await ada.ask(nodeQuery, { id })).toEqual(found);
  expect(await app.person("backend", { role: "service" }).ask(nodeQuery, { id })).toEqual(found);
  expect(await app.person("eve").ask(nodeQuery, { id })).toEqual({ node: null });
  expect((await app.graphql(nodeQuery, { id })).data).toEqual({ node: null });
  await stop();
});

async function raisePrices({ connection: { db }, stripe, now }: TestApp): Promise<void> {
  const definition = await readCatalogFile("catalog.yaml");
  const prices = definition.prices.map((price) => {
    const dearer = { ...price, unitAmount: price.unitAmount + 100 };
    return { ...dearer, id: priceId(dearer) };
  });
  await pushCatalog({ db, stripe: makeCatalogGateway(stripe), now }, { ...definition, prices });
}

test("who never bought has an account that can be refetched, and so can what it may use", async ({ app }) => {
  const newcomer = app.person("newcomer");
  const { viewer, entitlement } = await newcomer.ask(
    '{ viewer { customer { id externalId } } entitlement(feature: "guests") { id limit } }',
  );
  const refetch = `query ($ids: [ID!]!) { nodes(ids: $ids) {
    ... on Customer { id externalId } ... on Entitlement { id limit } } }`;
  const ids = [viewer.customer.id, entitlement.id];
  expect((await newcomer.ask(refetch, { ids })).nodes).toEqual([viewer.customer, entitlement]);
  // To others an account begins with its record.
  expect((await app.person("backend", { role: "service" }).ask(refetch, { ids })).nodes).toEqual([null, null]);
  await newcomer.ask("mutation { registerCustomer(input: {}) { customer { id } } }");
  expect((await app.person("backend", { role: "service" }).ask(refetch, { ids })).nodes).toEqual([
    viewer.customer,
    entitlement,
  ]);
});

plain("a checkout that was paid reads COMPLETE by its ID, and all else in the same answer goes with it", async () => {
  const { app, stop } = await startTestApp({ worker: false });
  const person = app.person("grace");
  const { checkoutSession } = await person.checkout("starter");
  await person.pay(checkoutSession.url);
  const read = `query ($id: ID!) { node(id: $id) { ... on CheckoutSession { status subscription { id } } }
    viewer { customer { tier { slug } subscription { id } } } }`;
  const { node, viewer } = await person.ask(read, { id: checkoutSession.id });
  expect(node).toEqual({ status: "COMPLETE", subscription: viewer.customer.subscription });
  expect(viewer.customer).toEqual({ tier: { slug: "starter" }, subscription: { id: expect.stringMatching(/^bsub_/) } });
  await stop();
});

test("where Stripe cannot tell of one checkout, only that one fails", async ({ app, ada }) => {
  const shopper = app.person("shopper");
  const { checkoutSession } = await shopper.checkout("starter");
  await plantFault(app, { method: "GET", path: "/v1/checkout/sessions/*", times: 10, status: 500 });
  const ids = [ada.ids["Feature"], checkoutSession.id, ada.ids["Tier"]];
  const answer = await shopper.graphql(nodesQuery, { ids });
  await app.control("DELETE", "/sandbox/faults");
  expect(codesOf(answer)).toEqual(["UPSTREAM_UNAVAILABLE"]);
  expect(answer.errors?.[0]).toMatchObject({ path: ["nodes", 1] });
  expect(answer.data.nodes).toMatchObject([{ id: ids[0] }, null, { id: ids[2] }]);
  expect((await shopper.ask(nodesQuery, { ids })).nodes).toMatchObject(ids.map((id) => ({ id })));
  expect(await apiRequests(app, "GET", `/v1/checkout/sessions/*`)).not.toEqual([]);
});

plain("a hundred objects with what belongs to them cost no more statements than a few", async () => {
  const { app, statements: asked, stop } = await startCountedApp();
  const ids = await idsOfManyKinds(app);
  const service = app.person("backend", { role: "service" });
  const cost = async (count: number) => {
    const before = asked();
    const { nodes } = await service.ask(everythingOf, { ids: ids.slice(0, count) });
    expect(nodes.filter(Boolean)).toHaveLength(count);
    return asked() - before;
  };
  const few = await cost(12);
  expect(few).toBeGreaterThan(0);
  // What the process does beside it may come between.
  expect(await cost(100)).toBeLessThan(few + 5);
  await stop();
});

const everythingOf = `query ($ids: [ID!]!) { nodes(ids: $ids) { __typename
  ... on Invoice { payments { id } } ... on Payment { invoice { id } }
  ... on Customer { email tier { slug } subscription { id } }
  ... on Entitlement { hasAccess upgradeTier { slug } } } }`;

/** 100 IDs, of four types in turn and of three customers. */
async function idsOfManyKinds(app: TestApp): Promise<string[]> {
  const people = await Promise.all(["one", "two", "three"].map((sub) => withHistory(app, sub)));
  const all = await Promise.all(
    people.map(async ({ sub, ...person }) => {
      const { invoices, payments, entitlements } = await person.ask(
        `{ invoices(first: ${rows}) { nodes { id } } payments(first: ${rows}) { nodes { id } } entitlements { id } }`,
      );
      const customer = { id: `bcus_${userIdOf(sub).replaceAll("-", "")}` };
      return [invoices.nodes, payments.nodes, entitlements, [customer]];
    }),
  );
  const found: string[] = [];
  for (let place = 0; found.length < 100; place++) {
    for (const lists of all) for (const list of lists) if (list[place]) found.push(list[place].id);
  }
  return found.slice(0, 100);
}
