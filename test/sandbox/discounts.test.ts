import type Stripe from "stripe";
import { expect, test } from "vitest";
import { at, day, eventsOf, invoicesOf, moveTo, periodOf, priceOf, subscribed } from "./subscribed.js";
import { openCheckout, openSandbox, pay } from "./support.js";

const offOf = (invoice: Stripe.Invoice) => (invoice.total_discount_amounts ?? []).map(({ amount }) => amount);
const percent = (stripe: Stripe, percent_off: number, more: Stripe.CouponCreateParams = { duration: "forever" }) =>
  stripe.coupons.create({ percent_off, ...more });
const latest = async (stripe: Stripe, { id }: { id: string }) => {
  const { latest_invoice } = await stripe.subscriptions.retrieve(id);
  return stripe.invoices.retrieve(String(latest_invoice));
};

/** A customer whose own discount was given as older versions did. */
async function withOwnDiscount(url: string, stripe: Stripe, coupon: Stripe.Coupon): Promise<Stripe.Customer> {
  const { id } = await stripe.customers.create();
  const headers = { authorization: "Bearer sk_test_x" };
  const body = new URLSearchParams({ coupon: coupon.id });
  await fetch(`${url}/v1/customers/${id}`, { method: "POST", headers, body });
  const method = await stripe.paymentMethods.attach("pm_card_visa", { customer: id });
  return stripe.customers.update(id, { invoice_settings: { default_payment_method: method.id } });
}

test("several discounts come off in order, each off what the former left, and every line shows its shares", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const [tenth, ten] = [
    await percent(stripe, 10),
    await stripe.coupons.create({ amount_off: 1000, currency: "usd", duration: "forever" }),
  ];
  const [one, other] = [await priceOf(stripe, 2000), await priceOf(stripe, 1000)];
  const items = [{ price: one.id }, { price: other.id }];
  const given = (discounts: Stripe.SubscriptionCreateParams.Discount[]) => subscribed(sandbox, { items, discounts });
  const subscription = await given([{ coupon: ten.id }, { coupon: tenth.id }]);
  const invoice = await latest(stripe, subscription);
  expect(subscription.discounts).toHaveLength(2);
  expect(offOf(invoice)).toEqual([1000, 200]);
  expect(invoice).toMatchObject({ subtotal: 3000, total: 1800, amount_paid: 1800 });
  const [first, second] = subscription.discounts;
  expect(invoice.total_pretax_credit_amounts).toEqual([
    { amount: 1000, discount: first, type: "discount" },
    { amount: 200, discount: second, type: "discount" },
  ]);
  expect(invoice.lines.data.map(({ discount_amounts }) => discount_amounts?.map(({ amount }) => amount))).toEqual([
    [666, 133],
    [334, 67],
  ]);
  const shown = await stripe.invoices.retrieve(invoice.id, { expand: ["total_pretax_credit_amounts.discount"] });
  expect(shown.total_pretax_credit_amounts?.[0]).toMatchObject({ discount: { id: first, object: "discount" } });
  expect(invoice.lines.data[0]?.pretax_credit_amounts).toMatchObject([{ amount: 666, type: "discount" }, {}]);
  expect(offOf(await latest(stripe, await given([{ coupon: tenth.id }, { coupon: ten.id }])))).toEqual([300, 1000]);
});

test("a running subscription's discounts are given, exchanged and taken away, with an event for each", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const subscription = await subscribed(sandbox);
  const [first, second] = [await percent(stripe, 10), await percent(stripe, 20)];
  const set = async (discounts: "" | Stripe.SubscriptionUpdateParams.Discount[]) => {
    const preview = await stripe.invoices.createPreview({ subscription: subscription.id, discounts });
    const events = await eventsOf(stripe, () => stripe.subscriptions.update(subscription.id, { discounts }));
    const next = await stripe.invoices.createPreview({ subscription: subscription.id });
    expect(preview.total).toBe(next.total);
    return [next.total, ...events];
  };
  const updated = "customer.subscription.updated";
  expect(await set([{ coupon: first.id }])).toEqual([2699, "customer.discount.created", updated]);
  expect(await set([{ coupon: second.id }])).toEqual([2399, "customer.discount.updated", updated]);
  const { discounts: kept } = await stripe.subscriptions.retrieve(subscription.id);
  expect(await set([{ discount: String(kept[0]) }, { coupon: first.id }])).toEqual([
    2159,
    "customer.discount.created",
    updated,
  ]);
  expect(await stripe.coupons.retrieve(first.id)).toMatchObject({ times_redeemed: 2 });
  expect(await set("")).toEqual([2999, "customer.discount.deleted", "customer.discount.deleted", updated]);
  await set([{ coupon: first.id }]);
  const gone = await eventsOf(stripe, async () => {
    expect(await stripe.subscriptions.deleteDiscount(subscription.id)).toMatchObject({ deleted: true });
  });
  expect(gone).toEqual(["customer.discount.deleted", updated]);
  await expect(stripe.subscriptions.deleteDiscount(subscription.id)).rejects.toMatchObject({ statusCode: 404 });
  await expect(set([{ discount: String(kept[0]) }])).rejects.toThrow("No such discount");
});

test("a discount is refused on a running subscription as at its beginning, and a failed change redeems nothing", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const { id, items } = await subscribed(sandbox);
  const coupon = await percent(stripe, 10);
  const promotion = { type: "coupon" as const, coupon: coupon.id };
  const set = (one: Stripe.SubscriptionUpdateParams.Discount) => stripe.subscriptions.update(id, { discounts: [one] });
  const code = (restrictions: Stripe.PromotionCodeCreateParams.Restrictions) =>
    stripe.promotionCodes.create({ promotion, restrictions });
  const first = await code({ first_time_transaction: true });
  await expect(set({ promotion_code: first.id })).rejects.toThrow("prior transactions");
  const big = await code({ minimum_amount: 3000, minimum_amount_currency: "usd" });
  await expect(set({ promotion_code: big.id })).rejects.toThrow("minimum amount");
  const product = (await priceOf(stripe, 100)).product;
  const elsewhere = await percent(stripe, 10, { applies_to: { products: [String(product)] } });
  await expect(set({ coupon: elsewhere.id })).rejects.toThrow("does not apply");
  await expect(set({ coupon: coupon.id, promotion_code: big.id })).rejects.toThrow("exactly one");
  await expect(
    stripe.subscriptions.update(id, { discounts: Array.from({ length: 21 }, () => ({ coupon: coupon.id })) }),
  ).rejects.toThrow("at most 20");
  const bad = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", {
    customer: String((await stripe.subscriptions.retrieve(id)).customer),
  });
  await stripe.subscriptions.update(id, { default_payment_method: bad.id });
  const dearer = { id: String(items.data[0]?.id), price: (await priceOf(stripe, 9000)).id };
  const change = {
    items: [dearer],
    proration_behavior: "always_invoice" as const,
    payment_behavior: "error_if_incomplete" as const,
  };
  await expect(
    stripe.subscriptions.update(id, { ...change, discounts: [{ coupon: coupon.id }] }),
  ).rejects.toMatchObject({ statusCode: 402 });
  expect(await stripe.coupons.retrieve(coupon.id)).toMatchObject({ times_redeemed: 0 });
  expect((await stripe.subscriptions.retrieve(id)).discounts).toEqual([]);
});

test("a coupon for one time is for the first invoice that asks for something, one of two months for those within", async () => {
  const startAt = new Date("2027-01-15T12:00:00Z");
  for (const [duration, totals, trial] of [
    ["once", [1499, 2999, 2999], false],
    ["once", [0, 1499, 2999], true],
    ["repeating", [1499, 1499, 2999], false],
  ] as const) {
    const sandbox = await openSandbox({ startAt });
    const { stripe } = sandbox;
    const months = duration === "repeating" ? { duration_in_months: 2 } : {};
    const coupon = await percent(stripe, 50, { duration, ...months });
    const subscription = await subscribed(sandbox, {
      discounts: [{ coupon: coupon.id }],
      ...(trial ? { trial_period_days: 10 } : {}),
    });
    for (const _renewal of [1, 2]) {
      const { total } = await stripe.invoices.createPreview({ subscription: subscription.id });
      await moveTo(sandbox, periodOf(await stripe.subscriptions.retrieve(subscription.id)).end + 3601);
      expect((await latest(stripe, subscription)).total).toBe(total);
    }
    expect((await invoicesOf(stripe, subscription)).map(({ total }) => total)).toEqual(totals);
    expect((await stripe.subscriptions.retrieve(subscription.id)).discounts).toEqual([]);
  }
});

test("a customer's own discount comes off what has none of its own: subscriptions, Checkout and invoices by hand", async () => {
  const { url, stripe } = await openSandbox();
  const { id: customer, discount } = await withOwnDiscount(url, stripe, await percent(stripe, 10));
  const price = (await priceOf(stripe, 1000)).id;
  const subscription = await stripe.subscriptions.create({ customer, items: [{ price }] });
  expect(await latest(stripe, subscription)).toMatchObject({ total: 900, amount_paid: 900, discounts: [discount?.id] });
  expect(subscription.discounts).toEqual([]);
  const { id: half } = await percent(stripe, 50);
  const own = await stripe.subscriptions.create({ customer, items: [{ price }], discounts: [{ coupon: half }] });
  expect(await latest(stripe, own)).toMatchObject({ total: 500 });
  await stripe.subscriptions.update(own.id, { discounts: "" });
  expect(await stripe.invoices.createPreview({ subscription: own.id })).toMatchObject({ total: 900 });
  expect(await stripe.invoices.createPreview({ subscription: own.id, discounts: "" })).toMatchObject({ total: 1000 });

  const session = await openCheckout(stripe, { customer });
  expect(session).toMatchObject({ amount_subtotal: 2999, amount_total: 2699 });
  await pay(session.url);
  const { invoice } = await stripe.checkout.sessions.retrieve(session.id);
  expect(await stripe.invoices.retrieve(String(invoice))).toMatchObject({ total: 2699, amount_paid: 2699 });

  const byHand = await stripe.invoices.create({ customer });
  await stripe.invoiceItems.create({ customer, invoice: byHand.id, amount: 500, currency: "usd" });
  expect(await stripe.invoices.retrieve(byHand.id)).toMatchObject({ subtotal: 500, total: 450 });
});

test("an invoice by hand takes discounts of its own, inherits none if told so, and changes them as a draft", async () => {
  const { url, stripe } = await openSandbox();
  const { id: customer } = await withOwnDiscount(url, stripe, await percent(stripe, 10));
  await stripe.invoiceItems.create({ customer, amount: 1000, currency: "usd" });
  const bare = await stripe.invoices.create({ customer, discounts: "", pending_invoice_items_behavior: "include" });
  expect(bare).toMatchObject({ total: 1000, discounts: [] });
  const coupon = (await percent(stripe, 25)).id;
  const off = await stripe.invoices.update(bare.id, { discounts: [{ coupon }, { coupon }] });
  expect(off.total).toBe(1000 - 250 - 188);
  expect(await stripe.coupons.retrieve(coupon)).toMatchObject({ times_redeemed: 2 });
  const paid = await stripe.invoices.pay(bare.id);
  expect(paid).toMatchObject({ amount_paid: 562 });
  await expect(stripe.invoices.update(bare.id, { discounts: "" })).rejects.toThrow("cannot be updated");
});

test("an upgrade gives back what was charged after discounts, and charges what is left of the new price after them", async () => {
  const sandbox = await openSandbox({ startAt: new Date("2027-04-01T00:00:00Z") });
  const { stripe } = sandbox;
  const [cheap, dear] = [await priceOf(stripe, 3000), await priceOf(stripe, 6000)];
  const half = await percent(stripe, 50);
  const subscription = await subscribed(sandbox, { items: [{ price: cheap.id }], discounts: [{ coupon: half.id }] });
  const { start } = periodOf(subscription);
  const change = {
    items: [{ id: String(subscription.items.data[0]?.id), price: dear.id }],
    proration_behavior: "always_invoice" as const,
    proration_date: start + 15 * day,
  };
  expect(start).toBeLessThan(at("2027-04-01T00:01:00Z"));
  await moveTo(sandbox, start + 15 * day);
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id, subscription_details: change });
  await stripe.subscriptions.update(subscription.id, change);
  const invoice = await latest(stripe, subscription);
  expect(invoice.lines.data.map(({ amount }) => amount)).toEqual([-750, 1500]);
  expect([invoice.total, preview.total]).toEqual([750, 750]);
  await stripe.subscriptions.update(subscription.id, { discounts: "" });
  const ended = await stripe.subscriptions.cancel(subscription.id, { prorate: true, invoice_now: true });
  expect((await latest(stripe, ended)).total).toBe(-1500);
});

test("a discount that ends within a period is off what was charged, and no longer off what an upgrade charges", async () => {
  const sandbox = await openSandbox({ startAt: new Date("2027-02-20T00:00:00Z") });
  const { stripe } = sandbox;
  const [cheap, dear] = [await priceOf(stripe, 3000), await priceOf(stripe, 6000)];
  const half = await percent(stripe, 50, { duration: "repeating", duration_in_months: 1 });
  const tenth = await percent(stripe, 10);
  const subscription = await subscribed(sandbox, { items: [{ price: cheap.id }] });
  await moveTo(sandbox, at("2027-03-01T00:00:00Z"));
  await stripe.subscriptions.update(subscription.id, { discounts: [{ coupon: half.id }] });
  await moveTo(sandbox, periodOf(subscription).end + 3601);
  expect(await latest(stripe, subscription)).toMatchObject({ total: 1500, amount_paid: 1500 });
  const { start, end } = periodOf(await stripe.subscriptions.retrieve(subscription.id));
  const halfway = (start + end) / 2;
  await moveTo(sandbox, halfway + 60);
  const change = {
    items: [{ id: String(subscription.items.data[0]?.id), price: dear.id }],
    proration_behavior: "always_invoice" as const,
    proration_date: halfway,
  };
  const look = { subscription: subscription.id, subscription_details: change };
  expect((await stripe.invoices.createPreview(look)).total).toBe(-750 + 3000);
  const discounts = [{ coupon: tenth.id }];
  expect((await stripe.invoices.createPreview({ ...look, discounts })).total).toBe(-750 + 2700);
  expect(await stripe.coupons.retrieve(tenth.id)).toMatchObject({ times_redeemed: 0 });
  await stripe.subscriptions.update(subscription.id, { ...change, discounts });
  expect((await latest(stripe, subscription)).total).toBe(-750 + 2700);
});
