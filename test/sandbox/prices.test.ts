import { expect, test } from "vitest";
import { invoicesOf, subscribed } from "./subscribed.js";
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

test("a price can be described instead of named, and is not for sale to others", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const product = await stripe.products.create({ name: "Studio", unit_label: "seat" });
  const subscription = await subscribed(sandbox, {
    items: [
      {
        price_data: { currency: "usd", product: product.id, unit_amount: 700, recurring: { interval: "month" } },
        quantity: 2,
      },
    ],
  });
  const [item] = subscription.items.data;
  expect(item?.price).toMatchObject({ active: false, unit_amount: 700, product: product.id });
  const [first] = await invoicesOf(stripe, subscription);
  expect(first).toMatchObject({
    total: 1400,
    lines: { data: [{ description: "2 seat × Studio (at $7.00 / month)" }] },
  });

  const changed = await stripe.subscriptions.update(subscription.id, {
    items: [
      {
        id: item?.id ?? "",
        price_data: { currency: "usd", product: product.id, unit_amount: 900, recurring: { interval: "month" } },
      },
    ],
    proration_behavior: "none",
  });
  expect(changed.items.data[0]).toMatchObject({ id: item?.id, price: { unit_amount: 900 }, quantity: 2 });

  await expect(subscribed(sandbox, { items: [{ price: item?.price.id ?? "" }] })).rejects.toMatchObject({
    statusCode: 400,
    param: "items[0][price]",
    message: expect.stringContaining("inactive"),
  });
  await expect(subscribed(sandbox, { items: [{ quantity: 1 }] })).rejects.toMatchObject({ param: "items[0][price]" });
});

test("Checkout sells what was described on the spot, of a new product too", async () => {
  const { stripe } = await openSandbox();
  const session = await stripe.checkout.sessions.create({
    mode: "payment",
    line_items: [
      { price_data: { currency: "eur", product_data: { name: "Workshop" }, unit_amount: 4900 }, quantity: 2 },
    ],
    success_url: "https://example.com/",
  });
  expect(session).toMatchObject({ amount_total: 9800, currency: "eur" });
  const { data } = await stripe.checkout.sessions.listLineItems(session.id);
  expect(data[0]).toMatchObject({ description: "Workshop", amount_total: 9800, price: { active: false } });
  await expect(
    stripe.checkout.sessions.create({
      mode: "payment",
      line_items: [{ price_data: { currency: "eur", unit_amount: 4900 }, quantity: 2 }],
      success_url: "https://example.com/",
    }),
  ).rejects.toMatchObject({ statusCode: 400, param: "line_items[0][price_data][product]" });
});
