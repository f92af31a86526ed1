import { expect, test } from "vitest";
import { eventTypes, openSandbox } from "./support.js";

const expiry = { exp_month: 12, exp_year: 2099, cvc: "123" };

test("a card is made from a test number or a token; other numbers are refused as Stripe does", async () => {
  const { stripe } = await openSandbox();
  const create = (number: string, more: object = {}) =>
    stripe.paymentMethods.create({ type: "card", card: { number, ...expiry, ...more } });
  expect(await create("4242 4242 4242 4242")).toMatchObject({
    customer: null,
    card: { brand: "visa", last4: "4242", exp_month: 12, exp_year: 2099 },
  });
  const token = await stripe.paymentMethods.create({
    type: "card",
    card: { token: "tok_mastercard" },
    billing_details: { name: "Ada", address: { country: "GB" } },
  });
  expect(token).toMatchObject({ card: { brand: "mastercard" }, billing_details: { name: "Ada" } });
  await expect(create("4242424242424241")).rejects.toMatchObject({ statusCode: 402, code: "incorrect_number" });
  await expect(create("4485040371536584")).rejects.toMatchObject({ decline_code: "test_mode_live_card" });
  await expect(create("4242424242424242", { exp_month: 13 })).rejects.toMatchObject({ code: "invalid_expiry_month" });
  await expect(create("4242424242424242", { exp_year: 2001 })).rejects.toMatchObject({ code: "invalid_expiry_year" });
  await expect(stripe.paymentMethods.create({ type: "ideal" })).rejects.toThrow("does not support the parameter type");
});

test("a saved card can be changed; a removed one is nobody's for good and pays no more invoices", async () => {
  const { stripe } = await openSandbox();
  const { id: customer } = await stripe.customers.create();
  const { id } = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
  const changed = await stripe.paymentMethods.update(id, {
    billing_details: { email: "ada@example.com" },
    card: { exp_month: 1, exp_year: 2050 },
    metadata: { a: "b" },
  });
  expect(changed).toMatchObject({
    billing_details: { email: "ada@example.com", name: null },
    card: { exp_month: 1, exp_year: 2050 },
    metadata: { a: "b" },
  });
  await stripe.paymentMethods.detach(id);
  expect(await stripe.customers.retrieve(customer)).toMatchObject({
    invoice_settings: { default_payment_method: null },
  });
  await expect(stripe.paymentMethods.attach(id, { customer })).rejects.toThrow("may not be used again");
  await expect(stripe.paymentMethods.update(id, { metadata: {} })).rejects.toThrow("save this PaymentMethod");
  expect((await eventTypes(stripe)).slice(-3)).toEqual([
    "payment_method.updated",
    "payment_method.detached",
    "customer.updated",
  ]);
});
