import { expect, test } from "vitest";
import { eventTypes, openSandbox } from "./support.js";

test("a balance is the sum of its entries, whoever makes them", async () => {
  const { stripe } = await openSandbox();
  const { id } = await stripe.customers.create({ balance: -500 });
  const entry = await stripe.customers.createBalanceTransaction(id, {
    amount: -1500,
    currency: "usd",
    description: "Goodwill",
  });
  expect(entry).toMatchObject({ type: "adjustment", amount: -1500, ending_balance: -2000, customer: id });
  await stripe.customers.update(id, { balance: 100 });
  const { data } = await stripe.customers.listBalanceTransactions(id);
  expect(data.map(({ amount, type, ending_balance }) => [type, amount, ending_balance])).toEqual([
    ["adjustment", 2100, 100],
    ["adjustment", -1500, -2000],
    ["initial", -500, -500],
  ]);
  expect(await stripe.customers.retrieve(id)).toMatchObject({ balance: 100, currency: "usd" });
  expect(await eventTypes(stripe)).toEqual(["customer.created", "customer.updated", "customer.updated"]);

  await stripe.customers.updateBalanceTransaction(id, entry.id, { metadata: { ticket: "7" } });
  expect(await stripe.customers.retrieveBalanceTransaction(id, entry.id)).toMatchObject({
    description: "Goodwill",
    metadata: { ticket: "7" },
  });
});

test("a balance is in one currency", async () => {
  const { stripe } = await openSandbox();
  const { id } = await stripe.customers.create();
  await stripe.customers.createBalanceTransaction(id, { amount: 5, currency: "JPY" });
  await expect(stripe.customers.createBalanceTransaction(id, { amount: 5, currency: "usd" })).rejects.toThrow("jpy");
});
