import fc from "fast-check";
import { expect } from "vitest";
import { test as base } from "./support/app.js";
import { codesOf } from "./support/graphql.js";
import { firstMoment, hourMs, rows, withHistory } from "./support/history.js";
import type { Person } from "./support/person.js";

/** Somebody with a long history, and the whole of it as the API lists it without a filter. */
const test = base.extend<{ hoarder: { person: Person; all: Readonly<Record<ListName, Listed[]>> } }>({
  hoarder: [
    async ({ app }, use) => {
      const person = await withHistory(app, "hoarder");
      const { invoices, payments } = await person.ask(`{
        invoices(first: 100) { nodes { id status at: issuedAt } }
        payments(first: 100) { nodes { id status at: createdAt } } }`);
      await use({ person, all: { invoices: invoices.nodes, payments: payments.nodes } });
    },
    { scope: "file" },
  ],
});

type ListName = "invoices" | "payments";

interface Listed {
  readonly id: string;
  readonly status: string;
  readonly at: string;
}

interface Filter {
  readonly status?: readonly string[] | null;
  readonly span?: { readonly from?: string | null; readonly to?: string | null } | null;
}

/** The two lists, with what their filters are called. */
const lists = {
  invoices: {
    type: "InvoiceFilter",
    span: "issuedAt",
    statuses: ["DRAFT", "OPEN", "PAID", "UNCOLLECTIBLE", "VOID"],
  },
  payments: {
    type: "PaymentFilter",
    span: "createdAt",
    statuses: ["CANCELED", "FAILED", "PARTIALLY_REFUNDED", "PENDING", "REFUNDED", "REQUIRES_ACTION", "SUCCEEDED"],
  },
} as const;
const names = ["invoices", "payments"] as const;

function asked(list: ListName, { status, span }: Filter) {
  return { status, [lists[list].span]: span };
}

async function pageOf(person: Person, list: ListName, filter: Filter | null, page: Record<string, unknown>) {
  const data = await person.ask(
    `query ($filter: ${lists[list].type}, $first: Int, $after: String, $last: Int, $before: String) {
      ${list}(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
        totalCount nodes { id } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }`,
    { filter: filter && asked(list, filter), ...page },
  );
  return data[list];
}

/** The IDs of a whole list, walked page by page from either end, and the total that each page told. */
async function walk(person: Person, list: ListName, filter: Filter, size: number, from: "START" | "END") {
  const ids: string[] = [];
  const totals = new Set<number>();
  let cursor: string | null = null;
  for (let pages = 0; pages <= rows; pages++) {
    const forward = from === "START";
    const { nodes, totalCount, pageInfo } = await pageOf(
      person,
      list,
      filter,
      forward ? { first: size, after: cursor } : { last: size, before: cursor },
    );
    const found = nodes.map(({ id }: { id: string }) => id);
    if (forward) ids.push(...found);
    else ids.unshift(...found);
    totals.add(totalCount);
    cursor = forward ? pageInfo.endCursor : pageInfo.startCursor;
    if (!(forward ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) break;
  }
  return { ids, totals: [...totals] };
}

/** What a filter is to let through. */
function expected(all: readonly Listed[], { status, span }: Filter): string[] {
  return all
    .filter((one) => !status || status.includes(one.status))
    .filter(({ at }) => !span?.from || Date.parse(at) >= Date.parse(span.from))
    .filter(({ at }) => !span?.to || Date.parse(at) < Date.parse(span.to))
    .map(({ id }) => id);
}

/** Any filter that makes sense: also one that matches nothing, and one that is left out in part or in whole. */
function anyFilter(statuses: readonly string[]) {
  const moment = fc.option(
    fc.integer({ min: -2, max: rows + 2 }).map((hours) => new Date(firstMoment + hours * hourMs).toISOString()),
  );
  const span = fc
    .tuple(moment, moment)
    .map(([one, other]) => (one && other && one > other ? { from: other, to: one } : { from: one, to: other }));
  return fc.record({ status: fc.option(fc.subarray([...statuses])), span: fc.option(span) });
}

test.for(names)(
  "%s walked forward and backward are the same list, whatever the filter and the size of the page",
  async (list, { hoarder: { person, all } }) => {
    const { statuses } = lists[list];
    expect(new Set(all[list].map(({ status }) => status))).toEqual(new Set(statuses));
    await fc.assert(
      fc.asyncProperty(anyFilter(statuses), fc.integer({ min: 1, max: 50 }), async (filter, size) => {
        const matching = expected(all[list], filter);
        const found = { ids: matching, totals: [matching.length] };
        expect(await walk(person, list, filter, size, "START")).toEqual(found);
        expect(await walk(person, list, filter, size, "END")).toEqual(found);
      }),
      { numRuns: 25 },
    );
  },
);

test.for(names)("a filter of %s is half-open, and open where an end is left out", async (list, { hoarder }) => {
  const { person, all } = hoarder;
  const at = all[list][20]?.at ?? "";
  const sameMoment = all[list].filter((one) => one.at === at).length;
  const { totalCount: since } = await pageOf(person, list, { span: { from: at } }, { first: 1 });
  const { totalCount: until } = await pageOf(person, list, { span: { to: at } }, { first: 1 });
  expect(since + until).toBe(rows);
  expect(since).toBeGreaterThanOrEqual(20 + 1);
  const justThen = new Date(Date.parse(at) + 1).toISOString();
  expect((await pageOf(person, list, { span: { from: at, to: justThen } }, { first: 1 })).totalCount).toBe(sameMoment);
});

test.for(names)("a filter of %s that says nothing lets everything through", async (list, { hoarder: { person } }) => {
  for (const filter of [null, {}, { status: null, span: null }, { span: {} }, { span: { from: null, to: null } }])
    expect((await pageOf(person, list, filter, { first: 1 })).totalCount).toBe(rows);
});

test.for(names)(
  "a filter of %s that nothing can meet gives an empty page, not an error",
  async (list, { hoarder: { person } }) => {
    const moment = "2026-01-01T05:00:00Z";
    const nothing = { totalCount: 0, nodes: [], pageInfo: { startCursor: null, endCursor: null } };
    for (const filter of [
      { status: [] },
      { span: { from: moment, to: moment } },
      { span: { from: "9999-01-01T00:00:00Z" } },
      { span: { to: "0001-01-01T00:00:00Z" } },
    ]) {
      for (const page of [{ first: 5 }, { last: 5 }])
        expect(await pageOf(person, list, filter, page)).toMatchObject({
          ...nothing,
          pageInfo: { ...nothing.pageInfo, hasNextPage: false, hasPreviousPage: false },
        });
    }
  },
);

test.for(names)("a filter of %s is the same at the root and on the customer", async (list, { hoarder: { person } }) => {
  const { type, statuses } = lists[list];
  const filter = asked(list, { status: statuses.slice(0, 2), span: { from: "2026-01-01T10:00:00Z" } });
  const selection = `${list}(filter: $filter) { totalCount nodes { id } }`;
  const data = await person.ask(`query ($filter: ${type}) { ${selection} viewer { customer { ${selection} } } }`, {
    filter,
  });
  expect(data[list].totalCount).toBeGreaterThan(0);
  expect(data.viewer.customer[list]).toEqual(data[list]);
});

const senseless: [what: string, span: { from?: string; to?: string }, says: RegExp][] = [
  ["ends before it starts", { from: "2026-02-01T00:00:00Z", to: "2026-01-01T00:00:00Z" }, /from` is after .*swap/],
  ["starts in the year 0", { from: "0001-01-01T00:00:00+05:00" }, /from` must be in the years 1 to 9999/],
  ["ends in the year 10000", { to: "9999-12-31T23:00:00-05:00" }, /to` must be in the years 1 to 9999/],
];

test.for(names.flatMap((list) => senseless.map((one) => [list, ...one] as const)))(
  "a filter of %s whose span %s is refused with what to do",
  async ([list, , span, says], { hoarder: { person } }) => {
    const { type } = lists[list];
    const answer = await person.graphql(`query ($filter: ${type}) { ${list}(filter: $filter) { totalCount } }`, {
      filter: asked(list, { span }),
    });
    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(answer.errors?.[0]?.message).toMatch(says);
  },
);
