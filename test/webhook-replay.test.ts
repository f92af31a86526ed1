import { sql } from "drizzle-orm";
import { expect } from "vitest";
import { userIdOf } from "../src/billing/users/user.js";
import { test as base, startTestApp, type TestApp } from "./support/app.js";
import { codesOf } from "./support/graphql.js";
import type { Person } from "./support/person.js";
import { longAgo, writeCustomer } from "./support/staff.js";
import {
  actsOf,
  reason,
  replay,
  replayMany,
  replayManyMutation,
  replayMutation,
  writeEvent,
} from "./support/webhook-events.js";

/** `idle` runs no jobs, so that what was put into the queue can be looked at. */
const test = base.extend<{ idle: { app: TestApp; root: Person } }>({
  idle: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, stop } = await startTestApp({ worker: false });
      await app.sandbox.settled();
      await use({ app, root: app.person("root", { role: "admin" }) });
      await stop();
    },
    { scope: "file" },
  ],
});

async function statusesOf(app: TestApp, type: string): Promise<string[]> {
  const rows = await app.connection.db.execute<{ status: string }>(
    sql`select status from webhook_events where type = ${type} order by received_at, id`,
  );
  return rows.map(({ status }) => status);
}

async function waitingJobs(app: TestApp): Promise<number> {
  const jobs = await app.connection.db.execute(
    "select 1 from graphile_worker.jobs where task_identifier = 'process_stripe_events'",
  );
  return jobs.length;
}

async function forgetJobs(app: TestApp): Promise<void> {
  await app.connection.db.execute("delete from graphile_worker._private_jobs");
}

test("an event that was given up waits again as if it had just come, and keeps its error until it is processed", async ({
  idle: { app, root },
}) => {
  await forgetJobs(app);
  const stripeCustomerId = "cus_of_ada";
  await writeCustomer(app, "ada", { stripeCustomerId });
  const id = await writeEvent(app, { stripeEventId: "evt_lost", stripeCustomerId, lastError: "Error: it broke" });
  const before = (await actsOf(app)).length;
  expect(await replay(root, id)).toEqual({
    webhookEvent: {
      ...{ id, stripeId: "evt_lost", name: "customer.updated", status: "PENDING", attempts: 0 },
      ...{ lastError: "Error: it broke", processedAt: null, receivedAt: longAgo.toISOString() },
    },
    userErrors: [],
  });
  expect(await waitingJobs(app)).toBe(1);
  expect((await actsOf(app)).slice(before)).toMatchObject([
    {
      ...{ actor: "root", action: "webhook_event.replay", userId: userIdOf("ada"), reason },
      details: {
        ...{ webhookEventId: id, stripeEventId: "evt_lost", type: "customer.updated" },
        before: { status: "FAILED", attempts: 12 },
      },
    },
  ]);
});

test("of 64 who replay an event at once one does it, and all hear that it waits", async ({ idle: { app, root } }) => {
  await forgetJobs(app);
  const id = await writeEvent(app);
  const before = (await actsOf(app)).length;
  const answers = await Promise.all(Array.from({ length: 64 }, () => replay(root, id)));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(answers[0]).toMatchObject({ webhookEvent: { id, status: "PENDING", attempts: 0 }, userErrors: [] });
  expect(await actsOf(app)).toHaveLength(before + 1);
  expect(await waitingJobs(app)).toBe(1);
});

test("64 who replay many at once put each event back once, and their counts add up", async ({
  idle: { app, root },
}) => {
  await forgetJobs(app);
  for (let nth = 0; nth < 40; nth++) await writeEvent(app, { type: "charge.failed" });
  const before = (await actsOf(app)).length;
  const answers = await Promise.all(Array.from({ length: 64 }, () => replayMany(root, { name: ["charge.failed"] })));
  const counts: number[] = answers.map(({ queuedCount }) => queuedCount);
  expect(counts.reduce((sum, each) => sum + each)).toBe(40);
  expect(new Set(await statusesOf(app, "charge.failed"))).toEqual(new Set(["PENDING"]));
  expect(await actsOf(app)).toHaveLength(before + counts.filter((each) => each > 0).length);
  expect(await waitingJobs(app)).toBe(1);
});

test.for(["PENDING", "PROCESSING"] as const)("an event that is %s is left alone", async (status, { idle }) => {
  const { app, root } = idle;
  const id = await writeEvent(app, { status, attempts: 3, type: "refund.failed", processedAt: null });
  const before = (await actsOf(app)).length;
  await forgetJobs(app);
  expect(await replay(root, id)).toMatchObject({ webhookEvent: { status, attempts: 3 }, userErrors: [] });
  expect(await replayMany(root, { name: ["refund.failed"], status: [status] })).toEqual({
    queuedCount: 0,
    userErrors: [],
  });
  expect(await actsOf(app)).toHaveLength(before);
  expect(await waitingJobs(app)).toBe(0);
});

test("an event of a kind that nothing is done for is refused, and skipped among many", async ({
  idle: { app, root },
}) => {
  const type = "coupon.deleted";
  const id = await writeEvent(app, { type, status: "IGNORED", objectKind: null });
  await writeEvent(app, { type, status: "IGNORED" });
  expect(await replay(root, id)).toEqual({
    webhookEvent: null,
    userErrors: [
      {
        code: "INVALID_INPUT",
        message: "Nothing is done for `coupon.deleted`, so there is nothing to do again.",
        path: ["input", "webhookEventId"],
      },
    ],
  });
  expect(await replayMany(root, { name: [type], status: ["IGNORED"] })).toEqual({ queuedCount: 1, userErrors: [] });
  expect(await statusesOf(app, type)).toEqual(["IGNORED", "PENDING"]);
});

test("many are those that were given up, unless other states are named", async ({ idle: { app, root } }) => {
  const type = "invoice.voided";
  for (const status of ["FAILED", "PROCESSED", "IGNORED", "FAILED"] as const) await writeEvent(app, { type, status });
  const name = [type];
  expect(await replayMany(root, { name })).toEqual({ queuedCount: 2, userErrors: [] });
  expect(await statusesOf(app, type)).toEqual(["PENDING", "PROCESSED", "IGNORED", "PENDING"]);
  expect(await replayMany(root, { name, status: null })).toEqual({ queuedCount: 0, userErrors: [] });
  const status = ["PROCESSED", "IGNORED", "PENDING"];
  expect(await replayMany(root, { name, status })).toEqual({ queuedCount: 2, userErrors: [] });
  const acts = (await actsOf(app)).slice(-2);
  expect(acts).toMatchObject([
    {
      ...{ actor: "root", action: "webhook_event.replay_many", userId: null, reason },
      details: { filter: { name, status: ["FAILED"] }, queuedCount: 2 },
    },
    { details: { filter: { name, status }, queuedCount: 2 } },
  ]);
});

test("only what the filter names is put back, a customer's for example, and the log says whose", async ({
  idle: { app, root },
}) => {
  const customerId = await writeCustomer(app, "bea", { stripeCustomerId: "cus_bea" });
  const type = "invoice.sent";
  await writeEvent(app, { type, stripeCustomerId: "cus_bea" });
  await writeEvent(app, { type, stripeCustomerId: "cus_other" });
  expect((await replayMany(root, { customerId })).queuedCount).toBe(1);
  expect(await statusesOf(app, type)).toEqual(["PENDING", "FAILED"]);
  expect((await actsOf(app)).at(-1)).toMatchObject({ userId: userIdOf("bea") });
});

test("a filter that matches nothing puts nothing back, wakes nobody and is not recorded", async ({
  idle: { app, root },
}) => {
  await forgetJobs(app);
  const before = (await actsOf(app)).length;
  for (const filter of [{ name: ["no.such.name"] }, { stripeId: "evt_nothing" }, { status: [] }, { name: [] }])
    expect(await replayMany(root, filter)).toEqual({ queuedCount: 0, userErrors: [] });
  expect(await actsOf(app)).toHaveLength(before);
  expect(await waitingJobs(app)).toBe(0);
});

test("more than 10,000 are put back by as many calls as it takes, the oldest first", async ({
  idle: { app, root },
}) => {
  await app.connection.db.execute(`
    insert into webhook_events (id, stripe_event_id, type, livemode, object_kind, object_id, status, created_at,
      received_at, due_at)
    select gen_random_uuid(), 'evt_many_' || n, 'invoice.overdue', false, 'invoice', 'in_' || n, 'FAILED', now(),
      '2026-01-01'::timestamptz + n * interval '1 second', now()
    from generate_series(1, 10007) as n`);
  const name = ["invoice.overdue"];
  expect((await replayMany(root, { name })).queuedCount).toBe(10_000);
  expect((await statusesOf(app, "invoice.overdue")).slice(9_998)).toEqual([
    ...["PENDING", "PENDING"],
    ...Array.from({ length: 7 }, () => "FAILED"),
  ]);
  expect((await replayMany(root, { name })).queuedCount).toBe(7);
  expect((await replayMany(root, { name })).queuedCount).toBe(0);
});

test.for([
  ["whe_00000000000070008000000000000000"],
  ["whe_"],
  [""],
  ["evt_1"],
  [`key_${"0".repeat(32)}`],
  ["whe_\u0000"],
  ["x".repeat(5_000)],
])("an event called %j is not found", async ([id = ""], { idle: { root } }) => {
  expect(await replay(root, id)).toEqual({
    webhookEvent: null,
    userErrors: [{ code: "NOT_FOUND", message: "There is no such event.", path: ["input", "webhookEventId"] }],
  });
});

test.for([[""], ["   "], ["x".repeat(1_001)], ["line\nbreak"], ["\u0000"]])(
  "the reason %j is refused, and nothing is put back",
  async ([bad], { idle: { app, root } }) => {
    const type = "invoice.marked_uncollectible";
    const id = await writeEvent(app, { type });
    const userErrors = [{ code: "INVALID_INPUT", message: expect.any(String), path: ["input", "reason"] }];
    expect(await replay(root, id, { reason: bad })).toEqual({ webhookEvent: null, userErrors });
    expect(await replayMany(root, { name: [type] }, { reason: bad })).toEqual({ queuedCount: 0, userErrors });
    expect(new Set(await statusesOf(app, type))).toEqual(new Set(["FAILED"]));
  },
);

test("nobody but staff replays anything", async ({ idle: { app } }) => {
  const id = await writeEvent(app, { type: "invoice.deleted" });
  const before = (await actsOf(app)).length;
  for (const [token, code] of [
    [undefined, "UNAUTHENTICATED"],
    [app.person("ada").token, "FORBIDDEN"],
    [app.person("backend", { role: "service" }).token, "FORBIDDEN"],
  ] as const) {
    const one = await app.graphql(replayMutation, { input: { webhookEventId: id, reason } }, token);
    const many = await app.graphql(replayManyMutation, { input: { filter: {}, reason } }, token);
    expect([codesOf(one), codesOf(many)]).toEqual([[code], [code]]);
  }
  expect(await statusesOf(app, "invoice.deleted")).toEqual(["FAILED"]);
  expect(await actsOf(app)).toHaveLength(before);
});
