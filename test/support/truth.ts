import { sql } from "drizzle-orm";
import type Stripe from "stripe";
import { expect } from "vitest";
import type { TestApp } from "./app.js";
import { quiet } from "./quiet.js";

/**
 * Checks what must hold whatever happened: nobody has two Stripe customers or two running subscriptions, and
 * subscriptions, invoices and money are here what they are at Stripe.
 */
export async function expectStripesTruth(app: TestApp): Promise<void> {
  await quiet(app);
  const customers = (await everything(app.stripe.customers.list({ limit: 100 }))).filter(
    ({ metadata }) => metadata["billing_user_id"],
  );
  const owners = customers.map(({ metadata }) => metadata["billing_user_id"]);
  expect(new Set(owners).size, "Stripe customers of one user").toBe(owners.length);

  const ours = new Set(customers.map(({ id }) => id));
  const isOurs = ({ customer }: { customer: string | { id: string } | null }) => ours.has(idOf(customer));
  const subscriptions = (await everything(app.stripe.subscriptions.list({ status: "all", limit: 100 }))).filter(isOurs);
  const running = subscriptions.filter(({ ended_at }) => ended_at === null).map(({ customer }) => idOf(customer));
  expect(new Set(running).size, "running subscriptions of one customer").toBe(running.length);

  expect(await ourSubscriptions(app)).toEqual(subscriptions.map(asOurs).toSorted(byId));
  expect(await ourInvoices(app)).toEqual(
    (await everything(app.stripe.invoices.list({ limit: 100 })))
      .filter(isOurs)
      .map(({ id, status, total }) => ({ id: String(id), status: status?.toUpperCase(), total }))
      .toSorted(byId),
  );
  const charges = (await everything(app.stripe.charges.list({ limit: 100 }))).filter(isOurs);
  const received = charges.reduce(
    (sum, { amount_captured, amount_refunded }) => sum + amount_captured - amount_refunded,
    0,
  );
  expect(await ourMoney(app), "money received").toBe(received);
}

async function everything<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of list) items.push(item);
  return items;
}

function idOf(reference: string | { id: string } | null): string {
  return typeof reference === "string" ? reference : (reference?.id ?? "");
}

function byId(one: { id: string }, other: { id: string }): number {
  return one.id < other.id ? -1 : 1;
}

function asOurs(subscription: Stripe.Subscription) {
  const [item] = subscription.items.data;
  return {
    id: subscription.id,
    customer: idOf(subscription.customer),
    status: subscription.status.toUpperCase(),
    price: item?.price.id,
    period_end: item?.current_period_end,
    // What has ended is not about to end.
    cancels_at: subscription.ended_at === null ? subscription.cancel_at : null,
    ended_at: subscription.ended_at,
  };
}

async function ourSubscriptions(app: TestApp) {
  const rows = await app.connection.db.execute(sql`
    select stripe_subscription_id as id, stripe_customer_id as customer, status, stripe_price_id as price,
      extract(epoch from current_period_end)::float8 as period_end, extract(epoch from cancels_at)::float8 as cancels_at,
      extract(epoch from ended_at)::float8 as ended_at
    from subscriptions join users on users.id = user_id order by stripe_subscription_id collate "C"`);
  return rows.map((row) => ({ ...row }));
}

async function ourInvoices(app: TestApp) {
  const rows = await app.connection.db.execute(
    sql`select stripe_invoice_id as id, status, total::int from invoices order by stripe_invoice_id collate "C"`,
  );
  return rows.map((row) => ({ ...row }));
}

async function ourMoney(app: TestApp): Promise<number> {
  const [row] = await app.connection.db.execute(sql`
    select coalesce(sum(amount - refunded_amount), 0)::int as received from payments
    where status in ('SUCCEEDED', 'PARTIALLY_REFUNDED', 'REFUNDED')`);
  return Number(row?.["received"]);
}
