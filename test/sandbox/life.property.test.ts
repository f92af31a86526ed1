import fc from "fast-check";
import type Stripe from "stripe";
import { expect, test } from "vitest";
import type { Sandbox } from "../../sandbox/sandbox.js";
import { startJudgedSandbox } from "../support/sandbox.js";
import {
  anyPlan,
  type Behavior,
  behavior,
  billedPlan,
  putOnSchedule,
  releaseFromSchedule,
  type SchedulePlan,
} from "./life-schedules.js";
import { day, periodOf, priceOf } from "./subscribed.js";
import { clientOf } from "./support.js";

type Step =
  | { do: "wait"; seconds: number }
  | { do: "price"; price: 0 | 1 | 2; behavior: Behavior }
  | { do: "quantity"; quantity: number; behavior: Behavior }
  | { do: "discount"; coupons: number[] }
  | { do: "card"; isGood: boolean }
  | { do: "pay" }
  | { do: "pause" }
  | { do: "resume" }
  | { do: "schedule"; plan: SchedulePlan }
  | { do: "release" }
  | { do: "cancel"; isAtEnd: boolean }
  | { do: "look" };

const billed = fc.constantFrom<Behavior>("always_invoice", "create_prorations");
const wait = fc.record({ do: fc.constant("wait" as const), seconds: fc.integer({ min: 60, max: 40 * day }) });
const changing = (how: fc.Arbitrary<Behavior>): fc.Arbitrary<Step>[] => [
  fc.record({ do: fc.constant("price" as const), price: fc.constantFrom(0, 1, 2), behavior: how }),
  fc.record({ do: fc.constant("quantity" as const), quantity: fc.integer({ min: 1, max: 5 }), behavior: how }),
];
/** Another set of discounts in place of those there are; perhaps none. */
const discounting: fc.Arbitrary<Step> = fc.record({
  do: fc.constant("discount" as const),
  coupons: fc.array(fc.constantFrom(0, 1, 2), { maxLength: 3 }),
});
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  wait,
  ...changing(behavior),
  discounting,
  fc.record({ do: fc.constant("card" as const), isGood: fc.boolean() }),
  fc.constant<Step>({ do: "pay" }),
  fc.constant<Step>({ do: "pause" }),
  fc.constant<Step>({ do: "resume" }),
  fc.record({ do: fc.constant("schedule" as const), plan: anyPlan }),
  fc.constant<Step>({ do: "release" }),
  fc.record({ do: fc.constant("cancel" as const), isAtEnd: fc.boolean() }),
);

/** One subscription and its life, with whatever a test wants to know of it. */
async function live(steps: Step[], watch: (life: Life, step: Step, act: () => Promise<unknown>) => Promise<void>) {
  const sandbox = await startJudgedSandbox({ startAt: new Date("2027-01-31T12:00:00Z") });
  try {
    const stripe = clientOf(sandbox);
    const { id: customer } = await stripe.customers.create();
    const [good, bad] = [
      await stripe.paymentMethods.attach("pm_card_visa", { customer }),
      await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer }),
    ];
    const prices = [await priceOf(stripe, 1000), await priceOf(stripe, 2999), await priceOf(stripe, 333)];
    const coupons = [
      await stripe.coupons.create({ percent_off: 33.3, duration: "forever" }),
      await stripe.coupons.create({ amount_off: 700, currency: "usd", duration: "once" }),
      await stripe.coupons.create({ percent_off: 100, duration: "repeating", duration_in_months: 2 }),
    ];
    const subscription = await stripe.subscriptions.create({
      customer,
      items: [{ price: String(prices[0]?.id) }],
      default_payment_method: good.id,
    });
    const life: Life = { sandbox, stripe, customer, cards: { good, bad }, prices, coupons, id: subscription.id };
    for (const step of steps) await watch(life, step, () => take(life, step));
    return await accounts(life);
  } finally {
    await sandbox.close();
  }
}

interface Life {
  sandbox: Sandbox;
  stripe: Stripe;
  customer: string;
  cards: { good: Stripe.PaymentMethod; bad: Stripe.PaymentMethod };
  prices: Stripe.Price[];
  coupons: Stripe.Coupon[];
  id: string;
}

/** Takes a step; one that is refused is no part of the history. */
async function take({ sandbox, stripe, cards, id, prices, coupons }: Life, step: Step): Promise<unknown> {
  if (step.do === "wait") return sandbox.advance(step.seconds);
  const { items, latest_invoice } = await stripe.subscriptions.retrieve(id);
  const item = String(items.data[0]?.id);
  const ignoring = (work: Promise<unknown>) => work.catch(() => undefined);
  if (step.do === "price" || step.do === "quantity") {
    return ignoring(stripe.subscriptions.update(id, changeOf(step, item, prices)));
  }
  if (step.do === "discount") {
    const discounts = step.coupons.map((index) => ({ coupon: String(coupons[index]?.id) }));
    return ignoring(stripe.subscriptions.update(id, { discounts: discounts.length > 0 ? discounts : "" }));
  }
  if (step.do === "card") {
    const { id: card } = step.isGood ? cards.good : cards.bad;
    return ignoring(stripe.subscriptions.update(id, { default_payment_method: card }));
  }
  if (step.do === "pay") return ignoring(stripe.invoices.pay(String(latest_invoice)));
  if (step.do === "pause") return ignoring(stripe.subscriptions.pause(id));
  if (step.do === "resume") return ignoring(stripe.subscriptions.resume(id));
  if (step.do === "schedule") return ignoring(putOnSchedule(stripe, id, prices, step.plan));
  if (step.do === "release") return ignoring(releaseFromSchedule(stripe, id));
  if (step.do === "look") return stripe.subscriptions.retrieve(id);
  if (step.isAtEnd) return ignoring(stripe.subscriptions.update(id, { cancel_at_period_end: true }));
  return ignoring(stripe.subscriptions.cancel(id, { prorate: true, invoice_now: true }));
}

function changeOf(
  step: Extract<Step, { do: "price" | "quantity" }>,
  id: string,
  prices: Stripe.Price[],
): { items: { id: string; price?: string; quantity?: number }[]; proration_behavior: Behavior } {
  const what = step.do === "price" ? { price: String(prices[step.price]?.id) } : { quantity: step.quantity };
  return { items: [{ id, ...what }], proration_behavior: step.behavior };
}

async function accounts({ stripe, customer, id }: Life) {
  const invoices = await all(stripe.invoices.list({ customer, limit: 100 }));
  const items = await all(stripe.invoiceItems.list({ customer, limit: 100 }));
  const holder = await stripe.customers.retrieve(customer);
  return { invoices, items, balance: "balance" in holder ? holder.balance : 0, id };
}

async function all<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of pages) found.push(one);
  return found;
}

/** What comes off an invoice is what comes off its lines, and never more than they ask for. */
function expectDiscountsToAddUp({ lines, subtotal, total, total_discount_amounts }: Stripe.Invoice) {
  const off = total_discount_amounts ?? [];
  expect(total).toBe(subtotal - sum(off.map(({ amount }) => amount)));
  const shares = lines.data.flatMap(({ discount_amounts }) => discount_amounts ?? []);
  for (const { amount, discount } of off) {
    expect(sum(shares.filter((share) => share.discount === discount).map((share) => share.amount))).toBe(amount);
  }
  for (const { amount, discount_amounts } of lines.data) {
    const taken = sum((discount_amounts ?? []).map((share) => share.amount));
    expect(taken).toBeGreaterThanOrEqual(0);
    expect(taken).toBeLessThanOrEqual(Math.max(0, amount));
  }
}

const runs = { numRuns: 25 };
const sum = (amounts: number[]) => amounts.reduce((total, amount) => total + amount, 0);

test("every invoice equals its preview, to the cent", { timeout: 60_000 }, async () => {
  const steps = fc.array(fc.oneof(...changing(behavior), discounting, wait), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(steps, async (history) => {
      await live(history, async ({ sandbox, stripe, id, prices }, step, act) => {
        if (step.do === "discount") await act();
        const before = await stripe.subscriptions.retrieve(id);
        const isChange = step.do === "price" || step.do === "quantity";
        // One moment for both: the clock ticks while a preview is answered.
        const proration_date = Math.floor(sandbox.now().getTime() / 1000);
        const change = isChange ? changeOf(step, String(before.items.data[0]?.id), prices) : null;
        const preview = await stripe.invoices.createPreview({
          subscription: id,
          ...(change ? { subscription_details: { ...change, proration_date } } : {}),
        });
        if (change) await stripe.subscriptions.update(id, { ...change, proration_date });
        else await sandbox.setClock(new Date((periodOf(before).end + 3600) * 1000));
        const after = await stripe.subscriptions.retrieve(id);
        if (change && after.latest_invoice === before.latest_invoice) {
          await sandbox.setClock(new Date((periodOf(after).end + 3600) * 1000));
        }
        const { latest_invoice } = await stripe.subscriptions.retrieve(id);
        const invoice = await stripe.invoices.retrieve(String(latest_invoice));
        expect(linesOf(invoice)).toEqual(linesOf(preview));
        expect([invoice.total, invoice.amount_due]).toEqual([preview.total, preview.amount_due]);
      });
    }),
    runs,
  );
});

test("balances never leak a cent, and each sum is that of its lines", { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(discounting, fc.array(anyStep, { minLength: 1, maxLength: 14 }), async (first, history) => {
      const { invoices, balance } = await live([first, ...history], (_life, _step, act) => act().then(() => undefined));
      for (const invoice of invoices) {
        const { lines, subtotal, total, amount_due, amount_paid, starting_balance, ending_balance, status } = invoice;
        expect(sum(lines.data.map(({ amount }) => amount))).toBe(subtotal);
        expectDiscountsToAddUp(invoice);
        expect(amount_due - total).toBe(starting_balance - (ending_balance ?? Math.min(0, total + starting_balance)));
        expect(amount_paid).toBe(status === "paid" ? amount_due : 0);
      }
      const kept = invoices.filter(({ status }) => status !== "draft" && status !== "void");
      expect(balance).toBe(sum(kept.map((invoice) => Number(invoice.ending_balance) - invoice.starting_balance)));
    }),
    runs,
  );
});

test("no instant is billed twice, and what is billed is the price of the time used", { timeout: 60_000 }, async () => {
  const scheduling = fc.record({ do: fc.constant("schedule" as const), plan: billedPlan });
  const steps = fc.array(fc.oneof(wait, ...changing(billed), scheduling), { minLength: 1, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(steps, async (history) => {
      let used = 0;
      const { invoices, items } = await live([...history, { do: "look" }], async ({ stripe }, step, act) => {
        if (step.do === "look") used = await priceOfTime(stripe);
        else await act();
      });
      const lines = invoices.flatMap((invoice) => invoice.lines.data);
      const pending = items.filter(({ invoice }) => invoice === null);
      const charged = sum([...lines, ...pending].map(({ amount }) => amount));
      // Each line is rounded alone.
      expect(Math.abs(charged - used)).toBeLessThanOrEqual(0.5 * (lines.length + pending.length) + 0.1);

      const cycles = lines.filter(({ parent }) => parent?.subscription_item_details?.proration === false);
      const periods = cycles.map(({ period }) => period).toSorted((one, other) => one.start - other.start);
      periods.forEach((period, index) => {
        if (index > 0) expect(period.start).toBe(periods[index - 1]?.end);
      });
    }),
    runs,
  );
});

/** What the subscription cost at each moment until the end of its period, added up from what was told of it. */
async function priceOfTime(stripe: Stripe): Promise<number> {
  const types = ["customer.subscription.created", "customer.subscription.updated"];
  const states = (await all(stripe.events.list({ limit: 100, types }))).reverse().flatMap((event) => {
    if (!("items" in event.data.object) || event.data.object.object !== "subscription") return [];
    const [item] = event.data.object.items.data;
    return item ? [{ since: event.created, item }] : [];
  });
  return sum(
    states.map(({ since, item }, index) => {
      const { current_period_start: start, current_period_end: end } = item;
      const until = states[index + 1]?.since ?? end;
      return (Number(item.price.unit_amount) * Number(item.quantity) * (until - since)) / (end - start);
    }),
  );
}

const moves: Record<string, string[]> = {
  active: ["past_due", "canceled", "paused", "trialing"],
  trialing: ["active", "past_due", "canceled", "paused"],
  past_due: ["active", "canceled", "unpaid", "paused", "trialing"],
  unpaid: ["active", "canceled", "trialing"],
  paused: ["active", "past_due", "canceled"],
  canceled: [],
};

test("statuses follow the state machine, and what ended stays ended", { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 14 }), async (history) => {
      let seen = 0;
      await live(history, async ({ stripe, id }, _step, act) => {
        await act();
        const events = await all(stripe.events.list({ limit: 100, type: "customer.subscription.updated" }));
        for (const event of events.slice(0, events.length - seen)) {
          const { object, previous_attributes } = event.data;
          if (!("status" in object) || !previous_attributes || !("status" in previous_attributes)) continue;
          expect(moves[String(previous_attributes.status)]).toContain(object.status);
        }
        seen = events.length;
        const subscription = await stripe.subscriptions.retrieve(id);
        expect(subscription.ended_at === null).toBe(subscription.status !== "canceled");
      });
    }),
    runs,
  );
});

function linesOf({ lines }: Stripe.Invoice) {
  return lines.data.map(({ amount, description, period, quantity }) => ({ amount, description, period, quantity }));
}
