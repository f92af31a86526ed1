import type Stripe from "stripe";
import { expect, test } from "vitest";
import { control, eventTypes, jsonOf, monthlyPrice, openSandbox } from "./support.js";

/** A subscription at $29.99 a month, charged to a card of its own. */
async function subscribe(
  stripe: Stripe,
  more: Partial<Stripe.SubscriptionCreateParams> = {},
): Promise<Stripe.Subscription> {
  const { id: customer } = await stripe.customers.create();
  const card = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  const items = [{ price: (await monthlyPrice(stripe)).id }];
  return stripe.subscriptions.create({ customer, items, default_payment_method: card.id, ...more });
}

/** Two instead of one, billed at once. */
const twoAtOnce = (items: Stripe.Subscription["items"]) => ({
  items: [{ id: String(items.data[0]?.id), quantity: 2 }],
  proration_behavior: "always_invoice" as const,
});

/** The instant of a text, as Stripe writes it. */
const at = (text: string) => Date.parse(text) / 1000;

test("a preview is the renewal as it stands: the next period, an hour after it begins, and nothing is kept", async () => {
  const sandbox = await openSandbox({ startAt: new Date("2027-01-31T12:00:00Z") });
  const { stripe } = sandbox;
  const subscription = await subscribe(stripe);
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
  const start = Number(subscription.items.data[0]?.current_period_end);
  expect(preview).toMatchObject({
    billing_reason: "upcoming",
    status: "draft",
    number: null,
    total: 2999,
    amount_due: 2999,
    period_end: start,
    next_payment_attempt: start + 3600,
  });
  // The end of a short month is not carried on: https://docs.stripe.com/billing/subscriptions/billing-cycle
  const [period] = preview.lines.data.map((line) => line.period);
  expect(Math.floor(start / 86_400)).toBe(at("2027-02-28T00:00:00Z") / 86_400);
  expect(Math.floor(Number(period?.end) / 86_400)).toBe(at("2027-03-31T00:00:00Z") / 86_400);
  expect((await stripe.invoices.list()).data).toHaveLength(1);
});

test("a customer's credit is taken off what is due, not off the total", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const subscription = await subscribe(stripe);
  const customer = await stripe.customers.retrieve(String(subscription.customer));
  const put = await control(sandbox, "PUT", "/objects", { object: { ...customer, balance: -1000 } });
  expect(await jsonOf(put)).toEqual({ id: customer.id });
  expect(await eventTypes(stripe)).toContain("customer.updated");
  expect(await stripe.invoices.createPreview({ subscription: subscription.id })).toMatchObject({
    total: 2999,
    amount_due: 1999,
    starting_balance: -1000,
  });
});

test("a coupon for one time is gone from the renewal, one for good is not", async () => {
  const { stripe } = await openSandbox();
  const totals = [];
  for (const duration of ["once", "forever"] as const) {
    const { id } = await stripe.coupons.create({ percent_off: 10, duration });
    const subscription = await subscribe(stripe, { discounts: [{ coupon: id }] });
    totals.push((await stripe.invoices.createPreview({ subscription: subscription.id })).total);
  }
  expect(totals).toEqual([2999, 2699]);
});

test("where nothing is to come, and where more is asked than the sandbox knows, a preview is refused", async () => {
  const { stripe } = await openSandbox();
  const { id } = await subscribe(stripe);
  await expect(
    stripe.invoices.createPreview({ subscription: id, schedule_details: { end_behavior: "release" } }),
  ).rejects.toMatchObject({ statusCode: 400, param: "schedule_details" });
  await stripe.subscriptions.update(id, { cancel_at_period_end: true });
  await expect(stripe.invoices.createPreview({ subscription: id })).rejects.toMatchObject({
    statusCode: 404,
    code: "invoice_upcoming_none",
  });
});

test("what comes again is without this period's prorations, one-off items, credit and coupons for one time", async () => {
  const { stripe } = await openSandbox({ startAt: new Date("2027-04-01T00:00:00Z") });
  const [once, lasting] = [
    await stripe.coupons.create({ percent_off: 15, duration: "once" }),
    await stripe.coupons.create({ percent_off: 10, duration: "forever" }),
  ];
  const { id, items, customer } = await subscribe(stripe);
  await stripe.customers.createBalanceTransaction(String(customer), { amount: -500, currency: "usd" });
  await stripe.invoiceItems.create({ customer: String(customer), subscription: id, amount: 700, currency: "usd" });
  const change = twoAtOnce(items);
  const look = { subscription: id, subscription_details: change, preview_mode: "recurring" } as const;
  const discounts = [{ coupon: once.id }, { coupon: lasting.id }];
  const recurring = await stripe.invoices.createPreview({ ...look, discounts });
  expect(recurring).toMatchObject({ subtotal: 5998, total: 5398, amount_due: 5398, starting_balance: 0 });
  expect(recurring.lines.data).toMatchObject([{ period: { start: items.data[0]?.current_period_end } }]);
  expect(await stripe.coupons.retrieve(once.id)).toMatchObject({ times_redeemed: 0 });
  await expect(
    stripe.invoices.createPreview({ ...look, subscription_details: { ...change, cancel_at_period_end: true } }),
  ).rejects.toMatchObject({ code: "invoice_upcoming_none" });

  // https://docs.stripe.com/invoicing/preview#preview-the-recurring-charges-only
  const price = String(items.data[0]?.price.id);
  const details = { items: [{ price }], trial_end: Math.floor(Date.parse("2027-05-01T00:00:00Z") / 1000) };
  expect(
    await stripe.invoices.createPreview({
      customer: String(customer),
      preview_mode: "recurring",
      discounts: [{ coupon: once.id }],
      subscription_details: details,
    }),
  ).toMatchObject({ total: 2999, discounts: [] });
});

test("what comes again under a schedule is the phase that the renewal begins, with discounts as they would be", async () => {
  const { stripe } = await openSandbox({ startAt: new Date("2027-04-01T00:00:00Z") });
  const { id: subscription, items } = await subscribe(stripe);
  const price = String(items.data[0]?.price.id);
  const { id, phases } = await stripe.subscriptionSchedules.create({ from_subscription: subscription });
  const [now] = phases;
  await stripe.subscriptionSchedules.update(id, {
    phases: [
      { start_date: Number(now?.start_date), end_date: Number(now?.end_date), items: [{ price, quantity: 1 }] },
      { items: [{ price, quantity: 3 }], duration: { interval: "month", interval_count: 1 } },
    ],
  });
  const preview_mode = "recurring";
  expect(await stripe.invoices.createPreview({ subscription, preview_mode })).toMatchObject({ total: 8997 });
  expect(await stripe.invoices.createPreview({ schedule: id, preview_mode })).toMatchObject({ total: 8997 });
  const { id: coupon } = await stripe.coupons.create({ percent_off: 10, duration: "forever" });
  const change = twoAtOnce(items);
  const look = { subscription, subscription_details: change, discounts: [{ coupon }] };
  const preview = await stripe.invoices.createPreview(look);
  await stripe.subscriptions.update(subscription, { ...change, discounts: [{ coupon }] });
  const { latest_invoice } = await stripe.subscriptions.retrieve(subscription);
  expect(await stripe.invoices.retrieve(String(latest_invoice))).toMatchObject({ total: preview.total });
  expect(preview.lines.data.map(({ amount }) => amount)).toEqual([-2999, 5398]);
});

test("only whole objects of known kinds can be put", async () => {
  const sandbox = await openSandbox();
  for (const object of [undefined, "cus_1", { object: "customer" }, { object: "event", id: "evt_1" }]) {
    expect((await control(sandbox, "PUT", "/objects", { object })).status).toBe(400);
  }
});
