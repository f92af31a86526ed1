import { expect, test } from "vitest";
import { day, eventsOf, invoicesOf, moveTo, periodOf, subscribed } from "./subscribed.js";
import { monthlyPrice, openSandbox } from "./support.js";

test("a subscription whose invoices are sent runs at once, and each invoice is sent an hour after it was made", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const begun = await subscribed(sandbox, { card: null, collection_method: "send_invoice", days_until_due: 14 });
  expect(begun).toMatchObject({ status: "active", collection_method: "send_invoice", days_until_due: 14 });
  const [draft] = await invoicesOf(stripe, begun);
  expect(draft).toMatchObject({ status: "draft", amount_due: 2999, due_date: begun.start_date + 14 * day });

  const types = await eventsOf(stripe, () => sandbox.advance(3600));
  expect(types).toEqual(["invoice.finalized", "payment_intent.created", "invoice.sent"]);
  const [sent] = await invoicesOf(stripe, begun);
  expect(sent).toMatchObject({ status: "open", attempt_count: 0, next_payment_attempt: null });

  await stripe.invoices.pay(sent?.id ?? "", { payment_method: await cardOf(sandbox.stripe, begun) });
  const later = await eventsOf(stripe, () => moveTo(sandbox, periodOf(begun).end + 3600));
  expect(later).not.toContain("invoice.upcoming");
  expect(later).toContain("invoice.sent");
  const [, second] = await invoicesOf(stripe, begun);
  expect(second).toMatchObject({ status: "open", due_date: periodOf(begun).end + 14 * day });
});

test("what is not paid when it is due leaves the subscription past due and its customer delinquent, until it is paid", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const { id, customer } = await subscribed(sandbox, {
    card: null,
    collection_method: "send_invoice",
    days_until_due: 7,
  });
  const types = await eventsOf(stripe, () => sandbox.advance(7 * day));
  expect(types.slice(-2)).toEqual(["customer.updated", "customer.subscription.updated"]);
  const owing = await stripe.subscriptions.retrieve(id, { expand: ["customer"] });
  expect(owing).toMatchObject({ status: "past_due", customer: { delinquent: true } });

  const [invoice] = await invoicesOf(stripe, { id });
  expect(invoice?.status).toBe("open");
  await stripe.invoices.pay(invoice?.id ?? "", { paid_out_of_band: true });
  const settled = await stripe.subscriptions.retrieve(id, { expand: ["customer"] });
  expect(settled).toMatchObject({ status: "active", customer: { id: customer, delinquent: false } });
});

test("an invoice by hand is sent when it is told to, and again", async () => {
  const { stripe } = await openSandbox();
  const { id: customer } = await stripe.customers.create();
  await stripe.invoiceItems.create({ customer, amount: 5000, currency: "usd", description: "Set-up" });
  const draft = await stripe.invoices.create({
    customer,
    collection_method: "send_invoice",
    days_until_due: 30,
    pending_invoice_items_behavior: "include",
  });
  const sent = await stripe.invoices.sendInvoice(draft.id);
  expect(sent).toMatchObject({ status: "open", due_date: draft.created + 30 * day, amount_due: 5000 });
  expect(await eventsOf(stripe, () => stripe.invoices.sendInvoice(draft.id))).toEqual(["invoice.sent"]);
  const { payments } = await stripe.invoices.retrieve(draft.id, { expand: ["payments"] });
  expect(payments?.data).toMatchObject([{ status: "open", payment: { type: "payment_intent" } }]);

  const charged = await stripe.invoices.create({ customer });
  await expect(stripe.invoices.sendInvoice(charged.id)).rejects.toMatchObject({ statusCode: 400 });
  const moved = await stripe.invoices.update(charged.id, { collection_method: "send_invoice", days_until_due: 3 });
  expect(moved.due_date).toBe(charged.created + 3 * day);
  const due = await stripe.invoices.list({ customer, due_date: { lt: draft.created + 4 * day } });
  expect(due.data.map(({ id }) => id)).toEqual([charged.id]);
});

test("a change that is billed at once comes as a draft for an hour where invoices are sent", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const begun = await subscribed(sandbox, { card: null, collection_method: "send_invoice", days_until_due: 14 });
  await sandbox.advance(10 * day);
  const [item] = begun.items.data;
  const preview = await stripe.invoices.createPreview({
    subscription: begun.id,
    subscription_details: { items: [{ id: item?.id ?? "", quantity: 3 }], proration_behavior: "always_invoice" },
  });
  const changed = await stripe.subscriptions.update(begun.id, {
    items: [{ id: item?.id ?? "", quantity: 3 }],
    proration_behavior: "always_invoice",
  });
  expect(changed.status).toBe("active");
  const [, draft] = await invoicesOf(stripe, begun);
  expect(draft).toMatchObject({ status: "draft", total: preview.total, billing_reason: "subscription_update" });
  expect(await eventsOf(stripe, () => sandbox.advance(3600))).toContain("invoice.sent");
});

test("how invoices are collected changes from one to the next", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const begun = await subscribed(sandbox);
  await stripe.subscriptions.update(begun.id, { collection_method: "send_invoice", days_until_due: 5 });
  await moveTo(sandbox, periodOf(begun).end + 3600);
  const [, second] = await invoicesOf(stripe, begun);
  expect(second).toMatchObject({ status: "open", collection_method: "send_invoice" });
  const sent = await stripe.subscriptions.list({ collection_method: "send_invoice" });
  expect(sent.data.map(({ id }) => id)).toEqual([begun.id]);
  const back = await stripe.subscriptions.update(begun.id, { collection_method: "charge_automatically" });
  expect(back).toMatchObject({ collection_method: "charge_automatically", days_until_due: null });
});

test("without the days to pay in, or with them where a card is charged, a subscription is refused", async () => {
  const sandbox = await openSandbox();
  const price = await monthlyPrice(sandbox.stripe);
  const { id: customer } = await sandbox.stripe.customers.create();
  const items = [{ price: price.id }];
  const refused = [
    { collection_method: "send_invoice" },
    { days_until_due: 3 },
    { collection_method: "send_invoice", days_until_due: 3, payment_behavior: "default_incomplete" },
  ] as const;
  for (const terms of refused) {
    await expect(sandbox.stripe.subscriptions.create({ customer, items, ...terms })).rejects.toMatchObject({
      statusCode: 400,
      param: "payment_behavior" in terms ? "payment_behavior" : "days_until_due",
    });
  }
  expect((await sandbox.stripe.subscriptions.list({ customer })).data).toEqual([]);
});

async function cardOf(
  stripe: Awaited<ReturnType<typeof openSandbox>>["stripe"],
  { customer }: { customer: string | { id: string } },
): Promise<string> {
  const card = await stripe.paymentMethods.attach("pm_card_visa", { customer: String(customer) });
  return card.id;
}
