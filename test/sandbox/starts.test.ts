import type Stripe from "stripe";
import { expect, test } from "vitest";
import { at, day, eventsOf, invoicesOf, moveTo, periodOf, priceOf } from "./subscribed.js";
import { openSandbox, type TestSandbox } from "./support.js";

const startAt = new Date("2027-01-16T12:00:00Z");

async function customerOf({ stripe }: TestSandbox): Promise<string> {
  const { id: customer } = await stripe.customers.create();
  const card = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: card.id } });
  return customer;
}

test("a time until the anchor costs its part, to the second, and then whole months follow from the anchor", async () => {
  const sandbox = await openSandbox({ startAt });
  const { stripe } = sandbox;
  const [customer, price] = [await customerOf(sandbox), await priceOf(stripe, 3100)];
  const begun = await stripe.subscriptions.create({
    customer,
    items: [{ price: price.id }],
    billing_cycle_anchor: at("2027-02-01T00:00:00Z"),
  });
  expect(begun).toMatchObject({ status: "active", billing_cycle_anchor: at("2027-02-01T00:00:00Z") });
  expect(periodOf(begun)).toEqual({ start: startAt.getTime() / 1000, end: at("2027-02-01T00:00:00Z") });
  const [first] = await invoicesOf(stripe, begun);
  // Fifteen and a half of January's 31 days.
  expect(first).toMatchObject({ status: "paid", total: 1550, lines: { data: [{ amount: 1550 }] } });
  expect(first?.lines.data[0]?.description).toBe("Remaining time on Plan of 3100 after 16 Jan 2027");

  await moveTo(sandbox, at("2027-03-01T02:00:00Z"));
  const totals = (await invoicesOf(stripe, begun)).map(({ total, created }) => [total, created]);
  expect(totals.slice(1)).toEqual([
    [3100, at("2027-02-01T00:00:00Z")],
    [3100, at("2027-03-01T00:00:00Z")],
  ]);
});

test("the time until the anchor can be free: nothing is invoiced, and nothing given back", async () => {
  const sandbox = await openSandbox({ startAt });
  const { stripe } = sandbox;
  const [customer, price] = [await customerOf(sandbox), await priceOf(stripe, 3100)];
  const begun = await stripe.subscriptions.create({
    customer,
    items: [{ price: price.id }],
    billing_cycle_anchor: at("2027-02-01T00:00:00Z"),
    proration_behavior: "none",
  });
  expect(begun).toMatchObject({ status: "active", latest_invoice: null });
  const other = await stripe.subscriptions.create({
    customer: await customerOf(sandbox),
    items: [{ price: price.id }],
    billing_cycle_anchor: at("2027-02-01T00:00:00Z"),
    proration_behavior: "none",
  });
  await sandbox.advance(day);
  await stripe.subscriptions.cancel(other.id, { prorate: true, invoice_now: true });
  expect(await invoicesOf(stripe, other)).toEqual([]);

  await moveTo(sandbox, at("2027-02-01T02:00:00Z"));
  expect((await invoicesOf(stripe, begun)).map(({ total }) => total)).toEqual([3100]);
});

test("an upgrade before the anchor costs its part of a whole month", async () => {
  const sandbox = await openSandbox({ startAt });
  const { stripe } = sandbox;
  const [small, large] = [await priceOf(stripe, 3100), await priceOf(stripe, 6200)];
  const begun = await stripe.subscriptions.create({
    customer: await customerOf(sandbox),
    items: [{ price: small.id }],
    billing_cycle_anchor: at("2027-02-01T00:00:00Z"),
  });
  await moveTo(sandbox, at("2027-01-22T00:00:00Z"));
  await stripe.subscriptions.update(begun.id, {
    items: [{ id: begun.items.data[0]?.id ?? "", price: large.id }],
    proration_behavior: "always_invoice",
  });
  const [, change] = await invoicesOf(stripe, begun);
  // Ten days left: a credit of ten days at 100 cents, and ten days at 200.
  expect(change?.lines.data.map(({ amount }) => amount)).toEqual([-1000, 2000]);
});

test("a trial, then the time until the anchor, then whole months", async () => {
  const sandbox = await openSandbox({ startAt });
  const { stripe } = sandbox;
  const begun = await stripe.subscriptions.create({
    customer: await customerOf(sandbox),
    items: [{ price: (await priceOf(stripe, 3100)).id }],
    trial_end: at("2027-01-22T00:00:00Z"),
    billing_cycle_anchor: at("2027-02-01T00:00:00Z"),
  });
  expect(begun).toMatchObject({ status: "trialing", billing_cycle_anchor: at("2027-02-01T00:00:00Z") });
  await moveTo(sandbox, at("2027-02-01T02:00:00Z"));
  expect((await invoicesOf(stripe, begun)).map(({ total }) => total)).toEqual([0, 1000, 3100]);
});

test.each([
  [
    "a day that each month has",
    { day_of_month: 5, hour: 9, minute: 30, second: 0 },
    "2027-02-05T09:30:00Z",
    "2027-03-05T09:30:00Z",
  ],
  ["a day that comes back after a shorter month", { day_of_month: 31 }, "2027-01-31T12:00:00Z", "2027-02-28T12:00:00Z"],
] as const)("%s can be named instead of an instant", async (_, config, first, second) => {
  const sandbox = await openSandbox({ startAt });
  const { stripe } = sandbox;
  const begun = await stripe.subscriptions.create({
    customer: await customerOf(sandbox),
    items: [{ price: (await priceOf(stripe, 3100)).id }],
    billing_cycle_anchor_config: config,
  });
  expect(begun.billing_cycle_anchor_config).toMatchObject(config);
  expect(periodOf(begun).end).toBe(at(first));
  await moveTo(sandbox, at(first) + 60);
  expect(periodOf(await stripe.subscriptions.retrieve(begun.id)).end).toBe(at(second));
});

test("the 31st comes back when a subscription begins in a month without one", async () => {
  const sandbox = await openSandbox({ startAt: new Date("2027-02-10T00:00:00Z") });
  const { stripe } = sandbox;
  const begun = await stripe.subscriptions.create({
    customer: await customerOf(sandbox),
    items: [{ price: (await priceOf(stripe, 2800)).id }],
    billing_cycle_anchor_config: { day_of_month: 31 },
  });
  expect(periodOf(begun).end).toBe(at("2027-02-28T00:00:00Z"));
  const [first] = await invoicesOf(stripe, begun);
  // From the 10th to the 28th, of the 28 days since the 31st of January.
  expect(first?.total).toBe(1800);
  await moveTo(sandbox, at("2027-02-28T02:00:00Z"));
  expect(periodOf(await stripe.subscriptions.retrieve(begun.id)).end).toBe(at("2027-03-31T00:00:00Z"));
});

test("an anchor in the past, or further than one interval ahead, is refused", async () => {
  const sandbox = await openSandbox({ startAt });
  const customer = await customerOf(sandbox);
  const items = [{ price: (await priceOf(sandbox.stripe, 3100)).id }];
  for (const anchor of ["2027-01-16T11:00:00Z", "2027-02-16T12:00:01Z"]) {
    await expect(
      sandbox.stripe.subscriptions.create({ customer, items, billing_cycle_anchor: at(anchor) }),
    ).rejects.toMatchObject({ statusCode: 400, param: "billing_cycle_anchor" });
  }
  const week = await priceOf(sandbox.stripe, 700, { interval: "week" });
  await expect(
    sandbox.stripe.subscriptions.create({
      customer,
      items: [{ price: week.id }],
      billing_cycle_anchor_config: { day_of_month: 1 },
    }),
  ).rejects.toMatchObject({ statusCode: 400, param: "billing_cycle_anchor_config" });
});

test("what is billed once comes on the first invoice, in a trial too, and never again", async () => {
  const sandbox = await openSandbox({ startAt });
  const { stripe } = sandbox;
  const fee = await stripe.prices.create({ currency: "usd", unit_amount: 500, product_data: { name: "Set-up" } });
  const plan = await priceOf(stripe, 3100);
  const terms = { items: [{ price: plan.id }], add_invoice_items: [{ price: fee.id, quantity: 2 }] };
  const begun = await stripe.subscriptions.create({ customer: await customerOf(sandbox), ...terms });
  const trial = await stripe.subscriptions.create({
    customer: await customerOf(sandbox),
    ...terms,
    trial_period_days: 7,
  });
  const [first] = await invoicesOf(stripe, begun);
  expect(first).toMatchObject({ total: 4100, amount_paid: 4100, status: "paid" });
  expect(first?.lines.data.map(({ description, amount }) => [description, amount])).toEqual([
    ["1 × Plan of 3100 (at $31.00 / month)", 3100],
    ["Set-up", 1000],
  ]);
  expect((await invoicesOf(stripe, trial))[0]).toMatchObject({ total: 1000, amount_paid: 1000 });
  await moveTo(sandbox, periodOf(begun).end + 3600);
  expect((await invoicesOf(stripe, begun))[1]?.total).toBe(3100);
});

test("what is added to a running subscription waits for its next invoice, whatever is invoiced now", async () => {
  const sandbox = await openSandbox({ startAt });
  const { stripe } = sandbox;
  const [small, large] = [await priceOf(stripe, 3100), await priceOf(stripe, 6200)];
  const fee = await stripe.prices.create({ currency: "usd", unit_amount: 500, product_data: { name: "Set-up" } });
  const begun = await stripe.subscriptions.create({
    customer: await customerOf(sandbox),
    items: [{ price: small.id }],
  });
  const types = await eventsOf(stripe, () =>
    stripe.subscriptions.update(begun.id, {
      items: [{ id: begun.items.data[0]?.id ?? "", price: large.id }],
      add_invoice_items: [{ price: fee.id }],
      proration_behavior: "always_invoice",
    }),
  );
  expect(types).toContain("invoiceitem.created");
  const [, change] = await invoicesOf(stripe, begun);
  expect(change?.total).toBe(3100);
  await moveTo(sandbox, periodOf(begun).end + 3600);
  expect((await invoicesOf(stripe, begun))[2]?.total).toBe(6700);
  await expect(
    stripe.subscriptions.update(begun.id, { add_invoice_items: [{ price: small.id }] }),
  ).rejects.toMatchObject({ statusCode: 400, param: "add_invoice_items[0][price]" });
});

test("a preview of a subscription that does not exist is its first invoice, to the cent", async () => {
  const sandbox = await openSandbox({ startAt });
  const { stripe } = sandbox;
  const [plan, seats] = [await priceOf(stripe, 2999), await priceOf(stripe, 333)];
  const coupon = await stripe.coupons.create({ percent_off: 33.3, duration: "once" });
  const items = [{ price: plan.id }, { price: seats.id, quantity: 7 }];
  const ways: { preview: Stripe.InvoiceCreatePreviewParams; create: Partial<Stripe.SubscriptionCreateParams> }[] = [
    { preview: {}, create: {} },
    { preview: { discounts: [{ coupon: coupon.id }] }, create: { discounts: [{ coupon: coupon.id }] } },
    {
      preview: { subscription_details: { trial_end: at("2027-01-20T00:00:00Z") } },
      create: { trial_end: at("2027-01-20T00:00:00Z") },
    },
    {
      preview: {
        subscription_details: {
          billing_cycle_anchor: { type: "timestamp", timestamp: at("2027-02-03T04:05:06Z") },
        },
      },
      create: { billing_cycle_anchor: at("2027-02-03T04:05:06Z") },
    },
  ];
  for (const { preview, create } of ways) {
    const customer = await customerOf(sandbox);
    const shown = await stripe.invoices.createPreview({
      customer,
      ...preview,
      subscription_details: { items, ...preview.subscription_details },
    });
    expect((await stripe.subscriptions.list({ customer })).data).toEqual([]);
    const begun = await stripe.subscriptions.create({ customer, items, ...create });
    const [first] = await invoicesOf(stripe, begun);
    expect(sumsOf(shown)).toEqual(sumsOf(first));
    expect(first?.amount_paid).toBe(shown.amount_due);
  }
  const nobody = await stripe.invoices.createPreview({
    customer_details: { tax_exempt: "none" },
    subscription_details: { items },
  });
  expect(nobody.total).toBe(2999 + 7 * 333);
  await expect(stripe.invoices.createPreview({ subscription_details: { items } })).rejects.toMatchObject({
    statusCode: 400,
    param: "customer",
  });
});

function sumsOf(invoice: Stripe.Invoice | undefined) {
  return {
    subtotal: invoice?.subtotal,
    total: invoice?.total,
    due: invoice?.amount_due,
    lines: invoice?.lines.data.map(({ amount, description, period }) => ({ amount, description, period })),
  };
}
