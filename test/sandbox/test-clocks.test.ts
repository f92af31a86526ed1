import { expect, test } from "vitest";
import { at, day, eventsOf, invoicesOf, periodOf } from "./subscribed.js";
import { monthlyPrice, openSandbox } from "./support.js";

const start = at("2030-01-31T09:00:00Z");

async function onClock() {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: start, name: "Years ahead" });
  const customer = await stripe.customers.create({ test_clock: clock.id });
  const card = await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
  const price = await monthlyPrice(stripe);
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    default_payment_method: card.id,
  });
  return { sandbox, stripe, clock, customer, subscription };
}

test("what is on a test clock lives by its time, and no other", async () => {
  const { sandbox, stripe, clock, customer, subscription } = await onClock();
  expect(customer).toMatchObject({ created: start, test_clock: clock.id });
  expect(subscription).toMatchObject({ created: start, test_clock: clock.id });
  expect(periodOf(subscription)).toEqual({ start, end: at("2030-02-28T09:00:00Z") });
  await sandbox.advance(20 * day);
  expect(await invoicesOf(stripe, subscription)).toHaveLength(1);

  await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: at("2030-02-28T10:00:00Z") });
  const advancing = await stripe.testHelpers.testClocks.advance(clock.id, {
    frozen_time: at("2030-03-31T10:00:00Z"),
  });
  expect(advancing.status).toBe("advancing");
  expect(await stripe.testHelpers.testClocks.retrieve(clock.id)).toMatchObject({
    status: "ready",
    frozen_time: at("2030-03-31T10:00:00Z"),
  });
  const invoices = await invoicesOf(stripe, subscription);
  expect(invoices.map(({ created }) => created)).toEqual([
    start,
    at("2030-02-28T09:00:00Z"),
    at("2030-03-31T09:00:00Z"),
  ]);
  expect(invoices.map(({ status }) => status)).toEqual(["paid", "paid", "paid"]);
  expect(invoices.every(({ test_clock }) => test_clock === clock.id)).toBe(true);
});

test("a clock goes forward only, and no further than two intervals", async () => {
  const { stripe, clock } = await onClock();
  for (const frozen_time of [start, start - day, at("2030-04-01T09:00:00Z")]) {
    await expect(stripe.testHelpers.testClocks.advance(clock.id, { frozen_time })).rejects.toMatchObject({
      statusCode: 400,
      param: "frozen_time",
    });
  }
});

test("a clock has at most three customers, and takes them with it when it is deleted", async () => {
  const { stripe, clock, customer, subscription } = await onClock();
  await stripe.customers.create({ test_clock: clock.id });
  await stripe.customers.create({ test_clock: clock.id });
  await expect(stripe.customers.create({ test_clock: clock.id })).rejects.toThrow("at most 3");
  expect((await stripe.customers.list({ test_clock: clock.id })).data).toHaveLength(3);

  const events = await eventsOf(stripe, () => stripe.testHelpers.testClocks.del(clock.id));
  expect(events).toContain("test_helpers.test_clock.deleted");
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ deleted: true });
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe("canceled");
});
