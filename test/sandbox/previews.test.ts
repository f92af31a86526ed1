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

test("only whole objects of known kinds can be put", async () => {
  const sandbox = await openSandbox();
  for (const object of [undefined, "cus_1", { object: "customer" }, { object: "event", id: "evt_1" }]) {
    expect((await control(sandbox, "PUT", "/objects", { object })).status).toBe(400);
  }
});
