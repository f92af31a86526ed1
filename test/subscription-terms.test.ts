import { expect } from "vitest";
import { startTestApp, test } from "./support/app.js";
import { subscriptionOf } from "./support/objects.js";
import { quiet } from "./support/quiet.js";

test("a discount of an amount says which, and is gone when it has stopped", async () => {
  const { app, stop } = await startTestApp();
  const coupon = await app.stripe.coupons.create({
    amount_off: 300,
    currency: "usd",
    duration: "repeating",
    duration_in_months: 2,
    name: "Welcome",
  });
  const gil = app.person("gil");
  await app.stripe.promotionCodes.create({ promotion: { type: "coupon", coupon: coupon.id }, code: "HELLO" });
  await gil.buy("starter", { promotionCode: "HELLO" });
  const ask = async () =>
    (await gil.ask("{ currentSubscription { discount { name percentOff amountOff { formatted } endsAt } } }"))
      .currentSubscription.discount;
  const discount = await ask();
  expect(discount).toEqual({
    name: "HELLO",
    percentOff: null,
    amountOff: { formatted: "$3.00" },
    endsAt: expect.stringMatching(/Z$/),
  });
  await app.sandbox.setClock(new Date(discount.endsAt));
  expect(await ask()).toBeNull();
  await stop();
});

test("a change of plan that Stripe holds ready shows with its price, tier and date", async ({ app }) => {
  const nat = await app.customerOn("professional", "nat");
  const subscription = await subscriptionOf(app, "nat");
  const [starter] = (await app.stripe.prices.list({ lookup_keys: ["starter_month_usd", "starter_month"] })).data;
  const [item] = subscription.items.data;
  const end = Number(item?.current_period_end);
  const { id } = await app.stripe.subscriptionSchedules.create({ from_subscription: subscription.id });
  await app.stripe.subscriptionSchedules.update(id, {
    end_behavior: "release",
    phases: [
      { items: [{ price: String(item?.price.id), quantity: 1 }], start_date: subscription.start_date, end_date: end },
      { items: [{ price: String(starter?.id), quantity: 1 }], duration: { interval: "month", interval_count: 1 } },
    ],
  });
  await quiet(app);
  const pending =
    "{ currentSubscription { tier { slug } pendingChange { effectiveAt tier { slug } price { unitAmount { amount } } } } }";
  expect((await nat.ask(pending)).currentSubscription).toEqual({
    tier: { slug: "professional" },
    pendingChange: {
      effectiveAt: new Date(end * 1000).toISOString(),
      tier: { slug: "starter" },
      price: { unitAmount: { amount: 999 } },
    },
  });
});

test("what may be done is told to who may do it, and of a subscription that is over little is left", async ({
  app,
}) => {
  const oli = await app.customerOn("starter", "oli");
  const { customer } = (await oli.ask("{ viewer { customer { id subscription { id } } } }")).viewer;
  const query = "query ($id: ID!) { node(id: $id) { ... on BillingSubscription { availableActions } } }";
  const actionsFor = async (person = oli) => (await person.ask(query, customer.subscription)).node.availableActions;
  expect(await actionsFor()).toEqual(["CANCEL", "CHANGE_PLAN", "OPEN_PORTAL", "PAUSE", "UPDATE_PAYMENT_METHOD"]);
  // The rest is for the customer to do.
  expect(await actionsFor(app.person("backend", { role: "service" }))).toEqual([
    "OPEN_PORTAL",
    "UPDATE_PAYMENT_METHOD",
  ]);
  expect(await actionsFor(app.person("staff", { role: "admin" }))).toEqual([]);
  await app.stripe.subscriptions.cancel((await subscriptionOf(app, "oli")).id);
  await quiet(app);
  expect(await actionsFor()).toEqual(["OPEN_PORTAL"]);
});
