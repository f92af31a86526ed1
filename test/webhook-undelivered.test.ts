import { expect } from "vitest";
import { makeLogger } from "../src/log.js";
import { makeMetrics } from "../src/metrics.js";
import { makeEventSource } from "../src/stripe/event-source.js";
import type { Delivery } from "../src/stripe/stripe-event.js";
import { makeFetchUndelivered } from "../src/webhooks/fetch-undelivered.js";
import { handledEvents } from "../src/webhooks/handled-events.js";
import { test as base, startTestApp, type TestApp } from "./support/app.js";
import { inbox } from "./support/deliveries.js";
import { meteredEnvironment, metricsOf } from "./support/metrics.js";
import { quiet } from "./support/quiet.js";
import { apiRequests, plantFault } from "./support/stripe.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

/** Each test has a service of its own: what one leaves undelivered, another would fetch. */
const test = base.extend<{ own: TestApp }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
  own: async ({}, use) => {
    const { app, stop } = await startTestApp({ environment: meteredEnvironment });
    await use(app);
    await stop();
  },
});

const dropAll = (app: TestApp) => plantFault(app, { deliveries: "drop", times: 100_000 });

/** Lets Stripe's time go on, and waits until the service has heard of it. */
async function pass(app: TestApp, seconds: number): Promise<void> {
  await app.sandbox.advance(seconds);
  await until("the clock to be followed", () => Math.abs(app.now().getTime() - app.sandbox.now().getTime()) < 1_000);
}

/** Runs the job at once, when no event is on its way any more, and waits until it and what it brought are done. */
async function fetchUndelivered(app: TestApp): Promise<void> {
  await pass(app, 600);
  const { db } = app.connection;
  await db.execute("select graphile_worker.add_job('fetch-undelivered', job_key => 'now')");
  await until("the job to be done", async () => {
    const jobs = await db.execute<{ last_error: string | null }>(
      "select last_error from graphile_worker.jobs where key = 'now'",
    );
    expect(jobs.map(({ last_error }) => last_error).filter((error) => error !== null)).toEqual([]);
    return jobs.length === 0;
  });
  await quiet(app);
}

const fetched = async (app: TestApp) => (await metricsOf(app))("billing_webhook_fetched_total");

test("what was never delivered is here as Stripe has it after one fetch", async ({ own }) => {
  const [ada, bea] = [await own.customerOn("professional", "ada"), await own.customerOn("starter", "bea")];
  await quiet(own);
  await dropAll(own);
  const { data } = await own.stripe.subscriptions.list({ limit: 100 });
  const [charge] = (await own.stripe.charges.list()).data;
  await own.stripe.refunds.create({ charge: charge?.id ?? "", amount: 200 });
  for (const { id, metadata } of data) {
    await own.stripe.subscriptions.update(id, { cancel_at_period_end: true, metadata: { ...metadata, note: "left" } });
  }
  await own.stripe.subscriptions.cancel(data[0]?.id ?? "");
  await expect(expectStripesTruth(own), "nobody has told us").rejects.toThrow();

  await fetchUndelivered(own);
  await expectStripesTruth(own);
  const states = await Promise.all([ada, bea].map((person) => person.ask("{ currentSubscription { cancelsAt } }")));
  expect(states.filter(({ currentSubscription }) => currentSubscription?.cancelsAt)).toHaveLength(1);
  expect(await fetched(own)).toBeGreaterThan(0);
});

test("what was fetched counts once: fetched again or delivered late it changes nothing", async ({ own }) => {
  await quiet(own);
  await dropAll(own);
  await own.stripe.customers.create({ name: "Late" });
  await fetchUndelivered(own);
  const names = ["fetched_total", "stored_total", "duplicates_total"].map((name) => `billing_webhook_${name}`);
  const before = await metricsOf(own);
  await fetchUndelivered(own);
  const [event] = (await own.stripe.events.list({ type: "customer.created", limit: 1 })).data;
  await own.control("POST", `/sandbox/events/${event?.id}/resend`, {});
  await quiet(own);
  const after = await metricsOf(own);
  expect(names.map((name) => after(name) - before(name))).toEqual([0, 0, 1]);
  const rows = (await inbox(own, "customer.created")).filter(({ id }) => id === event?.id);
  expect(rows).toMatchObject([{ status: "IGNORED", problem: expect.stringContaining("not made by this service") }]);
  expect(await own.stripe.events.list({ delivery_success: false, type: "customer.created" })).toMatchObject({
    data: [],
  });
});

test("more events than fit a page are all fetched, and only of types that something is done for", async ({ own }) => {
  await quiet(own);
  await dropAll(own);
  await own.stripe.coupons.create({ percent_off: 10 });
  for (let index = 0; index < 130; index += 1) await own.stripe.customers.create({ name: `Number ${index}` });
  await fetchUndelivered(own);
  expect(await fetched(own)).toBe(130);
  expect(await inbox(own, "customer.created")).toHaveLength(130);
  expect(await inbox(own, "coupon.created")).toEqual([]);
});

test("what happened more than three days ago is left alone", async ({ own }) => {
  await quiet(own);
  await dropAll(own);
  await own.stripe.customers.create({ name: "Old" });
  await pass(own, 4 * 86_400);
  await own.stripe.customers.create({ name: "New" });
  await fetchUndelivered(own);
  expect(await fetched(own)).toBe(1);
});

test.for([
  ["is too busy", { status: 429 }],
  ["is down", { status: 503 }],
  ["lets the key not read events", { status: 403 }],
] as const)("when Stripe %s the job ends well, says so, and the next run fetches", async ([_what, fault], { own }) => {
  await quiet(own);
  await dropAll(own);
  await own.stripe.customers.create({ name: "Patient" });
  await plantFault(own, { method: "GET", path: "/v1/events", times: 1_000, ...fault });
  await fetchUndelivered(own);
  expect(await fetched(own)).toBe(0);
  const said = own.logged.filter((line) => line.includes("Stripe did not tell which events it could not deliver"));
  expect(said.map((line) => JSON.parse(line).level)).toEqual([40]);
  await own.control("DELETE", "/sandbox/faults");
  await fetchUndelivered(own);
  expect(await fetched(own)).toBe(1);
});

test("a run that is bounded is gone on with by the next, so that old events do not wait behind new ones", async ({
  own,
}) => {
  await quiet(own);
  await dropAll(own);
  // Each in a second of its own, for Stripe tells times to the second.
  for (let index = 0; index < 3; index += 1) {
    for (let each = 0; each < 100; each += 1) await own.stripe.customers.create({ name: `${index} ${each}` });
    await own.sandbox.advance(10);
  }
  await pass(own, 600);
  const taken = new Set<string>();
  const receiver = {
    async receive({ event }: Delivery) {
      taken.add(event.id);
      return true;
    },
  };
  const deps = {
    db: own.connection.db,
    stripeEvents: makeEventSource(own.stripe),
    metrics: makeMetrics(),
    now: () => own.sandbox.now(),
    log: makeLogger("silent"),
  };
  const run = makeFetchUndelivered(deps, receiver, 1);
  await run();
  expect(taken.size).toBe(100);
  // Where making a hundred took longer than a second, pages overlap by the rest of one.
  for (let runs = 0; runs < 6 && taken.size < 300; runs += 1) await run();
  expect(taken.size).toBe(300);
});

test("an event that may still be on its way is not fetched", async ({ own }) => {
  await quiet(own);
  await pass(own, 600);
  await dropAll(own);
  await own.stripe.customers.create({ name: "Young" });
  await own.connection.db.execute("select graphile_worker.add_job('fetch-undelivered', job_key => 'now')");
  await until("Stripe to be asked", async () => (await apiRequests(own, "GET", "/v1/events")).length >= 3);
  await until("the job to be done", async () => {
    return (await own.connection.db.execute("select 1 from graphile_worker.jobs where key = 'now'")).length === 0;
  });
  expect(await fetched(own)).toBe(0);
  await fetchUndelivered(own);
  expect(await fetched(own)).toBe(1);
});

test("a run with nothing to fetch asks Stripe once for each twenty types, and writes nothing", async ({ own }) => {
  await quiet(own);
  await own.sandbox.settled();
  const before = (await apiRequests(own, "GET", "/v1/events")).length;
  const rows = (await inbox(own)).length;
  await fetchUndelivered(own);
  expect((await apiRequests(own, "GET", "/v1/events")).length - before).toBe(Math.ceil(handledEvents.length / 20));
  expect((await inbox(own)).length).toBe(rows);
});
