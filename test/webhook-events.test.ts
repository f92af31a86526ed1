import { expect } from "vitest";
import { test as base } from "./support/app.js";
import { deliver, eventOf } from "./support/deliveries.js";
import { codesOf } from "./support/graphql.js";
import type { Person } from "./support/person.js";
import { quiet } from "./support/quiet.js";
import { longAgo, writeCustomer } from "./support/staff.js";
import { plantFault } from "./support/stripe.js";
import { until } from "./support/until.js";
import { eventFields, writeEvent } from "./support/webhook-events.js";

const at = (minute: number) => new Date(longAgo.getTime() + minute * 60_000);

interface Scene {
  readonly admin: Person;
  /** Global IDs, by the name that the test gives the event. */
  readonly ids: Readonly<Record<string, string>>;
  readonly customers: Readonly<Record<"ada" | "bob", string>>;
}

const test = base.extend<{ scene: Scene }>({
  scene: [
    async ({ app }, use) => {
      await quiet(app);
      // Those of the catalog.
      await app.connection.db.execute("delete from webhook_events");
      const ada = await writeCustomer(app, "ada", {
        stripeCustomerId: "cus_ada",
        formerStripeCustomerIds: ["cus_old"],
      });
      const bob = await writeCustomer(app, "bob");
      const done = { status: "PROCESSED", attempts: 1, lastError: null } as const;
      const ids = {
        paid: await writeEvent(app, {
          ...done,
          ...{ stripeEventId: "evt_paid", type: "invoice.paid", objectKind: "invoice", objectId: "in_1" },
          ...{ stripeCustomerId: "cus_ada", receivedAt: at(1), payload: { id: "evt_paid", n: [1, { deep: null }] } },
        }),
        old: await writeEvent(app, { ...done, stripeCustomerId: "cus_old", objectId: "cus_old", receivedAt: at(2) }),
        failed: await writeEvent(app, { type: "invoice.updated", objectId: "in_1", receivedAt: at(3) }),
        unhandled: await writeEvent(app, {
          ...{ type: "mandate.updated", status: "IGNORED", objectKind: null, objectId: "mandate_1", receivedAt: at(4) },
          ...{ stripeCustomerId: null, payload: null, processedAt: null },
        }),
        strange: await writeEvent(app, { status: "IGNORED", stripeCustomerId: "cus_strange", receivedAt: at(5) }),
      };
      await use({ admin: app.person("root", { role: "admin" }), ids, customers: { ada, bob } });
    },
    { scope: "file" },
  ],
});

/** The names of the events that a filter lets through, the newest first. */
async function found({ admin, ids }: Scene, filter: object | null): Promise<(string | undefined)[]> {
  const { adminWebhookEvents } = await admin.ask(
    `query ($filter: AdminWebhookEventFilter) { adminWebhookEvents(filter: $filter, first: 100) {
      totalCount nodes { id } } }`,
    { filter },
  );
  expect(adminWebhookEvents.totalCount).toBe(adminWebhookEvents.nodes.length);
  return adminWebhookEvents.nodes.map(
    ({ id }: { id: string }) => Object.entries(ids).find(([, each]) => each === id)?.[0],
  );
}

const everything = ["strange", "unhandled", "failed", "old", "paid"];

test("staff see every event, the newest first, with what became of it", async ({ scene }) => {
  expect(await found(scene, null)).toEqual(everything);
  const { node } = await scene.admin.ask(
    `{ node(id: "${scene.ids["paid"]}") { ... on AdminWebhookEvent {
      ${eventFields} payload customer { externalId } } } }`,
  );
  expect(node).toEqual({
    id: expect.stringMatching(/^whe_[0-9a-f]{32}$/),
    stripeId: "evt_paid",
    name: "invoice.paid",
    status: "PROCESSED",
    receivedAt: "2026-01-01T00:01:00.000Z",
    processedAt: "2026-01-01T00:00:00.000Z",
    attempts: 1,
    lastError: null,
    payload: { id: "evt_paid", n: [1, { deep: null }] },
    customer: { externalId: "ada" },
  });
});

test("an event whose body is kept no longer has no payload, and one about nobody on record no customer", async ({
  scene: { admin, ids },
}) => {
  const { nodes } = await admin.ask(
    "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on AdminWebhookEvent { payload customer { externalId } } } }",
    { ids: [ids["unhandled"], ids["strange"], ids["old"]] },
  );
  expect(nodes).toEqual([
    { payload: null, customer: null },
    { payload: { object: "event" }, customer: null },
    // Told of the Stripe customer that she had before.
    { payload: { object: "event" }, customer: { externalId: "ada" } },
  ]);
});

test.for([
  [{}, everything],
  [{ stripeId: null, customerId: null, status: null, name: null, receivedAt: null }, everything],
  [{ stripeId: "evt_paid" }, ["paid"]],
  [{ stripeId: "in_1" }, ["failed", "paid"]],
  [{ stripeId: "in_1", status: ["FAILED"] }, ["failed"]],
  [{ stripeId: "in_%" }, []],
  [{ stripeId: "'; drop table webhook_events; --" }, []],
  [{ status: ["FAILED"] }, ["failed"]],
  [{ status: ["IGNORED", "FAILED"] }, ["strange", "unhandled", "failed"]],
  [{ status: [] }, []],
  [{ status: ["PENDING", "PROCESSING"] }, []],
  [{ name: ["customer.updated"] }, ["strange", "old"]],
  [{ name: ["invoice.paid", "mandate.updated", "no.such.name"] }, ["unhandled", "paid"]],
  [{ name: [] }, []],
  [{ receivedAt: { from: at(2), to: at(4) } }, ["failed", "old"]],
  [{ receivedAt: { to: at(1) } }, []],
] as const)("events with %o are %o", async ([filter, names], { scene }) => {
  expect(await found(scene, filter)).toEqual(names);
});

test("a customer's events are found, also those of the Stripe customer that they had before", async ({ scene }) => {
  const { ada, bob } = scene.customers;
  expect(await found(scene, { customerId: ada })).toEqual(["old", "paid"]);
  expect(await found(scene, { customerId: bob })).toEqual([]);
  expect(await found(scene, { customerId: `bcus_${"0".repeat(32)}` })).toEqual([]);
});

test.for([
  [{ stripeId: "" }, /stripeId.*1 to 255/],
  [{ stripeId: "evt_\u0000" }, /stripeId.*control/],
  [{ stripeId: "x".repeat(256) }, /stripeId.*1 to 255/],
  [{ name: ["invoice.paid", " "] }, /name.*1 to 255/],
  [{ name: Array.from({ length: 101 }, () => "invoice.paid") }, /at most 100/],
  [{ customerId: "cus_ada" }, /customerId.*Customer\.id/],
  [{ customerId: "" }, /customerId.*Customer\.id/],
  [{ receivedAt: { from: at(2), to: at(1) } }, /receivedAt.from.*swap/],
] as const)(
  "the filter %o is refused with what would be right, by the list and by a replay",
  async ([filter, says], { scene: { admin } }) => {
    const answers = [
      await admin.graphql("query ($f: AdminWebhookEventFilter) { adminWebhookEvents(filter: $f) { totalCount } }", {
        f: filter,
      }),
      await admin.graphql(
        `mutation ($f: AdminWebhookEventFilter!) {
        adminReplayWebhookEvents(input: { filter: $f, reason: "to see" }) { queuedCount } }`,
        { f: filter },
      ),
    ];
    for (const answer of answers) {
      expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
      expect(answer.errors?.[0]?.message).toMatch(says);
    }
  },
);

test.for([
  "{ adminWebhookEvents(first: 101) { totalCount } }",
  "{ adminWebhookEvents(first: 1, last: 1) { totalCount } }",
  '{ adminWebhookEvents(after: "nothing") { totalCount } }',
  "{ adminWebhookEvents(filter: { status: [LOST] }) { totalCount } }",
  '{ adminWebhookEvents(filter: { status: ["FAILED"] }) { totalCount } }',
  "{ adminWebhookEvents(filter: { name: [null] }) { totalCount } }",
  "{ adminWebhookEvents(filter: { stripeId: 1 }) { totalCount } }",
])("%s is refused", async (query, { scene: { admin } }) => {
  expect(["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"]).toContain(codesOf(await admin.graphql(query))[0]);
});

test("nobody but staff is told of an event, by whatever way", async ({ app, scene: { ids } }) => {
  const callers = [
    [undefined, "UNAUTHENTICATED"],
    [app.person("ada").token, "FORBIDDEN"],
    [app.person("backend", { role: "service" }).token, "FORBIDDEN"],
  ] as const;
  for (const [token, code] of callers) {
    const list = await app.graphql("{ adminWebhookEvents { nodes { payload } } }", {}, token);
    expect([codesOf(list), list.data]).toEqual([[code], { adminWebhookEvents: null }]);
    const node = await app.graphql(
      `{ node(id: "${ids["paid"]}") { id } nodes(ids: ["${ids["paid"]}"]) { ... on AdminWebhookEvent { payload } } }`,
      {},
      token,
    );
    expect(node.data).toEqual({ node: null, nodes: [null] });
  }
});

const pageQuery = `query ($first: Int, $after: String, $last: Int, $before: String, $filter: AdminWebhookEventFilter) {
  adminWebhookEvents(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
    nodes { id } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }`;

/** The IDs of the whole list, walked from either end; `between` happens before each further page. */
async function walk(admin: Person, filter: object, from: "START" | "END", size: number, between = async () => {}) {
  const ids: string[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < 100; pages++) {
    const page: object = from === "START" ? { first: size, after: cursor } : { last: size, before: cursor };
    const { nodes, pageInfo } = (await admin.ask(pageQuery, { ...page, filter })).adminWebhookEvents;
    const found = nodes.map(({ id }: { id: string }) => id);
    if (from === "START") ids.push(...found);
    else ids.unshift(...found);
    cursor = from === "START" ? pageInfo.endCursor : pageInfo.startCursor;
    if (!(from === "START" ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) return ids;
    await between();
  }
  throw new Error("The list has no end.");
}

test("pages come without a gap or a repeat in both directions, also where many came at once and more are coming", async ({
  app,
  scene: { admin },
}) => {
  const name = ["checkout.session.expired"];
  const written: string[] = [];
  for (let nth = 0; nth < 23; nth++) {
    const receivedAt = at(Math.floor(nth / 5));
    written.push(await writeEvent(app, { type: "checkout.session.expired", receivedAt, status: "PROCESSED" }));
  }
  const newestFirst = written.toReversed();
  for (const size of [1, 4, 100]) {
    for (const from of ["START", "END"] as const) expect(await walk(admin, { name }, from, size)).toEqual(newestFirst);
  }
  const arrive = async () => {
    await writeEvent(app, { type: "checkout.session.expired", receivedAt: at(60), status: "PROCESSED" });
  };
  expect(await walk(admin, { name }, "START", 4, arrive)).toEqual(newestFirst);
});

test("what Stripe delivers is seen at once, and in full", async ({ app, scene: { admin } }) => {
  const body = eventOf("customer.updated", { object: "customer", id: "cus_nobody_here", name: 'Zoë "Z" \ud83c\udfac' });
  const { id } = JSON.parse(body);
  expect((await deliver(app, body)).status).toBe(200);
  const { adminWebhookEvents } = await admin.ask(
    `{ adminWebhookEvents(filter: { stripeId: "${id}" }) { nodes { name payload receivedAt } } }`,
  );
  expect(adminWebhookEvents.nodes).toEqual([
    { name: "customer.updated", payload: JSON.parse(body), receivedAt: expect.any(String) },
  ]);
  await quiet(app);
});

const leaks = [
  "Invalid API Key provided: sk_test_51Hxyz*****abcd",
  "Error: rk_live_0123456789abcdef is not allowed",
  "signed with whsec_QWERTYuiop123",
  "key absk_aBcDeF-1234_5678",
  "no payment pi_123_secret_hUsH0123",
  "sent Authorization: Bearer eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl",
  "token eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl",
  "connect to postgres://billing:hunter2@db.internal:5432/billing",
];
const kept = /sk_test_51|rk_live_0|whsec_Q|absk_a|hUsH|c2lnb|hunter2/;

test("an error that quotes a secret is shown without it, and with the rest", async ({ app, scene: { admin } }) => {
  for (const leak of leaks) {
    const id = await writeEvent(app, { lastError: leak, type: "leak" });
    const { lastError } = (await admin.ask(`{ node(id: "${id}") { ... on AdminWebhookEvent { lastError } } }`)).node;
    expect(lastError).not.toMatch(kept);
    expect(lastError).toContain("[left out]");
    expect(lastError).toContain(leak.split(" ")[0]);
  }
  const plain = "Error: No such customer: 'cus_123'; a similar object exists in live mode, see https://stripe.com/a@b";
  const id = await writeEvent(app, { lastError: plain, type: "leak" });
  expect((await admin.ask(`{ node(id: "${id}") { ... on AdminWebhookEvent { lastError } } }`)).node.lastError).toBe(
    plain,
  );
});

test("a secret in Stripe's own words is not even stored", async ({ app, scene: { admin } }) => {
  const ada = await app.customerOn("starter", "somebody else");
  await quiet(app);
  const { data } = await app.stripe.customers.list({ limit: 1 });
  const error = { message: "Invalid API Key provided: sk_test_51Hxyz*****abcd" };
  await plantFault(app, { method: "GET", path: "/v1/customers/*", status: 401, error });
  await app.stripe.customers.update(String(data[0]?.id), { name: "Ada" });
  const id = await until("a try that failed", async () => {
    const { adminWebhookEvents } = await admin.ask(
      `{ adminWebhookEvents(first: 1, filter: { stripeId: "${data[0]?.id}", name: "customer.updated" }) {
        nodes { id lastError } } }`,
    );
    return adminWebhookEvents.nodes[0]?.lastError ? adminWebhookEvents.nodes[0].id : undefined;
  });
  expect(id).toMatch(/^whe_/);
  const rows = await app.connection.db.execute(
    "select 1 from webhook_events where type = 'customer.updated' and last_error like '%sk_test_51%'",
  );
  expect(rows).toHaveLength(0);
  await quiet(app);
  expect(await ada.ask("{ viewer { customer { name } } }")).toEqual({ viewer: { customer: { name: "Ada" } } });
});
