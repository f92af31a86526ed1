import { expect, test } from "vitest";
import { day, eventsOf, invoicesOf, moveTo, periodOf, subscribed } from "./subscribed.js";
import { openSandbox } from "./support.js";

test("an invoice by hand: an item, a draft, finalized, paid", async () => {
  const { stripe } = await openSandbox();
  const { id: customer } = await stripe.customers.create();
  const card = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: card.id } });
  const item = await stripe.invoiceItems.create({ customer, amount: 1000, currency: "usd", description: "Setup" });
  const draft = await stripe.invoices.create({ customer, pending_invoice_items_behavior: "include" });
  expect(draft).toMatchObject({ status: "draft", total: 1000, auto_advance: false, billing_reason: "manual" });
  expect(draft.lines.data[0]).toMatchObject({
    description: "Setup",
    parent: { invoice_item_details: { invoice_item: item.id } },
  });
  await stripe.invoiceItems.create({ customer, amount: 500, currency: "usd", invoice: draft.id });
  const open = await stripe.invoices.finalizeInvoice(draft.id);
  expect(open).toMatchObject({ status: "open", amount_due: 1500, number: expect.stringMatching(/-0001$/) });
  const paid = await stripe.invoices.pay(draft.id);
  expect(paid).toMatchObject({ status: "paid", amount_paid: 1500, attempt_count: 1 });
  await expect(stripe.invoices.pay(draft.id)).rejects.toThrow("already paid");
  const [payment] = (await stripe.invoicePayments.list({ invoice: draft.id })).data;
  expect(payment).toMatchObject({ status: "paid", amount_paid: 1500 });
});

test("an amount on an invoice item stands for a price that is not for sale, the same for the same", async () => {
  const { stripe } = await openSandbox();
  const { id: customer } = await stripe.customers.create();
  const fee = { customer, amount: 1000, currency: "usd", description: "Setup" };
  const one = await stripe.invoiceItems.create(fee);
  const other = await stripe.invoiceItems.create(fee);
  const dearer = await stripe.invoiceItems.update(other.id, { amount: 1200 });
  expect(dearer).toMatchObject({ amount: 1200, net_amount: 1200 });
  const again = await stripe.invoiceItems.create(fee);
  expect(again.pricing).toEqual(one.pricing);
  expect(dearer.pricing?.price_details?.price).not.toBe(one.pricing?.price_details?.price);
  const { price, product } = one.pricing?.price_details ?? {};
  expect(await stripe.prices.retrieve(String(price))).toMatchObject({
    active: false,
    type: "one_time",
    unit_amount: 1000,
  });
  expect(await stripe.products.retrieve(String(product))).toMatchObject({ active: false, name: "Setup" });

  const hours = await stripe.prices.create({ currency: "usd", unit_amount: 250, product_data: { name: "Hours" } });
  const item = await stripe.invoiceItems.create({ customer, pricing: { price: hours.id }, quantity: 3 });
  expect(item).toMatchObject({ amount: 750, description: "Hours", quantity: 3 });
  await expect(stripe.invoiceItems.create({ ...fee, pricing: { price: hours.id } })).rejects.toMatchObject({
    statusCode: 400,
    param: "amount",
  });
});

test("with nothing pending a draft is empty, and paying it asks nobody", async () => {
  const { stripe } = await openSandbox();
  const { id: customer } = await stripe.customers.create();
  const draft = await stripe.invoices.create({ customer });
  expect(await stripe.invoices.pay(draft.id)).toMatchObject({ status: "paid", amount_due: 0, attempt_count: 0 });
});

test("what is pending for a customer comes with the next renewal", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const subscription = await subscribed(sandbox);
  const customer = String(subscription.customer);
  await stripe.invoiceItems.create({ customer, amount: 700, currency: "usd" });
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
  await moveTo(sandbox, periodOf(subscription).end + 3600);
  const [, renewal] = await invoicesOf(stripe, subscription);
  expect(renewal?.total).toBe(3699);
  expect(preview.total).toBe(3699);
  expect((await stripe.invoiceItems.list({ customer, pending: true })).data).toEqual([]);
});

test("a renewal nobody could pay is paid by hand with another card, and the subscription is active again", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const subscription = await subscribed(sandbox);
  const customer = String(subscription.customer);
  const broken = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer });
  await stripe.subscriptions.update(subscription.id, { default_payment_method: broken.id });
  await moveTo(sandbox, periodOf(subscription).end + 3600);
  const [, failed] = await invoicesOf(stripe, subscription);
  await expect(stripe.invoices.pay(String(failed?.id))).rejects.toMatchObject({
    statusCode: 402,
    code: "card_declined",
  });
  const good = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  await stripe.invoices.pay(String(failed?.id), { payment_method: good.id });
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe("active");
});

test("a voided invoice gives the credit back that it used up", async () => {
  const { stripe } = await openSandbox();
  const { id: customer } = await stripe.customers.create();
  await stripe.invoiceItems.create({ customer, amount: -300, currency: "usd" });
  const credit = await stripe.invoices.create({ customer, pending_invoice_items_behavior: "include" });
  await stripe.invoices.finalizeInvoice(credit.id);
  await stripe.invoiceItems.create({ customer, amount: 1000, currency: "usd" });
  const draft = await stripe.invoices.create({ customer, pending_invoice_items_behavior: "include" });
  expect(await stripe.invoices.finalizeInvoice(draft.id)).toMatchObject({ amount_due: 700 });
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: 0 });
  expect(await stripe.invoices.voidInvoice(draft.id)).toMatchObject({ status: "void" });
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: -300 });
});

test("an invoice can be given up on, and paid all the same", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const { id: customer } = await stripe.customers.create();
  await stripe.invoiceItems.create({ customer, amount: 1000, currency: "usd" });
  const draft = await stripe.invoices.create({ customer, pending_invoice_items_behavior: "include" });
  await stripe.invoices.finalizeInvoice(draft.id);
  const events = await eventsOf(stripe, () => stripe.invoices.markUncollectible(draft.id));
  expect(events).toEqual(["invoice.marked_uncollectible"]);
  expect(await stripe.invoices.pay(draft.id, { paid_out_of_band: true })).toMatchObject({ status: "paid" });
});

test("a draft left to itself is finalized and paid after an hour", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const subscription = await subscribed(sandbox);
  const customer = String(subscription.customer);
  await stripe.customers.update(customer, {
    invoice_settings: { default_payment_method: String(subscription.default_payment_method) },
  });
  await stripe.invoiceItems.create({ customer, amount: 1000, currency: "usd" });
  const draft = await stripe.invoices.create({
    customer,
    auto_advance: true,
    pending_invoice_items_behavior: "include",
  });
  await sandbox.advance(3601);
  expect(await stripe.invoices.retrieve(draft.id)).toMatchObject({ status: "paid", amount_paid: 1000 });
  await sandbox.advance(day);
});
