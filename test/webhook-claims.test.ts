import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { expect } from "vitest";
import { openLocks } from "../src/db/locks.js";
import { type TestApp, test } from "./support/app.js";
import { inbox } from "./support/deliveries.js";
import { until } from "./support/until.js";

test("what a dead worker had claimed is taken over at once, and what a living one has is left to it", async ({
  app,
}) => {
  const locks = openLocks(app.config.database.url, 1);
  const living = randomUUID();
  await locks.hold(`claim:${living}`, 1_000, async () => {
    await claimed(app, "evt_of_living", living);
    await claimed(app, "evt_of_dead", randomUUID());
    await until("the dead one's event is settled", () => isSettled(app, "evt_of_dead"));
    expect(await isSettled(app, "evt_of_living")).toBe(false);
  });
  await until("the other's is, now that it has ended too", () => isSettled(app, "evt_of_living"));
  await locks.close();
});

test("an event that nobody was called for is worked on all the same", async ({ app }) => {
  await app.connection.db.execute(sql`
    insert into webhook_events (id, stripe_event_id, type, livemode, object_kind, object_id, stripe_customer_id, status,
      created_at, received_at, due_at)
    values (gen_random_uuid(), 'evt_uncalled', 'customer.updated', false, 'customer', 'cus_nobody', 'cus_nobody', 'PENDING',
      now(), now(), now())`);
  await until("it is settled", () => isSettled(app, "evt_uncalled"));
});

/** An event that a worker has claimed for a minute. */
async function claimed({ connection }: TestApp, id: string, run: string): Promise<void> {
  await connection.db.execute(sql`
    insert into webhook_events (id, stripe_event_id, type, livemode, object_kind, object_id, stripe_customer_id, status,
      created_at, received_at, due_at, claimed_by)
    values (gen_random_uuid(), ${id}, 'customer.updated', false, 'customer', 'cus_nobody', 'cus_nobody', 'PROCESSING',
      now(), now(), now() + interval '1 minute', ${run})`);
}

async function isSettled(app: TestApp, id: string): Promise<boolean> {
  return (await inbox(app)).some((row) => row.id === id && row.status === "IGNORED");
}
