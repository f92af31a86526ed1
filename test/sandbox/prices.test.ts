import { expect, test } from "vitest";
import { monthlyPrice, openSandbox } from "./support.js";

test("a product's default price cannot be archived until the product lets go of it", async () => {
  const { stripe } = await openSandbox();
  const price = await monthlyPrice(stripe);
  const product = String(price.product);
  await stripe.products.update(product, { default_price: price.id });
  await expect(stripe.prices.update(price.id, { active: false })).rejects.toMatchObject({
    statusCode: 400,
    message: "This price cannot be archived because it is the default price of its product.",
  });

  expect(await stripe.products.update(product, { default_price: "" })).toMatchObject({ default_price: null });
  expect(await stripe.prices.update(price.id, { active: false })).toMatchObject({ active: false });
});

test("a product takes no other product's price for its default", async () => {
  const { stripe } = await openSandbox();
  const [one, other] = [await monthlyPrice(stripe), await monthlyPrice(stripe)];
  await expect(stripe.products.update(String(one.product), { default_price: other.id })).rejects.toMatchObject({
    code: "resource_missing",
    param: "default_price",
  });
});

test("currencies can be added to a price and changed, but for the price's own", async () => {
  const { stripe } = await openSandbox();
  const { id } = await monthlyPrice(stripe);
  const options = async () =>
    (await stripe.prices.retrieve(id, { expand: ["currency_options"] })).currency_options ?? {};

  await stripe.prices.update(id, { currency_options: { eur: { unit_amount: 2799 } } });
  await stripe.prices.update(id, { currency_options: { jpy: { unit_amount: 4500 }, eur: { unit_amount: 2899 } } });
  const amounts = Object.entries(await options()).map(([currency, option]) => [currency, option.unit_amount]);
  expect(Object.fromEntries(amounts)).toEqual({ usd: 2999, eur: 2899, jpy: 4500 });

  await expect(stripe.prices.update(id, { currency_options: { usd: { unit_amount: 1 } } })).rejects.toMatchObject({
    statusCode: 400,
    param: "currency_options[usd]",
  });
});

test("whether tax is in a price can be said once", async () => {
  const { stripe } = await openSandbox();
  const { id } = await monthlyPrice(stripe);
  expect(await stripe.prices.update(id, { tax_behavior: "inclusive" })).toMatchObject({ tax_behavior: "inclusive" });
  await expect(stripe.prices.update(id, { tax_behavior: "exclusive" })).rejects.toMatchObject({
    statusCode: 400,
    param: "tax_behavior",
  });
});
