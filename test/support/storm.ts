import { expect } from "vitest";
import type { TestApp } from "./app.js";
import { deliver } from "./deliveries.js";
import { subscriptionOf } from "./objects.js";
import { until } from "./until.js";

/** Deliveries at once, as Stripe makes them. */
const atOnce = 16;

/** How often each round of a fault is repeated: once in CI; `FAULT_ROUNDS=100` is for a long evening. */
export const faultRounds = Number(process.env["FAULT_ROUNDS"] ?? 1);

/**
 * Changes the subscriptions of customers at Stripe `count` times in turn, of which nobody hears. None ends with the one
 * seat it was bought with, so that each has something to tell. Gives all that there is to tell, in an order of its own.
 */
export async function changesUnheard(
  app: TestApp,
  customers: readonly string[],
  count: number,
  random: () => number,
): Promise<string[]> {
  await app.sandbox.settled();
  const [last] = (await app.stripe.events.list({ limit: 1 })).data;
  await app.control("POST", "/sandbox/deliveries", { mode: "drop" });
  for (let n = 0; n < count; n += 1) {
    const { id, items } = await subscriptionOf(app, customers[n % customers.length] ?? "");
    const [item] = items.data;
    await app.stripe.subscriptions.update(id, {
      items: [{ id: item?.id ?? "", quantity: 2 + Math.floor(random() * 5) }],
      proration_behavior: "always_invoice",
    });
  }
  await app.control("POST", "/sandbox/deliveries", { mode: "send" });
  const bodies: string[] = [];
  for await (const event of app.stripe.events.list({ limit: 100 })) {
    if (event.id === last?.id) break;
    bodies.push(JSON.stringify(event));
  }
  return bodies
    .map((body) => ({ body, at: random() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ body }) => body);
}

/**
 * Delivers as Stripe does: what was not answered 200 comes again. Each goes out twice, for Stripe repeats itself too, and
 * every try to the next of the addresses. `accepted` gets the ids of what was answered 200, as it comes.
 */
export async function deliverAll(
  app: TestApp,
  urls: readonly string[],
  bodies: readonly string[],
  accepted: Set<string> = new Set(),
): Promise<ReadonlySet<string>> {
  const waiting = [...bodies, ...bodies];
  let turn = 0;
  const tryOnce = async (body: string): Promise<boolean> => {
    turn += 1;
    const answer = await deliver({ ...app, url: urls[turn % urls.length] ?? "" }, body).catch(() => null);
    return answer?.status === 200;
  };
  const send = async () => {
    for (let body = waiting.pop(); body !== undefined; body = waiting.pop()) {
      const { id }: { id: string } = JSON.parse(body);
      const again = body;
      await until(`${id} is accepted`, () => tryOnce(again), 60_000);
      accepted.add(id);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, send));
  return accepted;
}

/** Every event that was answered 200 is there, exactly once, and settled. */
export async function expectEachOnce({ connection: { db } }: TestApp, accepted: ReadonlySet<string>): Promise<void> {
  const waiting = `select stripe_event_id, status, attempts, last_error, due_at, claimed_by, now() from webhook_events
    where status in ('PENDING', 'PROCESSING')`;
  const areSettled = async () => (await db.execute(waiting)).length === 0;
  await until("every event is processed", areSettled, 60_000).catch(async () => {
    expect([...(await db.execute(waiting))], "events that still wait").toEqual([]);
  });
  const rows = await db.execute<{ id: string; status: string }>(
    "select stripe_event_id as id, status from webhook_events",
  );
  const found = new Map(rows.map(({ id, status }) => [id, status]));
  expect(rows.length, "rows of the inbox").toBe(found.size);
  expect(
    [...accepted].filter((id) => !found.has(id)),
    "events that were acknowledged and are gone",
  ).toEqual([]);
  expect(rows.filter(({ status }) => status === "FAILED")).toEqual([]);
}
