import { expect } from "vitest";
import { test as base, type TestApp } from "./support/app.js";
import { codesOf } from "./support/graphql.js";
import type { Person } from "./support/person.js";
import { longAgo, writeCustomer, writeSubscription } from "./support/staff.js";

const size = 53;
const hourMs = 3_600_000;

/** What a row is sorted by, and its ID, which decides between equals. */
interface Written {
  readonly id: string;
  /** Customers of one name stand by their own ID before their subscriptions do. */
  readonly customerId: string;
  readonly name: string | null;
  readonly at: Date;
  readonly mrr: number;
  readonly periodEnd: Date | null;
}

interface Scene {
  readonly admin: Person;
  readonly customers: Written[];
  readonly subscriptions: Written[];
}

const odd = "Zoë 100%_\\ %20 🎬 ";
/** Some have no name, some the same, some differ only where nobody looks. */
const names = [null, "Ada", "ada", "bea", "Cid", "", "zed", odd, `x${"y".repeat(400)}a`, `x${"y".repeat(400)}b`];

async function write(app: TestApp, place: number): Promise<{ customer: Written; subscriptions: Written[] }> {
  const externalId = `somebody ${place}`;
  const name = names[place % names.length] ?? null;
  const at = new Date(longAgo.getTime() + (place % 7) * hourMs);
  const id = await writeCustomer(app, externalId, { name, createdAt: at });
  const customer = { id, customerId: id, name, at, mrr: 0, periodEnd: null };
  const subscriptions: Written[] = [];
  for (let nth = 0; nth < place % 3; nth++) {
    const mrr = ((place * 7 + nth) % 5) * 1_000;
    const periodEnd = place % 4 === 0 ? null : new Date(longAgo.getTime() + (place % 6) * hourMs);
    const terms = { mrr, startedAt: at, currentPeriodStart: periodEnd && longAgo, currentPeriodEnd: periodEnd };
    subscriptions.push({ ...customer, id: await writeSubscription(app, externalId, terms), mrr, periodEnd });
  }
  return { customer, subscriptions };
}

const test = base.extend<{ scene: Scene }>({
  scene: [
    async ({ app }, use) => {
      const [customers, subscriptions]: [Written[], Written[]] = [[], []];
      for (let step = 0; step < size; step++) {
        const written = await write(app, (step * 17) % size);
        customers.push(written.customer);
        subscriptions.push(...written.subscriptions);
      }
      await use({ admin: app.person("root", { role: "admin" }), customers, subscriptions });
    },
    { scope: "file" },
  ],
});

const byName = ({ name }: Written) => name?.slice(0, 200).toLowerCase() ?? null;

/** Each list with its orders, and what a row is compared by in each. */
const sorts = [
  ["adminCustomers", "CREATED_AT", ({ at }: Written) => at],
  ["adminCustomers", "NAME", byName],
  ["adminSubscriptions", "STARTED_AT", ({ at }: Written) => at],
  ["adminSubscriptions", "MRR", ({ mrr }: Written) => mrr],
  ["adminSubscriptions", "CURRENT_PERIOD_END", ({ periodEnd }: Written) => periodEnd],
  ["adminSubscriptions", "CUSTOMER_NAME", byName],
] as const;
type ListName = (typeof sorts)[number][0];

const cases = sorts.flatMap((sort) =>
  (["ASC", "DESC"] as const).map((direction) => [sort[0], sort[1], direction, sort[2]] as const),
);

const rowsOf = ({ customers, subscriptions }: Scene, list: ListName) =>
  list === "adminCustomers" ? customers : subscriptions;

type Value = Date | number | string | null;

/** Least first, what is missing after everything else, and equals by their IDs. */
function inOrder(rows: readonly Written[], key: (row: Written) => Value, field: string): string[] {
  const compare = (a: Value, b: Value) => {
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return a < b ? -1 : a > b ? 1 : 0;
  };
  return rows
    .toSorted(
      (a, b) =>
        compare(key(a), key(b)) ||
        (field === "CUSTOMER_NAME" ? compare(a.customerId, b.customerId) : 0) ||
        compare(a.id, b.id),
    )
    .map(({ id }) => id);
}

interface PageOf {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

function query(list: ListName, field: string, direction: string): string {
  return `query ($first: Int, $after: String, $last: Int, $before: String) {
    ${list}(first: $first, after: $after, last: $last, before: $before, sort: { field: ${field}, direction: ${direction} }) {
      edges { cursor node { id } } nodes { id }
      pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }`;
}

/** The IDs of a whole list, walked from either end; `between` happens before each further page. */
async function walk(
  admin: Person,
  [list, field, direction]: readonly [ListName, string, string],
  from: "START" | "END",
  size: number,
  between: () => Promise<unknown> = async () => {},
): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < 500; pages++) {
    const wanted: PageOf = from === "START" ? { first: size, after: cursor } : { last: size, before: cursor };
    const { nodes, pageInfo } = (await admin.ask(query(list, field, direction), { ...wanted }))[list];
    const found = nodes.map(({ id }: { id: string }) => id);
    if (from === "START") ids.push(...found);
    else ids.unshift(...found);
    expect(from === "START" ? pageInfo.hasPreviousPage : pageInfo.hasNextPage).toBe(cursor !== null);
    cursor = from === "START" ? pageInfo.endCursor : pageInfo.startCursor;
    if (!(from === "START" ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) return ids;
    await between();
  }
  throw new Error("The list has no end.");
}

test.for(cases)(
  "%s by %s %s come in order, forward and backward, without a gap or a repeat",
  async ([list, field, direction, key], { scene }) => {
    const ascending = inOrder(rowsOf(scene, list), key, field);
    const expected = direction === "ASC" ? ascending : ascending.toReversed();
    for (const step of [1, 7, 100]) {
      for (const from of ["START", "END"] as const)
        expect(await walk(scene.admin, [list, field, direction], from, step)).toEqual(expected);
    }
  },
);

test.for(sorts)("%s by %s are cut out between two cursors", async ([list, field, key], { scene }) => {
  const { admin } = scene;
  const all = inOrder(rowsOf(scene, list), key, field);
  const { edges } = (await admin.ask(query(list, field, "ASC"), { first: 100 }))[list];
  const between = { after: edges[3].cursor, before: edges[20].cursor };
  const idsOf = async (page: PageOf) =>
    (await admin.ask(query(list, field, "ASC"), { ...page }))[list].nodes.map(({ id }: { id: string }) => id);
  expect(await idsOf(between)).toEqual(all.slice(4, 20));
  expect(await idsOf({ ...between, first: 3 })).toEqual(all.slice(4, 7));
  expect(await idsOf({ ...between, last: 3 })).toEqual(all.slice(17, 20));
  expect(await idsOf({ after: between.before, before: between.after })).toEqual([]);
});

const cursorOf = (text: string) => Buffer.from(text).toString("base64url");
const textOf = (cursor: string) => Buffer.from(cursor, "base64url").toString();

test.for(cases)(
  "%s by %s %s take a cursor of their own only",
  async ([list, field, direction], { scene: { admin } }) => {
    const { edges } = (await admin.ask(query(list, field, direction), { first: 1 }))[list];
    const own: string = edges[0].cursor;
    for (const [otherList, otherField, otherDirection] of cases) {
      const isOwn = otherList === list && otherField === field && otherDirection === direction;
      const answer = await admin.graphql(query(otherList, otherField, otherDirection), { first: 1, after: own });
      expect(codesOf(answer)).toEqual(isOwn ? [] : ["BAD_USER_INPUT"]);
    }
    expect(
      codesOf(await admin.graphql("query ($a: String) { payments(after: $a) { totalCount } }", { a: own })),
    ).toEqual(["BAD_USER_INPUT"]);
  },
);

test.for([
  ["one key too few", (text: string) => text.replace(/ [^ ]*$/, "")],
  ["one key too many", (text: string) => `${text} x`],
  ["another version", (text: string) => text.replace("v2", "v3")],
  ["half an ID", (text: string) => text.slice(0, -4)],
  ["an ID in capitals", (text: string) => text.replace(/ [^ ]*$/, (id) => id.toUpperCase())],
  ["a text with a NUL", (text: string) => text.replace(/ [12][^ ]*/, " 1a%00b")],
  ["a text that was not escaped", (text: string) => text.replace(/ [12][^ ]*/, " 1100%")],
  ["SQL in it", (text: string) => `${text}' or true --`],
  ["megabytes", (text: string) => text.replace(/ [12][^ ]*/, ` 1${"%".repeat(50_000)}`)],
] as const)("a cursor with %s is refused", async ([_what, forge], { scene: { admin } }) => {
  const own = (await admin.ask(query("adminCustomers", "NAME", "ASC"), { first: 1 })).adminCustomers.edges[0].cursor;
  const forged = forge(textOf(own));
  expect(forged).not.toBe(textOf(own));
  for (const cursor of [cursorOf(forged), `${own}=`, `${own}AAAA`]) {
    const answer = await admin.graphql(query("adminCustomers", "NAME", "ASC"), { first: 1, after: cursor });
    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(answer.errors?.[0]?.message).toMatch(/`after` is not a cursor of this list/);
  }
});

test.for([
  ["1e3", "a number in another spelling"],
  ["99999999999999999999", "more than a number holds"],
  ["NaN", "no number"],
  ["", "nothing"],
])("a cursor with %s for an amount, %s, is refused", async ([amount], { scene: { admin } }) => {
  const own = (await admin.ask(query("adminSubscriptions", "MRR", "ASC"), { first: 1 })).adminSubscriptions.edges[0]
    .cursor;
  const forged = cursorOf(textOf(own).replace(/ -?\d+ /, ` ${amount} `));
  const answer = await admin.graphql(query("adminSubscriptions", "MRR", "ASC"), { first: 1, after: forged });
  expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
});

test("a name made to break a query is only a place in the list", async ({ scene: { admin } }) => {
  const own = (await admin.ask(query("adminCustomers", "NAME", "ASC"), { first: 1 })).adminCustomers.edges[0].cursor;
  const name = encodeURIComponent("'); drop table users; --");
  const forged = cursorOf(textOf(own).replace(/ [12][^ ]*/, ` 1${name}`));
  expect(codesOf(await admin.graphql(query("adminCustomers", "NAME", "ASC"), { first: 1, after: forged }))).toEqual([]);
  expect((await admin.ask("{ adminCustomers { totalCount } }")).adminCustomers.totalCount).toBeGreaterThanOrEqual(size);
});

// The last of the file: it adds rows.
let newcomers = 0;
test.for(cases)(
  "%s by %s %s are each met once, though others come in meanwhile",
  async ([list, field, direction], { app, scene }) => {
    const expected = rowsOf(scene, list).map(({ id }) => id);
    for (const from of ["START", "END"] as const) {
      const met = await walk(scene.admin, [list, field, direction], from, 11, () => write(app, 1_000 + newcomers++));
      expect(new Set(met).size).toBe(met.length);
      expect(expected.filter((id) => !met.includes(id))).toEqual([]);
    }
  },
);
