import type Stripe from "stripe";
import { expect, test } from "vitest";
import { day, eventsOf, invoicesOf, moveTo, periodOf, priceOf, subscribed } from "./subscribed.js";
import { openSandbox, pay, post, type TestSandbox } from "./support.js";

const inApril = { startAt: new Date("2027-04-01T00:00:00Z") };
const applied = "customer.subscription.pending_update_applied";
const expired = "customer.subscription.pending_update_expired";
const updated = "customer.subscription.updated";

/** On $10.00 a month, half of which is over, with a card that asks or fails from now on; and what an upgrade asks for. */
async function refusing(sandbox: TestSandbox, card: string, more: Partial<Stripe.SubscriptionCreateParams> = {}) {
  const { stripe } = sandbox;
  const [ten, twenty] = [await priceOf(stripe, 1000), await priceOf(stripe, 2000)];
  const subscription = await subscribed(sandbox, { items: [{ price: ten.id }], ...more });
  const { start, end } = periodOf(subscription);
  await moveTo(sandbox, (start + end) / 2);
  const method = await stripe.paymentMethods.attach(card, { customer: String(subscription.customer) });
  await stripe.subscriptions.update(subscription.id, { default_payment_method: method.id });
  const change = {
    items: [{ id: String(subscription.items.data[0]?.id), price: twenty.id }],
    proration_behavior: "always_invoice" as const,
  };
  const upgrade = { ...change, payment_behavior: "pending_if_incomplete" as const };
  return { subscription, change, upgrade, ten, twenty, end, id: subscription.id };
}

const latest = async (stripe: Stripe, id: string) => {
  const { latest_invoice } = await stripe.subscriptions.retrieve(id);
  return stripe.invoices.retrieve(String(latest_invoice));
};

const codeFor = async (stripe: Stripe, coupon: Stripe.CouponCreateParams) => {
  const { id } = await stripe.coupons.create(coupon);
  return stripe.promotionCodes.create({ promotion: { type: "coupon", coupon: id } });
};

test("discounts, metadata and the end wait with an update until its invoice, which has them already, is paid", async () => {
  const sandbox = await openSandbox(inApril);
  const { stripe } = sandbox;
  const { subscription, change, upgrade, twenty, id } = await refusing(sandbox, "pm_card_chargeCustomerFail", {
    metadata: { team: "7", plan: "ten" },
  });
  const code = await codeFor(stripe, { percent_off: 25, duration: "forever" });
  const discounts = [{ promotion_code: code.id }];
  const preview = await stripe.invoices.createPreview({ subscription: id, discounts, subscription_details: change });
  const waiting = await stripe.subscriptions.update(id, {
    ...upgrade,
    discounts,
    metadata: { plan: "twenty" },
    cancel_at_period_end: true,
    expand: ["pending_update.discounts"],
  });
  expect(waiting).toMatchObject({
    cancel_at: null,
    discounts: [],
    metadata: { team: "7", plan: "ten" },
    status: "active",
    pending_update: {
      cancel_at_period_end: true,
      discount: { promotion_code: code.id },
      discounts: [{ object: "discount", promotion_code: code.id }],
      metadata: { plan: "twenty" },
    },
  });
  const invoice = await latest(stripe, id);
  expect([invoice.status, invoice.total, preview.total]).toEqual(["open", 250, 250]);
  expect(await stripe.promotionCodes.retrieve(code.id)).toMatchObject({ times_redeemed: 0 });
  const good = await stripe.paymentMethods.attach("pm_card_visa", { customer: String(subscription.customer) });
  const events = await eventsOf(stripe, () => stripe.invoices.pay(invoice.id, { payment_method: good.id }));
  expect(events.filter((type) => /^customer\.[ds]/.test(type))).toEqual([
    "customer.discount.created",
    applied,
    updated,
  ]);
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
    cancel_at_period_end: true,
    discounts: [expect.any(String)],
    items: { data: [{ price: { id: twenty.id } }] },
    metadata: { team: "7", plan: "twenty" },
    pending_update: null,
  });
  expect(await stripe.promotionCodes.retrieve(code.id)).toMatchObject({ times_redeemed: 1 });
});

test("paid on the invoice's page, with the bank's question, an update is applied and says so", async () => {
  const sandbox = await openSandbox(inApril);
  const { stripe } = sandbox;
  const { upgrade, twenty, id } = await refusing(sandbox, "pm_card_authenticationRequired");
  const asked = await eventsOf(stripe, () => stripe.subscriptions.update(id, upgrade));
  expect(asked).toEqual(expect.arrayContaining(["invoice.payment_action_required", updated]));
  const { hosted_invoice_url, amount_due } = await latest(stripe, id);
  const question = (await pay(hosted_invoice_url ?? "", { number: "4000 0027 6000 3184" })).headers.get("location");
  const events = await eventsOf(stripe, () => post(question ?? "", { action: "authorize" }));
  expect(events).toEqual(expect.arrayContaining(["payment_intent.succeeded", "invoice.paid", applied, updated]));
  expect(await latest(stripe, id)).toMatchObject({ status: "paid", amount_paid: amount_due });
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
    status: "active",
    pending_update: null,
    items: { data: [{ price: { id: twenty.id } }] },
  });
});

test("an update whose invoice is voided is dropped, and nothing of it remains", async () => {
  const sandbox = await openSandbox(inApril);
  const { stripe } = sandbox;
  const { subscription, upgrade, id, end } = await refusing(sandbox, "pm_card_chargeCustomerFail");
  const kept = await codeFor(stripe, { amount_off: 100, currency: "usd", duration: "once" });
  await stripe.subscriptions.update(id, { discounts: [{ promotion_code: kept.id }] });
  const yearly = await priceOf(stripe, 20_000, { interval: "year" });
  const [item] = upgrade.items;
  await stripe.subscriptions.update(id, {
    ...upgrade,
    items: [{ ...item, price: yearly.id }],
    metadata: { plan: "x" },
  });
  const invoice = await latest(stripe, id);
  expect(invoice.total_discount_amounts?.map(({ amount }) => amount)).toEqual([100]);
  const events = await eventsOf(stripe, () => stripe.invoices.voidInvoice(invoice.id));
  expect(events).toEqual(["invoice.voided", updated]);
  const after = await stripe.subscriptions.retrieve(id);
  expect(after).toMatchObject({
    pending_update: null,
    status: "active",
    metadata: {},
    discounts: [expect.any(String)],
  });
  expect(periodOf(after).end).toBe(end);
  // The coupon for one time came off nothing that was paid.
  expect((await stripe.invoices.createPreview({ subscription: id })).total).toBe(900);
  const code = await codeFor(stripe, { percent_off: 10, duration: "forever", max_redemptions: 1 });
  await stripe.subscriptions.update(id, { ...upgrade, discounts: [{ promotion_code: code.id }] });
  await stripe.invoices.voidInvoice((await latest(stripe, id)).id);
  expect(await stripe.promotionCodes.retrieve(code.id)).toMatchObject({ times_redeemed: 0, active: true });
  expect((await invoicesOf(stripe, subscription)).map(({ status }) => status)).toEqual(["paid", "void", "void"]);
});

test("an update waits no longer than its period or its trial", async () => {
  const sandbox = await openSandbox(inApril);
  const { stripe } = sandbox;
  const { upgrade, id, end } = await refusing(sandbox, "pm_card_chargeCustomerFail");
  await moveTo(sandbox, end - day / 2);
  const waiting = await stripe.subscriptions.update(id, upgrade);
  expect(waiting.pending_update?.expires_at).toBe(end);
  const events = await eventsOf(stripe, () => moveTo(sandbox, end));
  expect(events.slice(0, 3)).toEqual(["invoice.voided", expired, updated]);
  expect((await latest(stripe, id)).lines.data.map(({ amount }) => amount)).toEqual([1000]);

  const trial = await refusing(sandbox, "pm_card_chargeCustomerFail", { trial_period_days: 30 });
  await moveTo(sandbox, trial.end - day / 2);
  const paying = { payment_behavior: "pending_if_incomplete", trial_end: "now" } as const;
  const ending = await stripe.subscriptions.update(trial.id, paying);
  expect(ending).toMatchObject({ status: "trialing", pending_update: { expires_at: trial.end } });
  await stripe.invoices.pay(String(ending.latest_invoice), { paid_out_of_band: true });
  expect(await stripe.subscriptions.retrieve(trial.id)).toMatchObject({ status: "active", pending_update: null });
});

test("another update takes the place of one that waits, and a plain one ends it", async () => {
  const sandbox = await openSandbox(inApril);
  const { stripe } = sandbox;
  const { subscription, upgrade, ten, id } = await refusing(sandbox, "pm_card_chargeCustomerFail");
  const [item] = upgrade.items;
  await stripe.customers.createBalanceTransaction(String(subscription.customer), { amount: -100, currency: "usd" });
  const proration_date = Math.floor(sandbox.now().getTime() / 1000);
  await stripe.subscriptions.update(id, { ...upgrade, proration_date });
  const items = [{ ...item, price: ten.id, quantity: 4 }];
  const change = { items, proration_behavior: "always_invoice" as const, proration_date };
  const preview = await stripe.invoices.createPreview({ subscription: id, subscription_details: change });
  const replaced = await stripe.subscriptions.update(id, { ...upgrade, ...change });
  expect(replaced.pending_update?.subscription_items).toMatchObject([{ quantity: 4 }]);
  // The credit that the first invoice had used is the customer's again.
  expect(await latest(stripe, id)).toMatchObject({
    total: preview.total,
    amount_due: preview.amount_due,
    starting_balance: -100,
  });
  const plain = await stripe.subscriptions.update(id, {
    items: [{ ...item, price: ten.id, quantity: 2 }],
    proration_behavior: "none",
  });
  expect(plain).toMatchObject({ pending_update: null, items: { data: [{ quantity: 2 }] } });
  expect((await invoicesOf(stripe, subscription)).map(({ status }) => status)).toEqual(["paid", "void", "void"]);

  await stripe.subscriptions.update(id, { ...upgrade, cancel_at_period_end: true });
  const events = await eventsOf(stripe, () => stripe.subscriptions.update(id, { cancel_at_period_end: false }));
  expect(events).toEqual(["customer.updated", "invoice.voided", expired, updated, updated]);
});

test("a phase that begins gives up an update that waits", async () => {
  const sandbox = await openSandbox(inApril);
  const { stripe } = sandbox;
  const { upgrade, id } = await refusing(sandbox, "pm_card_chargeCustomerFail");
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: id });
  await stripe.subscriptions.update(id, upgrade);
  const [phase] = schedule.phases;
  const now = Math.floor(sandbox.now().getTime() / 1000);
  const items = [{ price: String(phase?.items[0]?.price), quantity: 1 }];
  await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      { start_date: Number(phase?.start_date), end_date: now + 3600, items },
      { end_date: now + 40 * day, items, metadata: { phase: "2" } },
    ],
  });
  const events = await eventsOf(stripe, () => moveTo(sandbox, now + 3600));
  expect(events).toEqual(expect.arrayContaining(["invoice.voided", expired]));
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ pending_update: null, status: "active" });
});

test("what Stripe does not hold back is refused, and so is an update of what is sent", async () => {
  const sandbox = await openSandbox(inApril);
  const { stripe } = sandbox;
  const { upgrade, id } = await refusing(sandbox, "pm_card_chargeCustomerFail");
  await expect(stripe.subscriptions.update(id, { ...upgrade, description: "Ours" })).rejects.toMatchObject({
    statusCode: 400,
    param: "description",
  });
  const sent = await subscribed(sandbox, { collection_method: "send_invoice", days_until_due: 30 });
  await expect(
    stripe.subscriptions.update(sent.id, { ...upgrade, items: [{ id: String(sent.items.data[0]?.id), quantity: 2 }] }),
  ).rejects.toMatchObject({ statusCode: 400, param: "payment_behavior" });
});

test("an invoice that was voided, or that only a change waits for, leaves the one before to count", async () => {
  const sandbox = await openSandbox(inApril);
  const { stripe } = sandbox;
  const { subscription, upgrade, id, end } = await refusing(sandbox, "pm_card_chargeCustomerFail");
  await stripe.subscriptions.update(id, { ...upgrade, payment_behavior: "allow_incomplete" });
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: "past_due" });
  await stripe.invoices.voidInvoice((await latest(stripe, id)).id);
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: "active" });

  await moveTo(sandbox, end + 3600);
  const renewal = await latest(stripe, id);
  await stripe.subscriptions.update(id, { ...upgrade, items: [{ ...upgrade.items[0], quantity: 5 }] });
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: "past_due" });
  await stripe.invoices.pay(renewal.id, { paid_out_of_band: true });
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: "active", pending_update: {} });

  const waiting = await subscribed(sandbox, { card: null, payment_behavior: "default_incomplete" });
  await stripe.invoices.voidInvoice(String(waiting.latest_invoice));
  expect(await stripe.subscriptions.retrieve(waiting.id)).toMatchObject({ status: "incomplete_expired" });
  expect(subscription.status).toBe("active");
});
