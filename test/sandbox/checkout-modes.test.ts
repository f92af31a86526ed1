import type Stripe from "stripe";
import { expect, test } from "vitest";
import { eventTypes, monthlyPrice, openSandbox, pay, post } from "./support.js";

const addresses = { success_url: "http://shop.test/done", cancel_url: "http://shop.test/plans" };

async function oneTimePrice(stripe: Stripe): Promise<string> {
  return (await stripe.prices.create({ currency: "usd", unit_amount: 1500, product_data: { name: "Book" } })).id;
}

test("a payment of one-time prices leaves no subscription, no invoice and no customer behind", async () => {
  const { stripe } = await openSandbox();
  const session = await stripe.checkout.sessions.create({
    ...addresses,
    mode: "payment",
    line_items: [{ price: await oneTimePrice(stripe), quantity: 2 }],
  });
  expect(session).toMatchObject({ amount_total: 3000, customer_creation: "if_required", payment_intent: null });
  expect(await (await fetch(session.url ?? "")).text()).toContain("Pay $30.00");
  expect((await pay(session.url ?? "")).headers.get("location")).toBe("http://shop.test/done");
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["payment_intent"] });
  expect(done).toMatchObject({
    status: "complete",
    payment_status: "paid",
    customer: null,
    subscription: null,
    invoice: null,
    payment_intent: { status: "succeeded", amount_received: 3000, customer: null, setup_future_usage: null },
  });
  expect((await eventTypes(stripe)).slice(-4)).toEqual([
    "charge.succeeded",
    "payment_intent.succeeded",
    "payment_intent.created",
    "checkout.session.completed",
  ]);
  expect((await stripe.customers.list()).data).toEqual([]);
});

test("a payment makes a customer when told to", async () => {
  const { stripe } = await openSandbox();
  const session = await stripe.checkout.sessions.create({
    ...addresses,
    mode: "payment",
    customer_creation: "always",
    customer_email: "ada@example.com",
    line_items: [{ price: await oneTimePrice(stripe) }],
  });
  await pay(session.url ?? "");
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["customer", "payment_intent"] });
  expect(done).toMatchObject({
    customer: { email: "ada@example.com" },
    payment_intent: { customer: expect.any(String) },
  });
});

test("a session without a purchase saves a card, after the bank's question", async () => {
  const { stripe } = await openSandbox();
  const { id: customer } = await stripe.customers.create();
  const session = await stripe.checkout.sessions.create({ ...addresses, mode: "setup", currency: "usd", customer });
  expect(session).toMatchObject({
    amount_total: null,
    discounts: null,
    payment_status: "no_payment_required",
    setup_intent: expect.stringMatching(/^seti_/),
  });
  const url = session.url ?? "";
  expect(await (await fetch(url)).text()).toContain("Save card");
  expect(await (await pay(url, { number: "4000 0025 0000 3155" })).text()).toContain("3-D Secure");
  expect((await post(url, { action: "authorize" })).headers.get("location")).toBe("http://shop.test/done");
  expect(await stripe.checkout.sessions.retrieve(session.id, { expand: ["setup_intent"] })).toMatchObject({
    status: "complete",
    setup_intent: { status: "succeeded", customer, payment_method: expect.any(String) },
  });
  expect((await stripe.paymentMethods.list({ customer })).data).toHaveLength(1);
  expect((await eventTypes(stripe)).slice(-4)).toEqual([
    "setup_intent.created",
    "payment_method.attached",
    "setup_intent.succeeded",
    "checkout.session.completed",
  ]);
});

test("what belongs to another mode is refused by name", async () => {
  const { stripe } = await openSandbox();
  const create = (params: Stripe.Checkout.SessionCreateParams) =>
    stripe.checkout.sessions.create({ ...addresses, ...params });
  const monthly = [{ price: (await monthlyPrice(stripe)).id, quantity: 1 }];
  const once = [{ price: await oneTimePrice(stripe), quantity: 1 }];
  await expect(create({ mode: "payment", line_items: monthly })).rejects.toThrow("passed a recurring price");
  await expect(create({ mode: "subscription", line_items: once })).rejects.toThrow("at least one recurring price");
  await expect(create({ mode: "setup", line_items: once })).rejects.toThrow("cannot be used in `setup` mode");
  await expect(
    create({ mode: "subscription", line_items: monthly, customer_creation: "always" }),
  ).rejects.toMatchObject({ param: "customer_creation" });
  await expect(
    create({ mode: "payment", line_items: once, subscription_data: { description: "x" } }),
  ).rejects.toMatchObject({ param: "subscription_data" });
});

test("the command line tool's way to pay a session works as well", async () => {
  const { url, stripe } = await openSandbox();
  const session = await stripe.checkout.sessions.create({
    ...addresses,
    mode: "payment",
    line_items: [{ price: await oneTimePrice(stripe), quantity: 1 }],
  });
  const confirm = (fields: Record<string, string>) =>
    fetch(`${url}/v1/payment_pages/${session.id}/confirm`, {
      method: "POST",
      headers: { authorization: "Bearer sk_test_x" },
      body: new URLSearchParams(fields),
    });
  expect((await confirm({ payment_method: "pm_card_visa", expected_amount: "1" })).status).toBe(400);
  expect((await confirm({ payment_method: "pm_card_chargeDeclined", expected_amount: "1500" })).status).toBe(402);
  expect((await confirm({ payment_method: "pm_card_visa", expected_amount: "1500" })).status).toBe(200);
  expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({ status: "complete" });
});
