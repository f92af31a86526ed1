import { readFileSync } from "node:fs";
import { array, assert, constantFrom, integer, option, property, record } from "fast-check";
import { getOperationAST, parse, validate } from "graphql";
import { expect, test } from "vitest";
import { makeCostCounter } from "../src/graphql/cost.js";
import { fieldCosts } from "../src/graphql/field-costs.js";
import { buildPlainSchema } from "../src/graphql/schema.js";

const schema = buildPlainSchema();
const costOf = makeCostCounter(schema);

/** What an operation costs, in points. It must be one that the schema allows. */
function points(query: string, variables: Record<string, unknown> = {}, operationName?: string): number {
  return cost(query, variables, operationName).points;
}

function cost(query: string, variables: Record<string, unknown> = {}, operationName?: string) {
  const document = parse(query);
  expect(validate(schema, document), query).toEqual([]);
  const operation = getOperationAST(document, operationName);
  if (!operation) throw new Error("There is no such operation.");
  const first = costOf(document, operation, variables);
  expect(costOf(document, operation, variables)).toEqual(first); // remembered, it is the same
  return first;
}

test.for<[what: string, query: string, points: number]>([
  ["nothing but a name costs one point, as the least", "{ __typename }", 1],
  ["scalars are free, an object costs one", "{ viewer { id roles } }", 1],
  ["objects in objects add up", "{ viewer { customer { tier { name } balance { formatted } } } }", 4],
  ["a list without pages counts five items", "{ tiers { name } }", 5],
  ["what is in a list counts as often as its items", "{ tiers { price { unitAmount { amount } } } }", 15],
  ["lists in lists multiply", "{ tiers { features { feature { key } } } }", 5 * (1 + 5 * 2)],
  ["a list of scalars is free", '{ tier(slug: "free") { highlights } }', 1],
  ["a page counts its items", "{ payments(first: 10) { nodes { id } } }", 2 + 10],
  ["a page from the end does, too", "{ payments(last: 10) { nodes { id } } }", 2 + 10],
  ["a page that names no size has twenty", "{ payments { nodes { id } } }", 2 + 20],
  [
    "an edge with its node costs what the node does",
    "{ payments(first: 10) { edges { cursor node { id } } } }",
    2 + 10,
  ],
  ["edges alone are read, too", "{ payments(first: 10) { edges { cursor } } }", 2 + 10],
  [
    "what is said of a page as a whole is in its price",
    "{ payments(first: 10) { totalCount pageInfo { endCursor } } }",
    2,
  ],
  ["an empty page costs only itself", "{ payments(first: 0) { nodes { id } } }", 2],
  ["a page that will be refused counts as the largest", "{ payments(first: 100000) { nodes { id } } }", 2 + 100],
  ["and one of less than nothing as the smallest", "{ payments(first: -5) { nodes { id } } }", 2],
  [
    "pages in pages multiply",
    "{ payments(first: 10) { nodes { invoice { lines { amount { amount } } } } } }",
    2 + 10 * (1 + 1 + 5 * 2),
  ],
  ["each alias counts", '{ a: tier(slug: "a") { id } b: tier(slug: "b") { id } }', 2],
  ["a fragment counts where it is spread", "{ viewer { ...V } } fragment V on Viewer { customer { id } }", 2],
  [
    "a fragment counts as often as it is spread",
    "{ a: viewer { ...V } b: viewer { ...V } } fragment V on Viewer { customer { id } }",
    4,
  ],
  ["an inline fragment counts", "{ viewer { ... on Viewer { customer { id } } ... { id } } }", 2],
  [
    "of an interface the dearest type counts",
    '{ node(id: "x") { ... on Tier { features { limit } } ... on Viewer { id } } }',
    1 + 5,
  ],
  ["objects by their IDs count by those", '{ nodes(ids: ["a", "b", "c"]) { id } }', 3],
  ["what is skipped is free", "{ viewer { id } tiers @skip(if: true) { name } }", 1],
  ["what is not included is free", "{ viewer { id } ... @include(if: false) { tiers { name } } }", 1],
  ["what is included counts", "{ viewer { id } tiers @include(if: true) { name } }", 6],
  ["what asks Stripe costs more", "{ viewer { customer { upcomingInvoice { total { amount } } } } }", 2 + 10 + 1],
  ["the schema costs a hundred", "{ __schema { types { fields { args { type { name } } } } } }", 100],
  ["a mutation costs ten and its answer", "mutation { registerCustomer(input: {}) { customer { id } } }", 11],
  [
    "opening a stream costs what its event does",
    "subscription { entitlementsChanged { customer { tier { id } } } }",
    3,
  ],
])("%s", ([, query, expected]) => {
  expect(points(query)).toBe(expected);
});

test("the pages of a product cost what the documentation says", () => {
  const page = (name: string) => readFileSync(`test/operations/${name}.graphql`, "utf8");
  expect(points(page("gate"), { feature: "guests" })).toBe(2);
  expect(points(page("pricing-page"))).toBeLessThan(90);
  expect(points(page("billing-page"))).toBeLessThan(70);
});

test("variables count as what they are, and as their defaults when they are left out", () => {
  const page = "query ($n: Int = 50) { payments(first: $n) { nodes { id } } }";
  expect(points(page, { n: 7 })).toBe(9);
  expect(points(page)).toBe(52);
  expect(points(page, { n: null })).toBe(22);
  expect(points("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids: ["a", "b"] })).toBe(2);
  expect(points("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids: "alone" })).toBe(1);
  const maybe = "query ($with: Boolean = false) { viewer { id } tiers @include(if: $with) { name } }";
  expect(points(maybe, { with: true })).toBe(6);
  expect(points(maybe, { with: false })).toBe(1);
  expect(points(maybe)).toBe(1);
});

test("one document with several operations costs what the one that runs does", () => {
  const both = "query A { viewer { id } } query B { tiers { name } }";
  expect(points(both, {}, "A")).toBe(1);
  expect(points(both, {}, "B")).toBe(5);
});

test("variables that will be refused cost one point, and what is right beside a wrong argument counts all the same", () => {
  expect(points("query ($n: Int) { payments(first: $n) { nodes { id } } }", { n: "many" })).toBe(1);
  // Null for a list that must be there fails that field alone; the others run.
  const failing = 'query ($ids: [ID!] = ["a"]) { nodes(ids: $ids) { id } tiers { name } }';
  expect(points(failing, { ids: null })).toBe(5);
  expect(points(failing, { ids: ["a", "b"] })).toBe(7);
});

test("fragments that multiply beyond counting cost more than anybody has", () => {
  const doubled = Array.from({ length: 16 }, (_, i) => `fragment F${i} on Viewer { ...F${i + 1} ...F${i + 1} }`);
  const query = `{ viewer { ...F0 } } ${doubled.join(" ")} fragment F16 on Viewer { customer { id } }`;
  expect(points(query)).toBe(Number.MAX_SAFE_INTEGER);
});

test("a size costs the same as a literal and as a variable", () => {
  const size = option(integer({ min: -3, max: 1_000 }));
  const pages = record({
    argument: constantFrom("first", "last"),
    payments: size,
    invoices: size,
    isSkipped: constantFrom(true, false),
  });
  assert(
    property(pages, ({ argument, payments, invoices, isSkipped }) => {
      const asked = (a: unknown, b: unknown, skip: unknown) => `{
        payments(${argument}: ${a}) { nodes { invoice { lines { amount { amount } } } } }
        viewer @skip(if: ${skip}) { customer { invoices(${argument}: ${b}) { edges { node { id } } } } } }`;
      const byVariable = `query ($a: Int, $b: Int, $s: Boolean!) ${asked("$a", "$b", "$s")}`;
      const values = { a: payments, b: invoices, s: isSkipped };
      expect(points(byVariable, values)).toBe(points(asked(payments, invoices, isSkipped)));
    }),
  );
});

test("what is remembered of a document never answers for other variables", () => {
  const document = parse(
    "query ($n: Int, $ids: [ID!]!) { payments(first: $n) { nodes { id } } nodes(ids: $ids) { id } }",
  );
  const operation = getOperationAST(document);
  if (!operation) throw new Error("There is no operation.");
  assert(
    property(array(record({ n: integer({ min: 0, max: 100 }), many: integer({ min: 0, max: 100 }) })), (asked) => {
      for (const { n, many } of asked) {
        const { points: counted } = costOf(document, operation, { n, ids: Array(many).fill("x") });
        expect(counted).toBe(2 + n + many);
      }
    }),
  );
});

test("what reaches Stripe is told field by field, with the customer that each names", () => {
  const portal = "createPortalSession(input: $input) { url }";
  const query = `mutation ($input: CreatePortalSessionInput!) { a: ${portal} ...More }
    fragment More on Mutation { b: ${portal} c: registerCustomer(input: { externalCustomerId: "eve" }) { customer { id } } }`;
  const input = { returnUrl: "https://studio.example/" };
  expect(cost(query, { input }).money).toEqual([null, null, "eve"]);
  expect(cost(query, { input: { ...input, externalCustomerId: "acme" } }).money).toEqual(["acme", "acme", "eve"]);
  expect(cost("{ tiers { id } }").money).toEqual([]);
});

test("every mutation is on the page of what fields cost, and nothing is that the schema does not have", () => {
  const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {}).map((name) => `Mutation.${name}`);
  expect(mutations.filter((coordinate) => !(coordinate in fieldCosts))).toEqual([]);
  const known = Object.values(schema.getTypeMap()).flatMap((type) =>
    "getFields" in type ? Object.keys(type.getFields()).map((field) => `${type.name}.${field}`) : [],
  );
  expect(Object.keys(fieldCosts).filter((coordinate) => !known.includes(coordinate))).toEqual([]);
});
