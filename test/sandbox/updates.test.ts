import type Stripe from "stripe";
import { expect, test } from "vitest";
import { day, eventsOf, invoicesOf, moveTo, periodOf, priceOf, subscribed } from "./subscribed.js";
import { openSandbox, type TestSandbox } from "./support.js";

/** On $10.00 a month since the first of a month of 30 days, half of which is over. */
async function halfway(sandbox: TestSandbox, card?: string) {
  const { stripe } = sandbox;
  const [ten, twenty] = [await priceOf(stripe, 1000), await priceOf(stripe, 2000)];
  const subscription = await subscribed(sandbox, { items: [{ price: ten.id }], ...(card ? { card } : {}) });
  const { start, end } = periodOf(subscription);
  await moveTo(sandbox, (start + end) / 2);
  return { subscription, item: String(subscription.items.data[0]?.id), ten, twenty, start, end };
}

const inApril = { startAt: new Date("2027-04-01T00:00:00Z") };
const amounts = ({ lines }: Stripe.Invoice) => lines.data.map(({ amount }) => amount);

/** Makes the current card fail from now on. */
async function breakCard({ stripe }: TestSandbox, { id, customer }: Stripe.Subscription): Promise<void> {
  const broken = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer: String(customer) });
  await stripe.subscriptions.update(id, { default_payment_method: broken.id });
}

test("from 10 to 20 halfway: 5 are given back and 10 charged, with the next invoice", async () => {
  const sandbox = await openSandbox(inApril);
  const { stripe } = sandbox;
  const { subscription, item, twenty, end } = await halfway(sandbox);
  const items = [{ id: item, price: twenty.id }];
  const preview = await stripe.invoices.createPreview({
    subscription: subscription.id,
    subscription_details: { items },
  });
  expect(amounts(preview)).toEqual([-500, 1000, 2000]);

  const events = await eventsOf(stripe, () => stripe.subscriptions.update(subscription.id, { items }));
  expect(events.toSorted()).toEqual(["customer.subscription.updated", "invoiceitem.created", "invoiceitem.created"]);
  await moveTo(sandbox, end + 3600);
  const [first, renewal] = await invoicesOf(stripe, subscription);
  expect(renewal).toMatchObject({ total: 2500, amount_paid: 2500 });
  expect(renewal && amounts(renewal)).toEqual([-500, 1000, 2000]);
  const [credit, debit] = renewal?.lines.data ?? [];
  expect(credit).toMatchObject({
    description: "Unused time on Plan of 1000 after 16 Apr 2027",
    discountable: false,
    pricing: { unit_amount_decimal: null },
    parent: {
      subscription_item_details: {
        proration: true,
        proration_details: {
          credited_items: { invoice: first?.id, invoice_line_items: [first?.lines.data[0]?.id] },
        },
      },
    },
  });
  expect(debit?.description).toBe("Remaining time on Plan of 2000 after 16 Apr 2027");
});

test("billed at once if asked, and not at all if asked", async () => {
  const sandbox = await openSandbox(inApril);
  const { stripe } = sandbox;
  const { subscription, item, twenty } = await halfway(sandbox);
  const events = await eventsOf(stripe, () =>
    stripe.subscriptions.update(subscription.id, {
      items: [{ id: item, price: twenty.id }],
      proration_behavior: "always_invoice",
    }),
  );
  expect(events).toEqual(expect.arrayContaining(["invoice.paid", "customer.subscription.updated"]));
  const [, invoice] = await invoicesOf(stripe, subscription);
  expect(invoice).toMatchObject({ status: "paid", total: 500, billing_reason: "subscription_update" });

  const none = await eventsOf(stripe, () =>
    stripe.subscriptions.update(subscription.id, { items: [{ id: item, quantity: 3 }], proration_behavior: "none" }),
  );
  expect(none).toEqual(["customer.subscription.updated"]);
});

test("a credit is part of what was debited, whatever the item costs by then", async () => {
  const sandbox = await openSandbox(inApril);
  const { stripe } = sandbox;
  const { subscription, item, ten, twenty, start } = await halfway(sandbox);
  // Raised without being charged: only the 10.00 of the first invoice can be given back.
  await stripe.subscriptions.update(subscription.id, {
    items: [{ id: item, price: twenty.id }],
    proration_behavior: "none",
  });
  await moveTo(sandbox, start + 24 * day);
  await stripe.subscriptions.update(subscription.id, {
    items: [{ id: item, price: ten.id }],
    proration_behavior: "always_invoice",
  });
  const [, invoice] = await invoicesOf(stripe, subscription);
  expect(invoice && amounts(invoice)).toEqual([-200, 200]);
});

test("there and back again in the same second costs nothing", async () => {
  const sandbox = await openSandbox(inApril);
  const { stripe } = sandbox;
  const { subscription, item, ten, twenty, start } = await halfway(sandbox);
  const proration_date = start + 1_234_567;
  await sandbox.advance(day);
  for (const price of [twenty, ten]) {
    await stripe.subscriptions.update(subscription.id, { items: [{ id: item, price: price.id }], proration_date });
  }
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
  expect(preview.total).toBe(1000);
});

test("another interval begins a new period now", async () => {
  const sandbox = await openSandbox(inApril);
  const { stripe } = sandbox;
  const { subscription, item, start, end } = await halfway(sandbox);
  const yearly = await priceOf(stripe, 25_000, { interval: "year" });
  const changed = await stripe.subscriptions.update(subscription.id, { items: [{ id: item, price: yearly.id }] });
  const now = Math.floor(sandbox.now().getTime() / 1000);
  expect(Math.abs(changed.billing_cycle_anchor - now)).toBeLessThan(2);
  expect(periodOf(changed).start).toBeGreaterThan(start);
  expect(periodOf(changed).end).toBeGreaterThan(end + 300 * day);
  const [, invoice] = await invoicesOf(stripe, subscription);
  expect(invoice && amounts(invoice)[1]).toBe(25_000);
  expect(invoice?.status).toBe("paid");
  await moveTo(sandbox, end + 2 * day);
  expect(await invoicesOf(stripe, subscription)).toHaveLength(2);
});

test("a trial cut short is charged at once", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const { id } = await subscribed(sandbox, { trial_period_days: 14 });
  const changed = await stripe.subscriptions.update(id, { trial_end: "now" });
  expect(changed.status).toBe("active");
  expect((await invoicesOf(stripe, changed)).map(({ amount_paid }) => amount_paid)).toEqual([0, 2999]);
});

test("what is left of a downgrade is credit, and pays later invoices", async () => {
  const sandbox = await openSandbox(inApril);
  const { stripe } = sandbox;
  const { subscription, item, end } = await halfway(sandbox);
  const one = await priceOf(stripe, 100);
  await stripe.subscriptions.update(subscription.id, {
    items: [{ id: item, price: one.id }],
    proration_behavior: "always_invoice",
  });
  const customer = String(subscription.customer);
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: -450 });
  await moveTo(sandbox, end + 3600);
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: -350 });
});

test("several items: one is added, one is taken away", async () => {
  const sandbox = await openSandbox(inApril);
  const { stripe } = sandbox;
  const { subscription, item, twenty } = await halfway(sandbox);
  const both = await stripe.subscriptions.update(subscription.id, { items: [{ price: twenty.id, quantity: 2 }] });
  expect(both.items.data).toHaveLength(2);
  const one = await stripe.subscriptions.update(subscription.id, { items: [{ id: item, deleted: true }] });
  expect(one.items.data).toMatchObject([{ quantity: 2, price: { id: twenty.id } }]);
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
  expect(amounts(preview)).toEqual([2000, -500, 4000]);
  await expect(
    stripe.subscriptions.update(subscription.id, { items: [{ id: String(one.items.data[0]?.id), deleted: true }] }),
  ).rejects.toThrow("at least one");
});

test("an item's own operations are changes of its subscription", async () => {
  const sandbox = await openSandbox(inApril);
  const { stripe } = sandbox;
  const { subscription, item, twenty } = await halfway(sandbox);
  expect(await stripe.subscriptionItems.update(item, { quantity: 5 })).toMatchObject({ id: item, quantity: 5 });
  const added = await stripe.subscriptionItems.create({ subscription: subscription.id, price: twenty.id });
  await stripe.subscriptionItems.del(added.id);
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
  expect(amounts(preview)).toEqual([-500, 2500, 1000, -1000, 5000]);
});

test("when the payment for a change fails the change stays and the subscription is past due", async () => {
  const sandbox = await openSandbox(inApril);
  const { stripe } = sandbox;
  const { subscription, item, twenty } = await halfway(sandbox);
  await breakCard(sandbox, subscription);
  const change: Stripe.SubscriptionUpdateParams = {
    items: [{ id: item, price: twenty.id }],
    proration_behavior: "always_invoice",
  };
  await expect(
    stripe.subscriptions.update(subscription.id, { ...change, payment_behavior: "error_if_incomplete" }),
  ).rejects.toMatchObject({ statusCode: 402, code: "card_declined" });
  expect(await invoicesOf(stripe, subscription)).toHaveLength(1);
  expect((await stripe.subscriptions.retrieve(subscription.id)).items.data[0]?.price.unit_amount).toBe(1000);

  const changed = await stripe.subscriptions.update(subscription.id, change);
  expect(changed).toMatchObject({ status: "past_due", items: { data: [{ price: { id: twenty.id } }] } });
});

test("or the change waits for its payment, and is given up after 23 hours", async () => {
  const sandbox = await openSandbox(inApril);
  const { stripe } = sandbox;
  const { subscription, item, twenty } = await halfway(sandbox);
  await breakCard(sandbox, subscription);
  const waiting = await stripe.subscriptions.update(subscription.id, {
    items: [{ id: item, price: twenty.id }],
    proration_behavior: "always_invoice",
    payment_behavior: "pending_if_incomplete",
  });
  expect(waiting).toMatchObject({
    status: "active",
    items: { data: [{ price: { unit_amount: 1000 } }] },
    pending_update: { subscription_items: [{ price: { unit_amount: 2000 } }] },
  });
  const events = await eventsOf(stripe, () => sandbox.advance(23 * 3600));
  expect(events.toSorted()).toEqual([
    "customer.subscription.pending_update_expired",
    "customer.subscription.updated",
    "invoice.voided",
  ]);
  expect((await stripe.subscriptions.retrieve(subscription.id)).pending_update).toBeNull();
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
  expect(amounts(preview)).toEqual([1000]);
});

test("collection can be paused: what comes up is voided, and the status stays", async () => {
  const sandbox = await openSandbox(inApril);
  const { stripe } = sandbox;
  const { subscription, end } = await halfway(sandbox);
  await stripe.subscriptions.update(subscription.id, {
    pause_collection: { behavior: "void", resumes_at: end + 5 * day },
  });
  await moveTo(sandbox, end + day);
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe("active");
  await moveTo(sandbox, end + 5 * day);
  expect((await stripe.subscriptions.retrieve(subscription.id)).pause_collection).toBeNull();
  await moveTo(sandbox, end + 33 * day);
  expect((await invoicesOf(stripe, subscription)).map(({ status }) => status)).toEqual(["paid", "void", "paid"]);
});

test("canceled now: what is unused is given back, and invoiced, if asked", async () => {
  const sandbox = await openSandbox(inApril);
  const { stripe } = sandbox;
  const { subscription } = await halfway(sandbox);
  const preview = await stripe.invoices.createPreview({
    subscription: subscription.id,
    subscription_details: { cancel_now: true },
  });
  const ended = await stripe.subscriptions.cancel(subscription.id, { prorate: true, invoice_now: true });
  const [, invoice] = await invoicesOf(stripe, subscription);
  expect(ended.status).toBe("canceled");
  expect(invoice).toMatchObject({ status: "paid", total: -500, amount_due: 0, ending_balance: -500 });
  expect(preview.total).toBe(invoice?.total);
  expect(await stripe.customers.retrieve(String(subscription.customer))).toMatchObject({ balance: -500 });
});
