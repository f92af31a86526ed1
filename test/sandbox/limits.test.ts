import Stripe from "stripe";
import { expect, test } from "vitest";
import { control, monthlyPrice, openSandbox } from "./support.js";

const outcomes = async (requests: Promise<unknown>[]) =>
  (await Promise.allSettled(requests)).map((one) => (one.status === "fulfilled" ? "ok" : one.reason));

test("too many requests in a second are answered 429, which says which limit it was, and leave no trace", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  await control(sandbox, "POST", "/limits", { requests_per_second: 3, endpoint_requests_per_second: 2 });
  const [first, second, third, other, fifth] = await outcomes([
    stripe.customers.create({ name: "a" }),
    stripe.customers.create({ name: "b" }),
    stripe.customers.create({ name: "c" }, { idempotencyKey: "third" }),
    stripe.products.create({ name: "Thing" }),
    stripe.prices.list(),
  ]);
  expect([first, second, other]).toEqual(["ok", "ok", "ok"]);
  expect(third).toBeInstanceOf(Stripe.errors.StripeRateLimitError);
  expect(third).toMatchObject({ code: "rate_limit", headers: { "stripe-rate-limited-reason": "endpoint-rate" } });
  expect(fifth).toMatchObject({ headers: { "stripe-rate-limited-reason": "global-rate" } });

  await control(sandbox, "POST", "/limits", {});
  expect(await stripe.customers.create({ name: "c" }, { idempotencyKey: "third" })).toMatchObject({ name: "c" });
});

test("an object that another request is busy with can be locked: the second write is refused, and others are not", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const { id: customer } = await stripe.customers.create({ payment_method: "pm_card_visa" });
  const [card] = (await stripe.paymentMethods.list({ customer })).data;
  const { id: price } = await monthlyPrice(stripe);
  await control(sandbox, "POST", "/limits", { lock_timeouts: true });
  await control(sandbox, "POST", "/faults", { method: "POST", path: "/v1/subscriptions", delay_ms: 200 });
  const subscribing = stripe.subscriptions.create({
    customer,
    items: [{ price }],
    default_payment_method: card?.id ?? "",
  });
  const [update, read, another] = await outcomes([
    new Promise((resolve) => setTimeout(resolve, 60)).then(() => stripe.customers.update(customer, { name: "Ada" })),
    stripe.customers.retrieve(customer),
    stripe.customers.create({ name: "Bob" }),
  ]);
  expect(update).toMatchObject({ statusCode: 429, code: "lock_timeout" });
  expect([read, another]).toEqual(["ok", "ok"]);
  expect(await subscribing).toMatchObject({ status: "active" });
  expect(await stripe.customers.update(customer, { name: "Ada" })).toMatchObject({ name: "Ada" });
});
