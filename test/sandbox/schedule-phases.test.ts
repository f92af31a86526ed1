import { expect, test } from "vitest";
import { april, askedBy, customerWithCard, lastInvoice, scheduled } from "./scheduled.js";
import { day, invoicesOf, moveTo, periodOf, priceOf } from "./subscribed.js";
import { openSandbox } from "./support.js";

const month = { interval: "month" } as const;

test("a phase brings its discount, card, words and metadata; the next takes the discount off again", async () => {
  const { sandbox, stripe, ten, subscription, schedule, current } = await scheduled({
    metadata: { team: "blue", trace: "1" },
  });
  const coupon = await stripe.coupons.create({ percent_off: 25, duration: "forever" });
  const card = await stripe.paymentMethods.attach("pm_card_mastercard", { customer: String(subscription.customer) });
  const items = [{ price: ten.id, quantity: 1 }];
  await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      { ...current, items },
      {
        items: [{ price: ten.id, quantity: 3, metadata: { seat: "window" } }],
        duration: month,
        discounts: [{ coupon: coupon.id }],
        default_payment_method: card.id,
        description: "Three for a while",
        metadata: { team: "red", trace: "" },
      },
      { items, duration: month },
    ],
  });
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
  await moveTo(sandbox, current.end_date + 3600);
  const discounted = await lastInvoice(stripe, subscription);
  expect(discounted).toMatchObject({ status: "paid", subtotal: 3000, total: 2250 });
  expect(askedBy(preview)).toEqual(askedBy(discounted));
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
    default_payment_method: card.id,
    description: "Three for a while",
    metadata: { team: "red" },
    items: { data: [{ quantity: 3, metadata: { seat: "window" } }] },
  });
  expect((await stripe.coupons.retrieve(coupon.id)).times_redeemed).toBe(1);

  await moveTo(sandbox, current.end_date + 32 * day);
  expect(await lastInvoice(stripe, subscription)).toMatchObject({ subtotal: 1000, total: 1000 });
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
    discounts: [],
    default_payment_method: card.id,
    metadata: { team: "red" },
  });
});

test("a coupon that is used up by its phase can be given again for it, and is good for no other schedule", async () => {
  const { sandbox, stripe, ten, schedule, current } = await scheduled();
  const coupon = await stripe.coupons.create({ percent_off: 50, duration: "forever", max_redemptions: 1 });
  const items = [{ price: ten.id, quantity: 1 }];
  const phases = [{ ...current, items, discounts: [{ coupon: coupon.id }] }];
  await stripe.subscriptionSchedules.update(schedule.id, { phases });
  expect((await stripe.coupons.retrieve(coupon.id)).valid).toBe(false);
  const again = await stripe.subscriptionSchedules.update(schedule.id, { phases, expand: ["phases.discounts.coupon"] });
  expect(again.phases[0]?.discounts).toMatchObject([{ coupon: { id: coupon.id, times_redeemed: 1 } }]);
  const { id: customer } = await customerWithCard(sandbox);
  await expect(
    stripe.subscriptionSchedules.create({ customer, phases: [{ items, discounts: [{ coupon: coupon.id }] }] }),
  ).rejects.toMatchObject({ code: "coupon_expired" });
});

test("a coupon for one time comes off the phase's first invoice and no other", async () => {
  const { sandbox, stripe, ten, subscription, schedule, current } = await scheduled();
  const coupon = await stripe.coupons.create({ amount_off: 300, currency: "usd", duration: "once" });
  const code = await stripe.promotionCodes.create({ promotion: { type: "coupon", coupon: coupon.id } });
  const items = [{ price: ten.id, quantity: 1 }];
  const { phases } = await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      { ...current, items },
      { items, duration: { ...month, interval_count: 2 }, discounts: [{ promotion_code: code.id }] },
    ],
  });
  expect(phases[1]?.discounts).toEqual([{ coupon: null, discount: null, promotion_code: code.id }]);
  await moveTo(sandbox, current.end_date + 32 * day);
  expect((await invoicesOf(stripe, subscription)).map(({ total }) => total)).toEqual([1000, 700, 1000]);
  expect((await stripe.promotionCodes.retrieve(code.id)).times_redeemed).toBe(1);
});

test("a discount that is named again goes on, and one that is left out is gone", async () => {
  const kept = await stripeWithCoupon();
  const own = kept.schedule.phases[0]?.discounts[0]?.discount;
  expect(own).toMatch(/^di_/);
  const items = [{ price: kept.ten.id, quantity: 1 }];
  await kept.stripe.subscriptionSchedules.update(kept.schedule.id, {
    phases: [
      { ...kept.current, items, discounts: [{ discount: String(own) }] },
      { items, duration: month, discounts: [{ discount: String(own) }] },
    ],
  });
  await moveTo(kept.sandbox, kept.current.end_date + 3600);
  expect((await lastInvoice(kept.stripe, kept.subscription)).total).toBe(900);

  const gone = await stripeWithCoupon();
  await gone.stripe.subscriptionSchedules.update(gone.schedule.id, {
    phases: [{ ...gone.current, items: [{ price: gone.ten.id, quantity: 1 }] }],
  });
  await moveTo(gone.sandbox, gone.current.end_date + 3600);
  expect((await lastInvoice(gone.stripe, gone.subscription)).total).toBe(1000);
});

async function stripeWithCoupon() {
  const sandbox = await openSandbox({ startAt: april });
  const { stripe } = sandbox;
  const ten = await priceOf(stripe, 1000);
  const coupon = await stripe.coupons.create({ percent_off: 10, duration: "forever" });
  const customer = (await customerWithCard(sandbox)).id;
  const items = [{ price: ten.id }];
  const subscription = await stripe.subscriptions.create({ customer, items, discounts: [{ coupon: coupon.id }] });
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: subscription.id });
  const { start, end } = periodOf(subscription);
  return { sandbox, stripe, ten, subscription, schedule, current: { start_date: start, end_date: end } };
}

test("a phase of trial costs nothing, and the next begins the first period that is paid", async () => {
  const sandbox = await openSandbox({ startAt: april });
  const { stripe } = sandbox;
  const ten = await priceOf(stripe, 1000);
  const { id: customer } = await customerWithCard(sandbox);
  const items = [{ price: ten.id }];
  const schedule = await stripe.subscriptionSchedules.create({
    customer,
    start_date: "now",
    phases: [
      { items, duration: { interval: "week", interval_count: 2 }, trial: true },
      { items, duration: month },
    ],
  });
  const [trial] = schedule.phases;
  expect(trial).toMatchObject({ trial: true, trial_end: trial?.end_date });
  const id = String(schedule.subscription);
  const begun = await stripe.subscriptions.retrieve(id);
  expect(begun).toMatchObject({ status: "trialing", trial_end: trial?.end_date });
  expect((await lastInvoice(stripe, begun)).total).toBe(0);

  await moveTo(sandbox, Number(trial?.end_date) + 3600);
  expect(await lastInvoice(stripe, begun)).toMatchObject({ status: "paid", total: 1000 });
  const running = await stripe.subscriptions.retrieve(id);
  expect(running).toMatchObject({ status: "active", billing_cycle_anchor: trial?.end_date });
  expect(periodOf(running).start).toBe(trial?.end_date);
});

test("a trial that a phase begins gives back what was paid for its time", async () => {
  const { sandbox, stripe, ten, subscription, schedule, current } = await scheduled();
  const items = [{ price: ten.id, quantity: 1 }];
  const middle = current.start_date + 15 * day;
  await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      { start_date: current.start_date, end_date: middle, items },
      { items, end_date: middle + 20 * day, trial_end: middle + 10 * day },
    ],
  });
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
  await moveTo(sandbox, middle);
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
    status: "trialing",
    trial_end: middle + 10 * day,
  });
  await moveTo(sandbox, middle + 10 * day + 3600);
  const invoice = await lastInvoice(stripe, subscription);
  expect(invoice.lines.data.map(({ amount }) => amount)).toEqual([-500, 1000]);
  expect(askedBy(preview)).toEqual(askedBy(invoice));
});

test("settings hold where a phase says nothing", async () => {
  const { sandbox, stripe, ten, subscription, schedule, current } = await scheduled();
  const customer = String(subscription.customer);
  const [usual, special] = [
    await stripe.paymentMethods.attach("pm_card_mastercard", { customer }),
    await stripe.paymentMethods.attach("pm_card_amex", { customer }),
  ];
  const items = [{ price: ten.id, quantity: 1 }];
  const updated = await stripe.subscriptionSchedules.update(schedule.id, {
    default_settings: { default_payment_method: usual.id, description: "As usual" },
    phases: [
      { ...current, items },
      { items, duration: month, default_payment_method: special.id },
      { items, duration: month },
    ],
  });
  expect(updated.default_settings).toMatchObject({ default_payment_method: usual.id, description: "As usual" });
  const cards = [];
  for (const passed of [0, 31, 62]) {
    await moveTo(sandbox, current.start_date + passed * day + 3600);
    cards.push((await stripe.subscriptions.retrieve(subscription.id)).default_payment_method);
  }
  expect(cards).toEqual([usual.id, special.id, usual.id]);
});

test("what a phase cannot be is refused by name", async () => {
  const { stripe, ten, schedule, current } = await scheduled();
  const [one, yen] = [
    await stripe.prices.create({ currency: "usd", unit_amount: 100, product_data: { name: "Once" } }),
    await stripe.prices.create({
      currency: "jpy",
      unit_amount: 900,
      recurring: month,
      product_data: { name: "In yen" },
    }),
  ];
  const stranger = await stripe.paymentMethods.create({ type: "card", card: { token: "tok_visa" } });
  const items = [{ price: ten.id }];
  const refused = async (phase: object) => {
    const phases = [
      { ...current, items },
      { items, duration: month, ...phase },
    ];
    const error: unknown = await stripe.subscriptionSchedules.update(schedule.id, { phases }).catch((caught) => caught);
    return error instanceof Error && "param" in error ? error.param : error;
  };
  expect(await refused({ items: [{ price: one.id }] })).toBe("phases[1][items][0][price]");
  expect(await refused({ items: [{ price: yen.id }], currency: "jpy" })).toBe("phases[1][currency]");
  expect(await refused({ default_payment_method: stranger.id })).toBe("phases[1][default_payment_method]");
  expect(await refused({ discounts: [{ coupon: "none" }] })).toBe("phases[1][discounts][0][coupon]");
  expect(await refused({ trial_end: current.end_date + 90 * day })).toBe("phases[1][trial_end]");
  expect(await refused({ trial: true, billing_cycle_anchor: "phase_start" })).toBe("phases[1][billing_cycle_anchor]");
  expect(await refused({ end_date: current.end_date + day })).toBe("phases[1]");
  expect(await refused({ add_invoice_items: [{ price: one.id }] })).toBe("phases[1][add_invoice_items]");
  expect((await stripe.subscriptionSchedules.retrieve(schedule.id)).phases).toHaveLength(1);
});

test("a customer's own discount comes off a phase that has none of its own", async () => {
  const sandbox = await openSandbox({ startAt: april });
  const { stripe, url } = sandbox;
  const coupon = await stripe.coupons.create({ percent_off: 10, duration: "forever" });
  const { id: customer } = await customerWithCard(sandbox);
  const headers = { authorization: "Bearer sk_test_x" };
  const body = new URLSearchParams({ coupon: coupon.id });
  await fetch(`${url}/v1/customers/${customer}`, { method: "POST", headers, body });
  const items = [{ price: (await priceOf(stripe, 1000)).id }];
  const { phases, subscription } = await stripe.subscriptionSchedules.create({
    customer,
    start_date: "now",
    phases: [{ items, duration: { interval: "month", interval_count: 1 } }],
  });
  expect(phases).toMatchObject([{ discounts: [] }]);
  const [first] = await invoicesOf(stripe, { id: String(subscription) });
  expect(first).toMatchObject({ subtotal: 1000, total: 900 });
});
