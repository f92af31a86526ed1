import { expect } from "vitest";
import { invoices } from "../src/billing/history/invoice.table.js";
import { payments } from "../src/billing/history/payment.table.js";
import { userIdOf } from "../src/billing/users/user.js";
import { test as base, type TestApp } from "./support/app.js";
import { codesOf } from "./support/graphql.js";
import { rows, withHistory } from "./support/history.js";
import type { Person } from "./support/person.js";

/** Two customers with a long history each. */
const test = base.extend<{ hoarder: Person; neighbour: Person }>({
  hoarder: [async ({ app }, use) => use(await withHistory(app, "hoarder")), { scope: "file" }],
  neighbour: [async ({ app }, use) => use(await withHistory(app, "neighbour")), { scope: "file" }],
});

type List = "invoices" | "payments";
const lists: readonly List[] = ["invoices", "payments"];

/** Which page of a list, as `PageArgs`. */
interface PageOf {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

const declared = "query ($first: Int, $after: String, $last: Int, $before: String)";
const args = "(first: $first, after: $after, last: $last, before: $before)";
const page = "edges { cursor node { id } } nodes { id } pageInfo { startCursor endCursor hasNextPage hasPreviousPage }";

async function ask(person: Person, list: List, wanted: PageOf = {}) {
  return (await person.ask(`${declared} { ${list}${args} { ${page} } }`, { ...wanted }))[list];
}

async function refusal(person: Person, list: List, wanted: PageOf) {
  return codesOf(await person.graphql(`${declared} { ${list}${args} { ${page} } }`, { ...wanted }));
}

const idsOf = ({ nodes }: { nodes: { id: string }[] }) => nodes.map(({ id }) => id);

/** The IDs of the whole list in its order: newest first, and of equal times the greatest ID first. */
async function expectedIds(app: TestApp, list: List, sub: string): Promise<string[]> {
  const { db } = app.connection;
  const table = list === "invoices" ? invoices : payments;
  const time = list === "invoices" ? invoices.issuedAt : payments.createdAt;
  const all = await db.select({ id: table.id, userId: table.userId, at: time }).from(table);
  const mine = all.filter(({ userId }) => userId === userIdOf(sub));
  mine.sort((a, b) => b.at.getTime() - a.at.getTime() || (a.id < b.id ? 1 : -1));
  return mine.map(({ id }) => `${list === "invoices" ? "binv_" : "bpay_"}${id.replaceAll("-", "")}`);
}

const walks = lists.flatMap((list) => [1, 4, 7, 46, 47, 48, 100].map((size) => [list, size] as const));

test.for(walks)("%s are walked forward by %d without a gap or a repeat", async ([list, size], { app, hoarder }) => {
  const seen: string[] = [];
  let after: string | null = null;
  for (let pages = 0; pages <= rows; pages++) {
    const { edges, pageInfo, ...found } = await ask(hoarder, list, { first: size, after });
    seen.push(...idsOf(found));
    expect(edges.map(({ node }: { node: { id: string } }) => node)).toEqual(found.nodes);
    expect([pageInfo.startCursor, pageInfo.endCursor]).toEqual([edges[0].cursor, edges.at(-1).cursor]);
    expect(pageInfo.hasPreviousPage).toBe(after !== null);
    expect(pageInfo.hasNextPage).toBe(seen.length < rows);
    if (!pageInfo.hasNextPage) break;
    after = pageInfo.endCursor;
  }
  expect(seen).toEqual(await expectedIds(app, list, "hoarder"));
});

test.for(walks)("%s are walked backward by %d without a gap or a repeat", async ([list, size], { app, hoarder }) => {
  const seen: string[] = [];
  let before: string | null = null;
  for (let pages = 0; pages <= rows; pages++) {
    const { pageInfo, ...found } = await ask(hoarder, list, { last: size, before });
    seen.unshift(...idsOf(found));
    expect(pageInfo.hasNextPage).toBe(before !== null);
    expect(pageInfo.hasPreviousPage).toBe(seen.length < rows);
    if (!pageInfo.hasPreviousPage) break;
    before = pageInfo.startCursor;
  }
  expect(seen).toEqual(await expectedIds(app, list, "hoarder"));
});

test.for(lists)(
  "of %s what lies between two cursors can be asked for from either end",
  async (list, { app, hoarder }) => {
    const all = await expectedIds(app, list, "hoarder");
    const { edges } = await ask(hoarder, list, { first: 100 });
    const between = { after: edges[4].cursor, before: edges[15].cursor };
    expect(idsOf(await ask(hoarder, list, between))).toEqual(all.slice(5, 15));
    expect(idsOf(await ask(hoarder, list, { ...between, first: 3 }))).toEqual(all.slice(5, 8));
    expect(idsOf(await ask(hoarder, list, { ...between, last: 3 }))).toEqual(all.slice(12, 15));
    expect(idsOf(await ask(hoarder, list, { after: between.before, before: between.after }))).toEqual([]);
  },
);

test.for(lists)("%s come 20 at a time, and as none when none are asked for", async (list, { app, hoarder }) => {
  const all = await expectedIds(app, list, "hoarder");
  for (const nothing of [{}, { first: null, last: null, after: null, before: null }])
    expect(idsOf(await ask(hoarder, list, nothing))).toEqual(all.slice(0, 20));
  const none = { startCursor: null, endCursor: null };
  expect(await ask(hoarder, list, { first: 0 })).toMatchObject({ nodes: [], pageInfo: { ...none, hasNextPage: true } });
  expect(await ask(hoarder, list, { last: 0 })).toMatchObject({
    nodes: [],
    pageInfo: { ...none, hasPreviousPage: true },
  });
});

test.for(lists)("the page after the last of %s is empty", async (list, { hoarder }) => {
  const { pageInfo } = await ask(hoarder, list, { last: 1 });
  expect(await ask(hoarder, list, { after: pageInfo.endCursor })).toMatchObject({
    nodes: [],
    pageInfo: { hasNextPage: false, startCursor: null, endCursor: null },
  });
});

test.for(lists)(
  "the total of %s is of all pages, and of the caller's own",
  async (list, { app, hoarder, neighbour }) => {
    const query = `{ ${list}(first: 2) { totalCount nodes { id } } viewer { customer { ${list} { totalCount } } } }`;
    for (const person of [hoarder, neighbour]) {
      expect(await person.ask(query)).toMatchObject({
        [list]: { totalCount: rows },
        viewer: { customer: { [list]: { totalCount: rows } } },
      });
    }
    expect(await app.person("nobody-yet").ask(query)).toMatchObject({ [list]: { totalCount: 0, nodes: [] } });
  },
);

test.for(lists)(
  "another customer's %s never appear, also with that one's cursors",
  async (list, { app, hoarder, neighbour }) => {
    const mine = await expectedIds(app, list, "neighbour");
    const { edges } = await ask(hoarder, list, { first: 100 });
    for (const { cursor } of edges) {
      for (const wanted of [
        { after: cursor, first: 100 },
        { before: cursor, last: 100 },
      ]) {
        for (const id of idsOf(await ask(neighbour, list, wanted))) expect(mine).toContain(id);
      }
    }
    expect(idsOf(await ask(neighbour, list, { first: 100 }))).toEqual(mine);
  },
);

test("an invoice shows its own payments, and a payment its own invoice", async ({ neighbour, hoarder }) => {
  for (const person of [neighbour, hoarder]) {
    const data = await person.ask(
      "{ invoices(first: 100) { nodes { id payments { id invoice { id } } } } payments(first: 100) { nodes { id } } }",
    );
    const seen: string[] = [];
    for (const { id, payments: made } of data.invoices.nodes) {
      expect(made).toHaveLength(1);
      expect(made[0].invoice).toEqual({ id });
      seen.push(made[0].id);
    }
    expect(seen.toSorted()).toEqual(idsOf(data.payments).toSorted());
  }
});

/** A cursor as the API writes them, of whatever this is. */
const cursorOf = (text: string) => Buffer.from(text).toString("base64url");
const someId = "01890a5d-ac96-774b-bcce-b302099a8057";

const senseless: [string, PageOf][] = [
  ["first and last together", { first: 1, last: 1 }],
  ["101 from the start", { first: 101 }],
  ["101 from the end", { last: 101 }],
  ["-1 from the start", { first: -1 }],
  ["-1 from the end", { last: -1 }],
  ["a cursor of nothing", { after: "" }],
  ["a cursor of words", { after: "not a cursor" }],
  ["an ID for a cursor", { before: "binv_01890a5dac96774bbcceb302099a8057" }],
];

/** Forged or broken cursors, for a list of this name. */
const forged = (list: string): [string, PageOf][] => [
  ["a cursor of the version before", { after: cursorOf(`v1 2026-01-01T00:00:00.000Z ${someId}`) }],
  ["a cursor of another version", { after: cursorOf(`v3 ${list} 2026-01-01T00:00:00.000Z ${someId}`) }],
  ["a cursor of no list", { before: cursorOf(`v2  2026-01-01T00:00:00.000Z ${someId}`) }],
  ["a cursor of a list that is none", { before: cursorOf(`v2 nothing 2026-01-01T00:00:00.000Z ${someId}`) }],
  ["a cursor of no time", { after: cursorOf(`v2 ${list} 2026-13-41T00:00:00.000Z ${someId}`) }],
  ["a cursor of the year 0", { before: cursorOf(`v2 ${list} 0000-01-01T00:00:00.000Z ${someId}`) }],
  ["a cursor with SQL in it", { after: cursorOf(`v2 ${list} 2026-01-01T00:00:00.000Z ${someId}' or true --`) }],
  ["a cursor with half an ID", { after: cursorOf(`v2 ${list} 2026-01-01T00:00:00.000Z 01890a5d`) }],
  ["a cursor of megabytes", { after: cursorOf(`v2 ${list} ${"9".repeat(50_000)}`) }],
];

test.for(
  lists.flatMap((list) => [...senseless, ...forged(list)].map(([what, wanted]) => [list, what, wanted] as const)),
)("%s are not to be had for %s", async ([list, , wanted], { hoarder }) => {
  expect(await refusal(hoarder, list, wanted)).toEqual(["BAD_USER_INPUT"]);
});

test.for(lists)("%s are not to be had for a cursor of the other list", async (list, { hoarder }) => {
  const other = list === "invoices" ? "payments" : "invoices";
  const { edges } = await ask(hoarder, other, { first: 1 });
  for (const wanted of [{ after: edges[0].cursor }, { before: edges[0].cursor }])
    expect(await refusal(hoarder, list, wanted)).toEqual(["BAD_USER_INPUT"]);
  // What is taken for one of its own is the same place under its own name.
  const text = Buffer.from(edges[0].cursor, "base64url").toString().replace(other, list);
  expect(await refusal(hoarder, list, { after: cursorOf(text) })).toEqual([]);
});
