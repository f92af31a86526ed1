import type Stripe from "stripe";
import { expect, test } from "vitest";
import { day, eventsOf, moveTo } from "./subscribed.js";
import { openCheckout, openSandbox, pay, post } from "./support.js";

type Missing = Stripe.Checkout.SessionCreateParams.SubscriptionData.TrialSettings.EndBehavior.MissingPaymentMethod;

/** A page for a trial of ten days that asks for a card only if something is due. */
function openTrial(stripe: Stripe, missing?: Missing): Promise<Stripe.Checkout.Session & { url: string }> {
  return openCheckout(stripe, {
    customer_email: "ada@example.com",
    payment_method_collection: "if_required",
    subscription_data: {
      trial_period_days: 10,
      ...(missing && { trial_settings: { end_behavior: { missing_payment_method: missing } } }),
    },
  });
}

async function onlySubscription(stripe: Stripe): Promise<Stripe.Subscription> {
  const [subscription] = (await stripe.subscriptions.list({ status: "all" })).data;
  if (!subscription) throw new Error("nobody has subscribed");
  return subscription;
}

test("a trial for which no card is wanted is begun by one press of a button", async () => {
  const { stripe } = await openSandbox();
  const session = await openTrial(stripe, "cancel");
  expect(session).toMatchObject({ payment_method_collection: "if_required", amount_total: 0 });
  const page = await (await fetch(session.url)).text();
  expect(page).toContain("No payment method is needed");
  expect(page).toContain("canceled when the trial ends");
  expect(page).not.toContain("Card number");

  const events = await eventsOf(stripe, () => post(session.url, { action: "pay" }));
  expect(events).toContain("checkout.session.completed");
  expect(events.filter((type) => /^(payment_method|setup_intent|payment_intent|charge)\./.test(type))).toEqual([]);
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["customer", "subscription", "invoice"] });
  expect(done).toMatchObject({
    status: "complete",
    payment_status: "no_payment_required",
    setup_intent: null,
    payment_intent: null,
    customer: { email: "ada@example.com", name: null, invoice_settings: { default_payment_method: null } },
    subscription: {
      status: "trialing",
      default_payment_method: null,
      pending_setup_intent: null,
      trial_settings: { end_behavior: { missing_payment_method: "cancel" } },
    },
    invoice: { status: "paid", amount_due: 0 },
  });
  expect((await post(session.url, { action: "pay" })).status).toBe(200);
  expect((await stripe.subscriptions.list()).data).toHaveLength(1);
});

test.for([
  ["cancel", "canceled"],
  ["pause", "paused"],
  [undefined, "past_due"],
] as const)("a trial begun without a card, told to %s, is %s when it ends", async ([missing, status]) => {
  const sandbox = await openSandbox();
  const session = await openTrial(sandbox.stripe, missing);
  await post(session.url, { action: "pay" });
  await sandbox.advance(10 * day + 2 * 3600);
  expect(await onlySubscription(sandbox.stripe)).toMatchObject({ status });
  expect((await sandbox.stripe.charges.list()).data).toEqual([]);
});

test("a trial begun without a card is charged to the one that its customer left before it ended", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  await post((await openTrial(stripe, "cancel")).url, { action: "pay" });
  const { customer, trial_end } = await onlySubscription(stripe);
  const { id } = await stripe.paymentMethods.attach("pm_card_visa", { customer: String(customer) });
  await stripe.customers.update(String(customer), { invoice_settings: { default_payment_method: id } });
  await moveTo(sandbox, Number(trial_end) + 2 * 3600);
  expect(await onlySubscription(stripe)).toMatchObject({ status: "active" });
  expect((await stripe.charges.list()).data).toMatchObject([{ amount: 2999, paid: true }]);
});

test("a card is asked for all the same where something is due, until a code takes all of it off", async () => {
  const { stripe } = await openSandbox();
  const coupon = await stripe.coupons.create({ percent_off: 100, duration: "once" });
  await stripe.promotionCodes.create({ code: "FREE", promotion: { type: "coupon", coupon: coupon.id } });
  const { url } = await openCheckout(stripe, {
    payment_method_collection: "if_required",
    customer_email: "ada@example.com",
    allow_promotion_codes: true,
  });
  expect(await (await fetch(url)).text()).toContain("Card number");
  expect((await post(url, { action: "pay" })).status).toBe(200);
  expect(await (await post(url, { action: "apply", promotion_code: "FREE" })).text()).not.toContain("Card number");
  expect((await post(url, { action: "pay" })).status).toBe(303);
  expect(await onlySubscription(stripe)).toMatchObject({ status: "active", default_payment_method: null });
});

test("a session says whether it always wants a card, which only one for a subscription may leave out", async () => {
  const { stripe } = await openSandbox();
  const usual = await openCheckout(stripe, { subscription_data: { trial_period_days: 10 } });
  expect(usual.payment_method_collection).toBe("always");
  expect((await pay(usual.url, { number: "" })).status).toBe(200);
  const setup = stripe.checkout.sessions.create({
    mode: "setup",
    currency: "usd",
    success_url: "http://shop.test/done",
    payment_method_collection: "if_required",
  });
  await expect(setup).rejects.toMatchObject({ param: "payment_method_collection" });
});
