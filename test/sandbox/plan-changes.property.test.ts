import fc from "fast-check";
import type Stripe from "stripe";
import { expect, test } from "vitest";
import { startJudgedSandbox } from "../support/sandbox.js";
import { day, periodOf, priceOf } from "./subscribed.js";
import { clientOf } from "./support.js";

const behaviors = ["always_invoice", "create_prorations", "none"] as const;
const payments = ["allow_incomplete", "pending_if_incomplete"] as const;

/** A change of plan, seats and discounts, after some time, by somebody with a balance; perhaps with a card that fails. */
const step = fc.record({
  wait: fc.integer({ min: 60, max: 20 * day }),
  /** How long before the change its price was fixed. */
  earlier: fc.integer({ min: 0, max: 900 }),
  price: fc.constantFrom(0, 1, 2, 3),
  quantity: fc.integer({ min: 1, max: 4 }),
  behavior: fc.constantFrom(...behaviors),
  payment: fc.constantFrom(...payments),
  /** In place of those there are; null: they stay. */
  coupons: fc.option(fc.array(fc.constantFrom(0, 1, 2, 3), { maxLength: 2 }), { nil: null }),
  movesAnchor: fc.boolean(),
  isGoodCard: fc.boolean(),
  balance: fc.constantFrom(0, 0, -500, 300),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Shop {
  stripe: Stripe;
  now: () => number;
  move: (to: number) => Promise<unknown>;
  id: string;
  customer: string;
  cards: string[];
  prices: string[];
  codes: string[];
}

async function open(trialDays: number): Promise<Shop & { close: () => Promise<void> }> {
  const sandbox = await startJudgedSandbox({ startAt: new Date("2027-01-31T12:00:00Z") });
  const stripe = clientOf(sandbox);
  const { id: customer } = await stripe.customers.create();
  const cards = [];
  for (const card of ["pm_card_visa", "pm_card_chargeCustomerFail"]) {
    cards.push((await stripe.paymentMethods.attach(card, { customer })).id);
  }
  const yearly = { interval: "year" } as const;
  const made = [priceOf(stripe, 1000), priceOf(stripe, 2999), priceOf(stripe, 333), priceOf(stripe, 9999, yearly)];
  const prices = (await Promise.all(made)).map(({ id }) => id);
  const codes = [];
  for (const given of [
    { percent_off: 33.3, duration: "forever" },
    { amount_off: 700, currency: "usd", duration: "once" },
    { percent_off: 100, duration: "repeating", duration_in_months: 2 },
    { percent_off: 12.5, duration: "repeating", duration_in_months: 1 },
  ] satisfies Stripe.CouponCreateParams[]) {
    const { id: coupon } = await stripe.coupons.create(given);
    codes.push((await stripe.promotionCodes.create({ promotion: { type: "coupon", coupon } })).id);
  }
  const { id } = await stripe.subscriptions.create({
    customer,
    items: [{ price: String(prices[0]) }],
    default_payment_method: String(cards[0]),
    ...(trialDays > 0 && { trial_period_days: trialDays }),
  });
  const now = () => Math.floor(sandbox.now().getTime() / 1000);
  const move = (to: number) => sandbox.setClock(new Date(Math.max(to * 1000, sandbox.now().getTime())));
  return { stripe, now, move, id, customer, cards, prices, codes, close: () => sandbox.close() };
}

const money = ({ lines, total, amount_due, starting_balance, total_discount_amounts }: Stripe.Invoice) => ({
  lines: linesOf(lines.data),
  total,
  amount_due,
  starting_balance,
  off: (total_discount_amounts ?? []).map(({ amount }) => amount),
});

function linesOf(lines: Stripe.InvoiceLineItem[]) {
  return lines.map(({ amount, description, quantity, discount_amounts }) => ({
    amount,
    description,
    quantity,
    off: (discount_amounts ?? []).map((share) => share.amount),
  }));
}

const isRecurring = ({ parent }: Stripe.InvoiceLineItem) => parent?.subscription_item_details?.proration === false;

/** Looks at a change, makes it, and compares the invoice that comes of it: now, or with the renewal. */
async function change(shop: Shop, { coupons, ...asked }: Step): Promise<void> {
  const { stripe, id, customer, now, move } = shop;
  await move(now() + asked.wait);
  await stripe.subscriptions.update(id, { default_payment_method: String(shop.cards[asked.isGoodCard ? 0 : 1]) });
  if (asked.balance !== 0) {
    await stripe.customers.createBalanceTransaction(customer, { amount: asked.balance, currency: "usd" });
  }
  const before = await stripe.subscriptions.retrieve(id);
  if (before.ended_at !== null) return;
  const { start } = periodOf(before);
  const terms = {
    items: [
      { id: String(before.items.data[0]?.id), price: String(shop.prices[asked.price]), quantity: asked.quantity },
    ],
    proration_behavior: asked.behavior,
    proration_date: Math.max(start, now() - asked.earlier),
    ...(asked.movesAnchor && { billing_cycle_anchor: { type: "now" } as const }),
  };
  const codes = coupons?.map((index) => ({ promotion_code: String(shop.codes[index]) }));
  const given = codes && { discounts: codes.length > 0 ? codes : ("" as const) };
  const look = { subscription: id, subscription_details: terms, ...given };
  const preview = await stripe.invoices.createPreview(look);
  const recurring = await stripe.invoices.createPreview({ ...look, preview_mode: "recurring" });
  const after = await stripe.subscriptions.update(id, { ...terms, ...given, payment_behavior: asked.payment });
  const isInvoiced = after.latest_invoice !== before.latest_invoice;
  if (isInvoiced) {
    expect(money(await stripe.invoices.retrieve(String(after.latest_invoice)))).toEqual(money(preview));
    return;
  }
  await move(periodOf(after).end + 3600);
  const { latest_invoice } = await stripe.subscriptions.retrieve(id);
  const renewal = await stripe.invoices.retrieve(String(latest_invoice));
  expect(money(renewal)).toEqual(money(preview));
  expect(recurring.starting_balance).toBe(0);
  const again = renewal.lines.data.filter(isRecurring);
  expect(recurring.lines.data.map(({ amount, period }) => ({ amount, period }))).toEqual(
    again.map(({ amount, period }) => ({ amount, period })),
  );
  if (again.length === renewal.lines.data.length && !(coupons ?? [1]).includes(1)) {
    expect(recurring.total).toBe(renewal.total);
  }
}

test("a change of plan, seats and discounts costs what its preview said, to the cent", {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(0, 0, 10),
      fc.array(step, { minLength: 1, maxLength: 5 }),
      async (trialDays, steps) => {
        const shop = await open(trialDays);
        try {
          for (const one of steps) await change(shop, one);
        } finally {
          await shop.close();
        }
      },
    ),
    { numRuns: 20 },
  );
});
