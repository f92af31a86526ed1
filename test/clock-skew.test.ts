import { expect } from "vitest";
import { test as base, startTestApp, type TestApp } from "./support/app.js";
import { expectExactCounters } from "./support/exact.js";
import { subscriptionOf } from "./support/objects.js";
import { openSkewedClock, type SkewedClock } from "./support/skewed-clock.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";
import { report, results } from "./support/usage.js";

const minute = 60_000;
/** Ten minutes either way, and a jump back of two hours; then right again. */
const errors = [10 * minute, -10 * minute, 2 * 60 * minute, 0, -2 * 60 * minute, 0];

/** A service whose clock is not Stripe's. */
const test = base.extend<{ skewed: { app: TestApp; clock: SkewedClock } }>({
  skewed: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const clock = await openSkewedClock();
      const { app, stop } = await startTestApp({
        configure: (config) => ({ ...config, billingClockUrl: clock.url }),
      });
      await use({ app, clock });
      await stop();
      clock.close();
    },
    { scope: "file" },
  ],
});

async function skew({ app, clock }: { app: TestApp; clock: SkewedClock }, ms: number): Promise<void> {
  clock.skew(ms);
  await until("the service has the new time", () => Math.abs(app.now().getTime() - Date.now() - ms) < 10_000);
}

test("a limit is given once, whatever the clock says", async ({ skewed }) => {
  const { app } = skewed;
  await app.customerOn("starter", "limited"); // 600 minutes in a period
  const count = async (quantity: number) =>
    (await results(report(app, "limited", [{ feature: "streaming_minutes", quantity }])))[0];
  expect(await count(590)).toMatchObject({ isAccepted: true });
  for (const error of errors) {
    await skew(skewed, error);
    expect(await count(11), `${error / minute} minutes off`).toMatchObject({ isAccepted: false });
    expect(await count(1), `${error / minute} minutes off`).toMatchObject({ isAccepted: true });
  }
  const { entitlement } = await app.person("limited").ask('{ entitlement(feature: "streaming_minutes") { used } }');
  expect(entitlement.used).toBe(590 + errors.length);
  await expectExactCounters(app.connection);
});

test("what Stripe says of trials and periods is in force, whatever the clock says", async ({ skewed }) => {
  const { app } = skewed;
  const [trial, paid] = [app.person("trying"), await app.customerOn("professional", "paying")];
  await app.customerOn("starter", "trying");
  const { id } = await subscriptionOf(app, "trying");
  const ends = Math.floor(Date.now() / 1000) + 86_400;
  await app.stripe.subscriptions.update(id, { trial_end: ends, proration_behavior: "none" });
  const seen = `{ currentSubscription { status isEntitling trialEndsAt currentPeriod { start end } }
    entitlement(feature: "scenes_basic") { hasAccess } }`;
  await until("the trial", async () => (await trial.ask(seen)).currentSubscription.status === "TRIALING");
  const before = await Promise.all([trial.ask(seen), paid.ask(seen)]);
  for (const error of errors) {
    await skew(skewed, error);
    expect(await Promise.all([trial.ask(seen), paid.ask(seen)]), `${error / minute} minutes off`).toEqual(before);
    await app.stripe.subscriptions.update(id, { metadata: { error } }); // read and written once more, at the wrong time
    await expectStripesTruth(app);
    expect(await Promise.all([trial.ask(seen), paid.ask(seen)]), `${error / minute} minutes off`).toEqual(before);
  }
});

test("a purchase works while the clock is two hours slow, or ten minutes fast", async ({ skewed }) => {
  const { app } = skewed;
  for (const error of [-2 * 60 * minute, 10 * minute]) {
    await skew(skewed, error);
    const buyer = await app.customerOn("starter", `at-${error}`);
    const counted = await results(report(app, buyer.sub, [{ feature: "streaming_minutes", quantity: 600 }]));
    expect(counted).toMatchObject([{ isAccepted: true }]);
    await skew(skewed, 0);
    const more = await results(report(app, buyer.sub, [{ feature: "streaming_minutes", quantity: 600 }]));
    expect(more, "a second quota").toMatchObject([{ isAccepted: false }]);
  }
  await expectStripesTruth(app);
});
