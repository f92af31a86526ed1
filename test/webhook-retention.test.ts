import { expect } from "vitest";
import { type TestApp, test } from "./support/app.js";
import { deliver, eventOf, inbox } from "./support/deliveries.js";
import { quiet } from "./support/quiet.js";
import { until } from "./support/until.js";

const idOf = (body: string): string => JSON.parse(body).id;

/** Makes an event as old as this, and what it has become. */
async function age({ connection }: TestApp, event: string, days: number, status: string): Promise<void> {
  await connection.db.execute(`
    update webhook_events set status = '${status}', received_at = now() - interval '${days} days', due_at = 'infinity'
    where stripe_event_id = '${idOf(event)}'`);
}

async function rowOf({ connection }: TestApp, event: string) {
  const [row] = await connection.db.execute<{ type: string; status: string; payload: unknown; problem: string | null }>(
    `select type, status, payload::json as payload, last_error as problem from webhook_events where stripe_event_id = '${idOf(event)}'`,
  );
  return row;
}

/** Runs the hourly job at once, and waits until it has done its work. */
async function forget({ connection }: TestApp): Promise<void> {
  await connection.db.execute("select graphile_worker.add_job('forget-payloads', job_key => 'now')");
  await until("the job to be done", async () => {
    const jobs = await connection.db.execute("select 1 from graphile_worker.jobs where key = 'now'");
    return jobs.length === 0;
  });
}

const unhandled = () => eventOf("mandate.updated", { object: "mandate", id: "mandate_1", name: "Grace" });

test.for([
  ["PROCESSED", 31, null],
  ["IGNORED", 31, null],
  ["FAILED", 31, null],
  ["PENDING", 31, "kept"],
  ["PROCESSING", 31, "kept"],
  ["PROCESSED", 29, "kept"],
] as const)(
  "the body of an event that is %s for %i days is forgotten or kept: %s",
  async ([status, days, kept], { app }) => {
    const event = unhandled();
    await deliver(app, event);
    await age(app, event, days, status);
    await forget(app);
    const row = await rowOf(app, event);
    expect(row).toMatchObject({ type: "mandate.updated", status, problem: expect.any(String) });
    expect(row?.payload).toEqual(kept && JSON.parse(event));
    await age(app, event, days, "IGNORED");
  },
);

test("an event that comes again when its body was forgotten changes nothing", async ({ app }) => {
  const ada = await app.customerOn("starter");
  await quiet(app);
  const [customer] = (await app.stripe.customers.list({ email: `${ada.sub}@example.com` })).data;
  const event = eventOf("customer.updated", { object: "customer", id: customer?.id });
  await deliver(app, event);
  await quiet(app);
  await age(app, event, 400, "PROCESSED");
  await forget(app);
  const before = [await rowOf(app, event), (await inbox(app)).length];
  expect(before[0]).toMatchObject({ status: "PROCESSED", payload: null });
  expect((await deliver(app, event)).status).toBe(200);
  expect([await rowOf(app, event), (await inbox(app)).length]).toEqual(before);
});

test("more old bodies than fit one batch are all forgotten, and no other", async ({ app }) => {
  await app.connection.db.execute(`
    insert into webhook_events (id, stripe_event_id, type, livemode, status, payload, created_at, received_at, due_at)
    select gen_random_uuid(), 'evt_old_' || n, 'plan.updated', false, 'IGNORED', '{}', now(),
      now() - interval '40 days', now() from generate_series(1, 2500) n`);
  const young = unhandled();
  await deliver(app, young);
  await forget(app);
  const left = await app.connection.db.execute(
    "select 1 from webhook_events where stripe_event_id like 'evt_old_%' and payload is not null",
  );
  expect(left).toHaveLength(0);
  expect((await rowOf(app, young))?.payload).toEqual(JSON.parse(young));
});

test("an event that was given up can be tried again when its body was forgotten", async ({ app }) => {
  const bea = await app.customerOn("starter");
  await quiet(app);
  const [customer] = (await app.stripe.customers.list({ email: `${bea.sub}@example.com` })).data;
  const event = eventOf("customer.updated", { object: "customer", id: customer?.id });
  await deliver(app, event);
  await quiet(app);
  await age(app, event, 31, "FAILED");
  await forget(app);
  await app.connection.db.execute(
    "update webhook_events set status = 'PENDING', attempts = 0, due_at = now() where status = 'FAILED'",
  );
  await app.connection.db.execute("select graphile_worker.add_job('process_stripe_events')");
  await until("it is processed", async () => (await rowOf(app, event))?.status === "PROCESSED");
});
