import { expect } from "vitest";
import { type TestApp } from "./support/app.js";
import { subscriptionOf } from "./support/objects.js";
import { quiet } from "./support/quiet.js";
import { ended, reconcile, settled, quickTest as test } from "./support/reconcile.js";
import { faultSeed, seeded } from "./support/seeded.js";
import { plantFault } from "./support/stripe.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

const customers = Number(process.env["LOSS_CUSTOMERS"] ?? 6);
const tiers = ["starter", "professional", "enterprise"] as const;

test(
  `of a year in which a tenth of what Stripe told ${customers} customers' records was lost nothing is missing after one comparison (seed ${faultSeed})`,
  async ({ app }) => {
    const random = seeded(faultSeed);
    for (let n = 0; n < customers; n += 1) await app.customerOn(tiers[n % tiers.length] ?? "starter", `lost-${n}`);
    await settled(app);
    for (let month = 1; month <= 12; month += 1) {
      await loseATenth(app, random);
      for (let n = 0; n < customers; n += 1) if (random() < 0.3) await change(app, `lost-${n}`, random);
      await app.sandbox.advance(31 * 86_400);
      await quiet(app);
    }
    await app.control("DELETE", "/sandbox/faults");
    await quiet(app);

    // Most of what is lost is made up for by what comes later of the same object.
    expect(await lostEvents(app), "events that were lost").toBeGreaterThan(customers);

    await fetchUndelivered(app);
    const staff = app.person("root", { role: "admin" });
    const repaired = await ended(app, await reconcile(staff, null, { repair: true }));
    expect(repaired).toMatchObject({ status: "FINISHED", repair: true });
    expect(repaired.differences.filter(({ isRepaired }) => !isRepaired)).toEqual([]);

    const after = await ended(app, await reconcile(staff, null));
    expect(after).toMatchObject({ status: "FINISHED", differences: [] });
    await expectStripesTruth(app);
  },
  120_000 + customers * 15_000,
);

/** A tenth of the deliveries to come, wherever they are; a month brings about ten for each customer. */
async function loseATenth(app: TestApp, random: () => number): Promise<void> {
  await app.control("DELETE", "/sandbox/faults");
  const expected = customers * 10;
  const lost = Array.from({ length: expected }, (_, place) => place).filter(() => random() < 0.1);
  for (const skip of lost) await plantFault(app, { deliveries: "drop", skip });
}

/** What customers and merchants do at Stripe in the course of a year. */
async function change(app: TestApp, sub: string, random: () => number): Promise<void> {
  const { id, ended_at, items, cancel_at } = await subscriptionOf(app, sub);
  if (ended_at !== null) return;
  const what = random();
  if (what < 0.1) await app.stripe.subscriptions.cancel(id);
  else if (what < 0.4) await app.stripe.subscriptions.update(id, { cancel_at_period_end: cancel_at === null });
  else if (what < 0.6) await app.stripe.subscriptions.update(id, { metadata: { note: String(what) } });
  else {
    const quantity = 1 + Math.floor(random() * 5);
    await app.stripe.subscriptions.update(id, {
      items: [{ id: items.data[0]?.id ?? "", quantity }],
      proration_behavior: "always_invoice",
    });
  }
}

async function lostEvents(app: TestApp): Promise<number> {
  let lost = 0;
  for await (const _event of app.stripe.events.list({ delivery_success: false, limit: 100 })) lost += 1;
  return lost;
}

/** Runs the sweep of undelivered events at once, when nothing is on its way any more. */
async function fetchUndelivered(app: TestApp): Promise<void> {
  await app.sandbox.advance(600);
  const { db } = app.connection;
  await db.execute("select graphile_worker.add_job('fetch-undelivered', job_key => 'now')");
  const waiting = "select 1 from graphile_worker.jobs where key = 'now'";
  await until("the job to be done", async () => (await db.execute(waiting)).length === 0, 60_000);
  await quiet(app);
}
