import type Stripe from "stripe";
import { expect, test } from "vitest";
import { eventTypes, monthlyPrice, openSandbox } from "./support.js";

const sum = { amount: 1000, currency: "usd" };

test("a token is charged, the charge described later, held money captured", async () => {
  const { stripe } = await openSandbox();
  const charge = await stripe.charges.create({ ...sum, source: "tok_visa", metadata: { a: "b" } });
  expect(charge).toMatchObject({
    paid: true,
    payment_intent: null,
    source: { object: "card", brand: "Visa", last4: "4242" },
    balance_transaction: expect.stringMatching(/^txn_/),
  });
  const updated = await stripe.charges.update(charge.id, {
    description: "Seven seats",
    fraud_details: { user_report: "safe" },
    metadata: { c: "d" },
  });
  expect(updated).toMatchObject({ description: "Seven seats", metadata: { a: "b", c: "d" } });

  const held = await stripe.charges.create({ ...sum, source: "tok_visa", capture: false });
  expect(held).toMatchObject({ captured: false, amount_captured: 0 });
  expect(await stripe.charges.capture(held.id, { amount: 400 })).toMatchObject({
    captured: true,
    amount_captured: 400,
    amount_refunded: 600,
  });
  await expect(stripe.charges.capture(held.id)).rejects.toMatchObject({ code: "charge_already_captured" });
  expect(await eventTypes(stripe)).toEqual([
    "charge.succeeded",
    "charge.updated",
    "charge.succeeded",
    "charge.captured",
  ]);
});

test("a declined token is a 402 that names the charge on record", async () => {
  const { stripe } = await openSandbox();
  const refused = await stripe.charges.create({ ...sum, source: "tok_chargeDeclined" }).catch((error) => error);
  expect(refused).toMatchObject({ statusCode: 402, code: "card_declined", decline_code: "generic_decline" });
  const failed: Stripe.Charge = await stripe.charges.retrieve(refused.charge);
  expect(failed).toMatchObject({ status: "failed", paid: false, failure_code: "card_declined" });
  await expect(stripe.charges.create({ ...sum, source: "tok_unknown" })).rejects.toThrow("No such token");
  await expect(stripe.charges.create(sum)).rejects.toThrow("Must provide source or customer");
});

test("a customer's source pays charges and subscriptions", async () => {
  const { stripe } = await openSandbox();
  const poor = await stripe.customers.create();
  await expect(stripe.charges.create({ ...sum, customer: poor.id })).rejects.toMatchObject({ code: "missing" });
  await expect(stripe.customers.create({ source: "tok_chargeDeclined" })).rejects.toMatchObject({ statusCode: 402 });
  const customer = await stripe.customers.create({ source: "tok_visa" });
  expect(customer.default_source).toMatch(/^card_/);
  expect(await stripe.charges.create({ ...sum, customer: customer.id })).toMatchObject({ customer: customer.id });
  const price = await monthlyPrice(stripe);
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  expect(subscription.status).toBe("active");
});
