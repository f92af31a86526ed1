import { test as base, expect } from "vitest";
import { startTestApp, type TestApp } from "./support/app.js";
import { pushChanged } from "./support/catalog.js";
import { subscriptionOf } from "./support/objects.js";
import type { Person } from "./support/person.js";
import { change, purchaseIsOver } from "./support/plans.js";
import { quiet } from "./support/quiet.js";
import { actsOn, newestPayment, staffOf } from "./support/staff-acts.js";
import { plantFault } from "./support/stripe.js";
import { expectStripesTruth } from "./support/truth.js";

const day = 24 * 60 * 60;

/** A service whose tiers begin with 14 free days. All have the same card. */
const test = base.extend<{ shop: TestApp }>({
  shop: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, stop } = await startTestApp({ environment: { TRIAL_ONCE: "account" } });
      await pushChanged(app, (definition) => ({
        ...definition,
        tiers: definition.tiers.map((tier) => ({ ...tier, trialDays: tier.isDefault || tier.isStaff ? 0 : 14 })),
      }));
      await use(app);
      await stop();
    },
    { scope: "file" },
  ],
});

const shown = "id status trialEndsAt currentPeriod { end }";

const extendMutation = `mutation ($input: AdminExtendTrialInput!) { adminExtendTrial(input: $input) {
  subscription { ${shown} } userErrors { code path } } }`;

async function extend(app: TestApp, subscriptionId: string, trialEndsAt: string, more: object = {}) {
  const input = { subscriptionId, trialEndsAt, reason: "was ill for a week", ...more };
  return (await staffOf(app).ask(extendMutation, { input })).adminExtendTrial;
}

async function trialOf(person: Person) {
  return (await person.ask(`{ currentSubscription { ${shown} } }`)).currentSubscription;
}

/** So many days from now, in whole seconds as Stripe counts. */
function inDays(app: TestApp, days: number): string {
  return new Date((Math.floor(app.now().getTime() / 1000) + days * day) * 1000).toISOString();
}

test("a trial is lengthened: nothing is charged before its new end, and then it is", async ({ shop: app }) => {
  const ada = await app.customerOn("professional", "ada");
  await quiet(app);
  const before = await trialOf(ada);
  const stream = await ada.subscribe(
    "subscription { currentSubscriptionUpdated { cause subscription { trialEndsAt } } }",
  );
  const later = inDays(app, 30);
  const { subscription, userErrors } = await extend(app, before.id, later);
  expect(userErrors).toEqual([]);
  expect(subscription).toEqual({
    id: before.id,
    status: "TRIALING",
    trialEndsAt: later,
    currentPeriod: { end: later },
  });
  expect((await stream.next()).data.currentSubscriptionUpdated).toEqual({
    cause: "ADMIN",
    subscription: { trialEndsAt: later },
  });
  expect(await actsOn(app, ada)).toEqual([
    {
      actor: "root",
      action: "trial.extend",
      reason: "was ill for a week",
      details: {
        subscription: before.id,
        before: { trialEndsAt: before.trialEndsAt },
        after: { trialEndsAt: later },
      },
    },
  ]);
  await app.control("POST", "/sandbox/clock", { advance_seconds: 20 * day });
  await quiet(app);
  expect(await trialOf(ada)).toMatchObject({ status: "TRIALING" });
  expect(await newestPayment(ada)).toBeUndefined();
  await app.control("POST", "/sandbox/clock", { advance_seconds: 11 * day });
  await quiet(app);
  expect(await trialOf(ada)).toMatchObject({ status: "ACTIVE" });
  expect(await newestPayment(ada)).toMatchObject({ status: "SUCCEEDED", amount: { amount: 2_999 } });
  await expectStripesTruth(app);
});

test("a trial is shortened, and charged when it ends", async ({ shop: app }) => {
  const bob = await app.customerOn("starter", "bob");
  const { id } = await trialOf(bob);
  const sooner = inDays(app, 2);
  expect((await extend(app, id, sooner)).subscription).toMatchObject({ status: "TRIALING", trialEndsAt: sooner });
  await app.control("POST", "/sandbox/clock", { advance_seconds: 3 * day });
  await quiet(app);
  expect(await trialOf(bob)).toMatchObject({ status: "ACTIVE" });
  expect(await newestPayment(bob)).toMatchObject({ status: "SUCCEEDED", amount: { amount: 999 } });
});

test("the same key moves it once, also when the answer was lost and others have moved it since", async ({
  shop: app,
}) => {
  const cleo = await app.customerOn("starter", "cleo");
  await purchaseIsOver(app, "cleo");
  const { id } = await trialOf(cleo);
  const path = `/v1/subscriptions/${(await subscriptionOf(app, "cleo")).id}`;
  const once = { idempotencyKey: "cleo-1" };
  const [first, second] = [inDays(app, 20), inDays(app, 25)];
  await plantFault(app, { method: "POST", path, times: 3, reset: true, after: true });
  await expect(extend(app, id, first, once)).rejects.toThrow();
  await app.control("DELETE", "/sandbox/faults");
  expect((await extend(app, id, second)).subscription).toMatchObject({ trialEndsAt: second });
  const again = await extend(app, id, first, once);
  expect(again).toMatchObject({ subscription: { trialEndsAt: second }, userErrors: [] });
  expect(await extend(app, id, first, once)).toEqual(again);
  expect((await trialOf(cleo)).trialEndsAt).toBe(second);
  expect(await actsOn(app, cleo)).toHaveLength(2);
  expect((await extend(app, id, second, once)).userErrors).toMatchObject([{ code: "IDEMPOTENCY_KEY_REUSED" }]);
});

test("a trial that Stripe fails to move is moved once: at once where it was all the same, else by the next try", async ({
  shop: app,
}) => {
  const finn = await app.customerOn("starter", "finn");
  await purchaseIsOver(app, "finn");
  const { id } = await trialOf(finn);
  const failing = { method: "POST", path: `/v1/subscriptions/${(await subscriptionOf(app, "finn")).id}`, status: 500 };
  const [first, second] = [inDays(app, 20), inDays(app, 25)];
  await plantFault(app, { ...failing, times: 3, after: true });
  expect((await extend(app, id, first, { idempotencyKey: "finn-1" })).subscription).toMatchObject({
    trialEndsAt: first,
  });
  await app.control("DELETE", "/sandbox/faults");

  await plantFault(app, { ...failing, times: 3 });
  await expect(extend(app, id, second, { idempotencyKey: "finn-2" })).rejects.toThrow();
  await app.control("DELETE", "/sandbox/faults");
  expect((await trialOf(finn)).trialEndsAt).toBe(first);
  const again = await extend(app, id, second, { idempotencyKey: "finn-2" });
  expect(again).toMatchObject({ subscription: { trialEndsAt: second }, userErrors: [] });
  expect(await extend(app, id, second, { idempotencyKey: "finn-2" })).toEqual(again);
  expect(await actsOn(app, finn)).toHaveLength(2);
  await expectStripesTruth(app);
});

test("only a trial that runs and goes on is moved, into the future and within Stripe's bounds", async ({
  shop: app,
}) => {
  const dora = await app.customerOn("starter", "dora");
  const { id, trialEndsAt } = await trialOf(dora);
  const refused = async (subscription: string, at: string, more: object, code: string, field: string) =>
    expect(await extend(app, subscription, at, more)).toEqual({
      subscription: null,
      userErrors: [{ code, path: ["input", field] }],
    });
  await refused(id, inDays(app, -1), {}, "INVALID_INPUT", "trialEndsAt");
  await refused(id, inDays(app, 731), {}, "INVALID_INPUT", "trialEndsAt");
  await refused(id, inDays(app, 3), { reason: "" }, "INVALID_INPUT", "reason");
  await refused(`bsub_${"0".repeat(32)}`, inDays(app, 3), {}, "NOT_FOUND", "subscriptionId");
  await refused("sub_123", inDays(app, 3), {}, "NOT_FOUND", "subscriptionId");
  const stripeId = (await subscriptionOf(app, "dora")).id;
  await app.stripe.subscriptions.update(stripeId, { cancel_at_period_end: true });
  await refused(id, inDays(app, 3), {}, "ALREADY_CANCELED", "subscriptionId");
  await app.stripe.subscriptions.update(stripeId, { cancel_at_period_end: false });
  expect((await trialOf(dora)).trialEndsAt).toBe(trialEndsAt);
  await app.stripe.subscriptions.update(stripeId, { trial_end: "now" });
  await refused(id, inDays(app, 3), {}, "INVALID_INPUT", "subscriptionId");
  await app.stripe.subscriptions.cancel(stripeId);
  await refused(id, inDays(app, 3), {}, "NO_SUBSCRIPTION", "subscriptionId");

  const emil = await app.customerOn("professional", "emil");
  await change(app, emil, "starter");
  await refused((await trialOf(emil)).id, inDays(app, 3), {}, "INVALID_INPUT", "subscriptionId");
  expect(await actsOn(app, emil)).toEqual([]);
});
