import type Stripe from "stripe";
import { expect, test } from "vitest";
import { day, eventsOf, invoicesOf, moveTo, subscribed } from "./subscribed.js";
import { openSandbox, type TestSandbox } from "./support.js";

test("a trial is told of three days before it ends, and then charged after an hour", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const subscription = await subscribed(sandbox, { trial_period_days: 5 });
  const end = Number(subscription.trial_end);
  expect(await eventsOf(stripe, () => moveTo(sandbox, end - 3 * day - 1))).toEqual([]);
  expect(await eventsOf(stripe, () => moveTo(sandbox, end - 3 * day))).toEqual([
    "customer.subscription.trial_will_end",
  ]);
  await moveTo(sandbox, end);
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe("active");
  await moveTo(sandbox, end + 3600);
  expect((await invoicesOf(stripe, subscription)).map(({ amount_paid }) => amount_paid)).toEqual([0, 2999]);
});

test("a trial shorter than three days is told of at once", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  await subscribed(sandbox, { trial_period_days: 1 });
  await sandbox.advance(1);
  const told = await stripe.events.list({ type: "customer.subscription.trial_will_end" });
  expect(told.data).toHaveLength(1);
});

async function afterTrial(
  sandbox: TestSandbox,
  missing: Stripe.SubscriptionCreateParams.TrialSettings.EndBehavior.MissingPaymentMethod,
): Promise<{ subscription: Stripe.Subscription; events: string[] }> {
  const { id, trial_end } = await subscribed(sandbox, {
    card: null,
    trial_period_days: 10,
    trial_settings: { end_behavior: { missing_payment_method: missing } },
  });
  const events = await eventsOf(sandbox.stripe, () => moveTo(sandbox, Number(trial_end) + 3600));
  return { subscription: await sandbox.stripe.subscriptions.retrieve(id), events };
}

test("a trial that ends without a card is canceled, if that was asked", async () => {
  const { subscription, events } = await afterTrial(await openSandbox(), "cancel");
  expect(subscription.status).toBe("canceled");
  expect(events).toContain("customer.subscription.deleted");
});

test("or paused: nothing is invoiced", async () => {
  const sandbox = await openSandbox();
  const { subscription, events } = await afterTrial(sandbox, "pause");
  expect(subscription).toMatchObject({
    status: "paused",
    status_details: { paused: { subscription: { type: "trial_end_without_payment_method" } } },
  });
  expect(events).toContain("customer.subscription.paused");
  await sandbox.advance(90 * day);
  expect(await invoicesOf(sandbox.stripe, subscription)).toHaveLength(1);
});

test("or invoiced: the payment fails for want of a card", async () => {
  const sandbox = await openSandbox();
  const { subscription, events } = await afterTrial(sandbox, "create_invoice");
  expect(subscription.status).toBe("past_due");
  expect(events).toContain("invoice.payment_failed");
});

test.for([
  ["pause", "paused"],
  ["cancel", "canceled"],
] as const)("a trial ended now without a card does what was asked: to %s", async ([missing, status]) => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const { id } = await subscribed(sandbox, {
    card: null,
    trial_period_days: 10,
    trial_settings: { end_behavior: { missing_payment_method: missing } },
  });
  expect(await stripe.subscriptions.update(id, { trial_end: "now" })).toMatchObject({ status });
  expect((await stripe.invoices.list({ subscription: id })).data.map(({ total }) => total)).toEqual([0]);
});
