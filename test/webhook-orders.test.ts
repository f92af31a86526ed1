import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { type TestApp, test } from "./support/app.js";
import { deliver } from "./support/deliveries.js";
import { subscriptionOf } from "./support/objects.js";
import { quiet } from "./support/quiet.js";
import { expectStripesTruth } from "./support/truth.js";

/** All 720 orders of the six, or so many of them, spread evenly. */
const orders = Number(process.env["WEBHOOK_ORDERS"] ?? 24);

const life = [
  "customer.subscription.created",
  "invoice.paid",
  "customer.subscription.updated", // seats
  "customer.subscription.trial_will_end",
  "customer.subscription.updated", // told to end
  "customer.subscription.deleted",
];

test(
  `${orders} of the 720 orders in which a subscription's life can be told end in Stripe's own state`,
  async ({ app }) => {
    const told = await liveUnheard(app);
    expect(told.map(({ type }) => type)).toEqual(life);
    const all = permutations(told);
    const seen = new Set<string>();
    for (let n = 0; n < orders; n += 1) {
      const order = all[Math.floor((n * all.length) / orders)] ?? told;
      await forget(app);
      await tell(app, order, n);
      await quiet(app);
      seen.add(JSON.stringify(await rowsOf(app)));
      expect(seen.size, `after ${order.map(({ type }) => type).join(", ")}`).toBe(1);
    }
    await expectStripesTruth(app);
    const [row] = await app.connection.db.execute<{ status: string }>("select status from subscriptions");
    expect(row?.status).toBe("CANCELED");
  },
  30_000 + orders * 1_000,
);

interface Told {
  readonly type: string;
  readonly body: string;
}

/** A subscription from its first day to its last, of which no delivery came; gives what there was to tell, in order. */
async function liveUnheard(app: TestApp): Promise<Told[]> {
  await app.customerOn("professional", "ada");
  await quiet(app);
  await app.control("POST", "/sandbox/deliveries", { mode: "drop" });
  const { id, items } = await subscriptionOf(app, "ada");
  await app.stripe.subscriptions.update(id, {
    items: [{ id: items.data[0]?.id ?? "", quantity: 2 }],
    proration_behavior: "none",
  });
  await app.stripe.subscriptions.update(id, { cancel_at_period_end: true });
  await app.stripe.subscriptions.cancel(id);
  await app.control("POST", "/sandbox/deliveries", { mode: "send" });
  const found: Told[] = [];
  for await (const event of app.stripe.events.list({ limit: 100, types: [...new Set(life)] })) {
    found.push({ type: event.type, body: JSON.stringify(event) });
  }
  // The hosted page's own events came; those of the life are told again below.
  return ordered(found.reverse());
}

/** The life's types in their order; a trial's notice is one that Stripe may send at any time. */
function ordered(found: Told[]): Told[] {
  const [created, paid, seats, ending, deleted] = [
    "customer.subscription.created",
    "invoice.paid",
    "customer.subscription.updated",
    "customer.subscription.updated",
    "customer.subscription.deleted",
  ].map((type, index, all) => {
    const nth = all.slice(0, index).filter((earlier) => earlier === type).length;
    const event = found.filter((one) => one.type === type)[nth];
    if (!event) throw new Error(`Stripe has told of no ${type}.`);
    return event;
  });
  if (!created || !paid || !seats || !ending || !deleted) throw new Error("A life has five events.");
  const type = "customer.subscription.trial_will_end";
  const notice = { type, body: JSON.stringify({ ...JSON.parse(created.body), type }) };
  return [created, paid, seats, notice, ending, deleted];
}

/** As if this service had never heard of the subscription. */
async function forget({ connection: { db } }: TestApp): Promise<void> {
  await db.execute("update checkout_sessions set subscription_id = null");
  for (const table of ["webhook_events", "payments", "invoices", "subscriptions"]) {
    await db.execute(`delete from ${table}`);
  }
}

/**
 * Tells them in an order of their own: one by one or all at once, some twice, and all of one second or not. Each comes
 * under an ID that nobody knows yet.
 */
async function tell(app: TestApp, order: readonly Told[], round: number): Promise<void> {
  const isOneSecond = round % 3 === 0;
  const isOneByOne = round % 2 === 0;
  const bodies = order.map(({ body }, index) => {
    const event = { ...JSON.parse(body), id: `evt_order_${round}_${index}` };
    return JSON.stringify(isOneSecond ? { ...event, created: 1_800_000_000 } : event);
  });
  const again = bodies[round % bodies.length] ?? "";
  const coming = [...bodies, again];
  const send = async (body: string) => expect((await deliver(app, body)).status).toBe(200);
  if (!isOneByOne) {
    await Promise.all(coming.map(send));
    return;
  }
  for (const body of coming) {
    await send(body);
    await pause(round % 7); // as the network has it; the order is what counts
  }
}

/** All that was written, without what tells when. */
async function rowsOf({ connection: { db } }: TestApp) {
  const moments = ["id", "recorded_at", "updated_at", "subscription_id", "invoice_id", "payment_id"];
  const tables: object[] = [];
  for (const [table, order] of [
    ["subscriptions", "stripe_subscription_id"],
    ["invoices", "stripe_invoice_id"],
    ["payments", "stripe_payment_intent_id"],
  ]) {
    const rows = await db.execute<Record<string, unknown>>(`select * from ${table} order by ${order}`);
    tables.push(rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !moments.includes(name)))));
  }
  return tables;
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}
