import { expect } from "vitest";
import { test } from "./support/app.js";
import { codesOf } from "./support/graphql.js";
import { count, record, report, results } from "./support/usage.js";

const minutes = { feature: "streaming_minutes" };
const daysAgo = (now: Date, days: number) => new Date(now.getTime() - days * 24 * 3_600_000).toISOString();

test("use is counted, and the entitlement says what is left", async ({ app }) => {
  const ada = await app.customerOn("starter", "ada");
  const [result] = await results(report(app, "ada", [{ ...minutes, quantity: 37, idempotencyKey: "show-1" }]));
  expect(result).toEqual({
    idempotencyKey: "show-1",
    isAccepted: true,
    isDuplicate: false,
    userErrors: [],
    entitlement: {
      feature: { key: "streaming_minutes" },
      used: 37,
      limit: 600,
      remaining: 563,
      resetsAt: expect.any(String),
      hasAccess: true,
      denialReason: null,
    },
  });
  const { entitlement, currentSubscription } = await ada.ask(
    `{ entitlement(feature: "streaming_minutes") { used remaining resetsAt }
       currentSubscription { currentPeriod { end } } }`,
  );
  expect(entitlement).toEqual({ used: 37, remaining: 563, resetsAt: currentSubscription.currentPeriod.end });
});

test("each event of a call is judged on its own, in order", async ({ app }) => {
  const answers = await results(
    report(app, "bob", [
      { ...minutes, quantity: 50, idempotencyKey: "a" },
      { ...minutes, quantity: 11, idempotencyKey: "b" },
      { ...minutes, quantity: 10, idempotencyKey: "c" },
      { ...minutes, quantity: 50, idempotencyKey: "a" },
      { ...minutes, quantity: 51, idempotencyKey: "a" },
      { ...minutes, quantity: 1, idempotencyKey: "d" },
      { feature: "guests", quantity: 1, idempotencyKey: "e" },
      { feature: "recording_minutes", quantity: 1, idempotencyKey: "f" },
    ]),
  );
  expect(
    answers.map(({ isAccepted, isDuplicate, entitlement, userErrors }) => [
      isAccepted,
      isDuplicate,
      entitlement.used,
      userErrors[0]?.code ?? null,
    ]),
  ).toEqual([
    [true, false, 50, null],
    [false, false, 50, "USAGE_LIMIT_REACHED"],
    [true, false, 60, null],
    [true, true, 60, null],
    [false, false, 60, "IDEMPOTENCY_KEY_REUSED"],
    [false, false, 60, "USAGE_LIMIT_REACHED"],
    [true, false, 1, null],
    [false, false, 0, "USAGE_LIMIT_REACHED"],
  ]);
  expect(answers[1].userErrors[0]).toEqual({
    code: "USAGE_LIMIT_REACHED",
    message: "That is more than is left of Streaming: 10 of 60.",
    path: ["input", "events", "1", "quantity"],
  });
});

test("the same key and input is answered as the first time, other input under it is refused", async ({ app }) => {
  const event = { ...minutes, quantity: 5, idempotencyKey: "once", occurredAt: daysAgo(app.now(), 1) };
  const [first] = await results(report(app, "cleo", [event]));
  const [second] = await results(report(app, "cleo", [event]));
  expect(second).toEqual({ ...first, isDuplicate: true });
  for (const other of [{ quantity: 6 }, { occurredAt: daysAgo(app.now(), 2) }, { feature: "guests" }]) {
    const [reused] = await results(report(app, "cleo", [{ ...event, ...other }]));
    expect(reused).toMatchObject({ isAccepted: false, userErrors: [{ code: "IDEMPOTENCY_KEY_REUSED" }] });
  }
  const { occurredAt: _, ...undated } = event;
  const [reused] = await results(report(app, "cleo", [undated]));
  expect(reused.userErrors[0].code).toBe("IDEMPOTENCY_KEY_REUSED");
  // Keys are one customer's own.
  const [another] = await results(report(app, "cleo's sister", [event]));
  expect(another).toMatchObject({ isAccepted: true, isDuplicate: false });
});

test("a refused event keeps no key: the same one goes through after an upgrade", async ({ app }) => {
  const event = { feature: "recording_minutes", quantity: 3, idempotencyKey: "later" };
  const [refused] = await results(report(app, "dora", [event]));
  expect(refused).toMatchObject({ isAccepted: false, entitlement: { denialReason: "NO_SUBSCRIPTION" } });
  await app.customerOn("starter", "dora");
  const [counted] = await results(report(app, "dora", [event]));
  expect(counted).toMatchObject({ isAccepted: true, isDuplicate: false, entitlement: { used: 3, limit: 60 } });
});

test("of a limit what is held is counted: it can be given back, and never more than there is", async ({ app }) => {
  await app.customerOn("starter", "eva");
  const guests = (quantity: number) => report(app, "eva", [{ feature: "guests", quantity }]);
  expect((await results(guests(3)))[0].entitlement).toMatchObject({ used: 3, remaining: 0, resetsAt: null });
  expect((await results(guests(1)))[0].userErrors[0].code).toBe("USAGE_LIMIT_REACHED");
  expect((await results(guests(-2)))[0].entitlement).toMatchObject({ used: 1, remaining: 2 });
  expect((await results(guests(-2)))[0].userErrors[0]).toMatchObject({
    code: "INVALID_INPUT",
    message: "That is more of Guests than is held: it cannot be given back.",
  });
  expect((await results(guests(2)))[0].entitlement).toMatchObject({ used: 3 });
});

test.for([
  ["an unknown feature", { feature: "minutes" }, "FEATURE_NOT_FOUND", "feature"],
  ["a feature with control characters", { feature: "a\u0000b" }, "FEATURE_NOT_FOUND", "feature"],
  ["a switch", { feature: "scenes_basic" }, "FEATURE_NOT_METERED", "feature"],
  ["none at all", { quantity: 0 }, "INVALID_INPUT", "quantity"],
  ["less than none of what is metered", { quantity: -1 }, "INVALID_INPUT", "quantity"],
  ["none of a limit", { feature: "guests", quantity: 0 }, "INVALID_INPUT", "quantity"],
  ["more than there could be", { quantity: Number.MAX_SAFE_INTEGER }, "USAGE_LIMIT_REACHED", "quantity"],
  ["an empty key", { idempotencyKey: "" }, "INVALID_INPUT", "idempotencyKey"],
  ["an endless key", { idempotencyKey: "k".repeat(256) }, "INVALID_INPUT", "idempotencyKey"],
  ["a key with a line break", { idempotencyKey: "a\nb" }, "INVALID_INPUT", "idempotencyKey"],
  ["a time before there was one", { occurredAt: "0000-01-01T00:00:00Z" }, "USAGE_TOO_OLD", "occurredAt"],
  ["the end of time", { occurredAt: "9999-12-31T23:59:59-12:00" }, "INVALID_INPUT", "occurredAt"],
] as const)(
  "%s is refused, nothing is counted, and the input at fault is named",
  async ([what, wrong, code, field], { app }) => {
    const [result] = await results(report(app, `x-${what}`, [{ ...minutes, ...wrong }]));
    expect(result).toMatchObject({ isAccepted: false, userErrors: [{ code, path: ["input", "events", "0", field] }] });
    const { entitlements } = await app.person(`x-${what}`).ask("{ entitlements { used } }");
    for (const { used } of entitlements) expect([0, null]).toContain(used);
  },
);

test("no counter can pass what a number holds exactly, though there is no limit", async ({ app }) => {
  await app.customerOn("enterprise", "fay");
  const most = Number.MAX_SAFE_INTEGER;
  expect((await results(report(app, "fay", [{ ...minutes, quantity: most }])))[0].entitlement.used).toBe(most);
  expect((await results(report(app, "fay", [{ ...minutes, quantity: 1 }])))[0].userErrors[0]).toMatchObject({
    code: "USAGE_LIMIT_REACHED",
    message: "No counter can hold that much.",
  });
});

test("the future is refused, and so is what is more than 35 days old", async ({ app }) => {
  const now = app.now();
  const answers = await results(
    report(app, "gus", [
      { ...minutes, occurredAt: new Date(now.getTime() + 60_000).toISOString() },
      { ...minutes, occurredAt: daysAgo(now, 36) },
      { ...minutes, occurredAt: daysAgo(now, 34) },
    ]),
  );
  expect(answers.map(({ userErrors }) => userErrors[0]?.code ?? null)).toEqual([
    "INVALID_INPUT",
    "USAGE_TOO_OLD",
    null,
  ]);
});

test.for<[string, object]>([
  ["no events", { events: [] }],
  ["more than a hundred", { events: Array.from({ length: 101 }, (_, n) => ({ ...minutes, idempotencyKey: `k${n}` })) }],
])("a call with %s is refused as a whole", async ([, input], { app }) => {
  const token = app.person("backend", { role: "service" }).token;
  const { data } = await app.graphql(record, { input: { externalCustomerId: "hal", ...input } }, token);
  expect(data.recordUsage).toEqual({
    results: [],
    userErrors: [
      { code: "INVALID_INPUT", path: ["input", "events"], message: "Send from 1 to 100 events in one call." },
    ],
  });
});

test("a service must name the customer, and nobody else may", async ({ app }) => {
  const input = { events: [{ ...minutes, idempotencyKey: "k" }] };
  const service = app.person("backend", { role: "service" });
  expect((await service.ask(record, { input })).recordUsage.userErrors).toMatchObject([
    { code: "INVALID_INPUT", path: ["input", "externalCustomerId"] },
  ]);
  const named = { input: { ...input, externalCustomerId: "ida" } };
  expect((await app.person("eve").ask(record, named)).recordUsage.userErrors).toMatchObject([
    { code: "INVALID_INPUT", path: ["input", "externalCustomerId"] },
  ]);
  expect(codesOf(await app.graphql(record, named))).toEqual(["UNAUTHENTICATED"]);
});

test("a customer may not report what only the product's back end may", async ({ app }) => {
  const eve = app.person("evelyn");
  const answer = await eve.graphql(record, {
    input: { events: [{ feature: "guests", quantity: -1, idempotencyKey: "k" }] },
  });
  expect(codesOf(answer)).toEqual(["FORBIDDEN"]);
  expect(answer.errors?.[0]?.message).toContain("Guests");
});

test("who only used something is on record, and takes their profile with the first registration", async ({ app }) => {
  await count(app, "joe", "streaming_minutes", 1);
  const service = app.person("backend", { role: "service" });
  const query = `{ customer(externalId: "joe") { id email name createdAt tier { slug } } }`;
  const before = (await service.ask(query)).customer;
  expect(before).toMatchObject({ email: null, name: null, tier: { slug: "free" } });
  expect((await service.ask("query ($id: ID!) { node(id: $id) { id } }", { id: before.id })).node).toEqual({
    id: before.id,
  });
  await app.customerOn("starter", "joe");
  expect((await service.ask(query)).customer).toEqual({
    ...before,
    email: "joe@example.com",
    name: "joe",
    tier: { slug: "starter" },
  });
  const { data } = await app.stripe.customers.list({ email: "joe@example.com" });
  expect(data).toHaveLength(1);
});
