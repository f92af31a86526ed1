import { expect } from "vitest";
import { type TestApp, test } from "./support/app.js";
import { cancel, resume } from "./support/course.js";
import { subscriptionOf } from "./support/objects.js";
import type { Person } from "./support/person.js";
import { change, chargeTo, dropChange, planOf, purchaseIsOver } from "./support/plans.js";
import { quiet } from "./support/quiet.js";
import { plantFault } from "./support/stripe.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

const hour = 60 * 60;
const toStarter = { tier: { slug: "starter" } };

/** Somebody whose downgrade waits. */
async function steppingDown(app: TestApp, sub: string): Promise<Person> {
  const person = await app.customerOn("professional", sub);
  await purchaseIsOver(app, sub);
  const { subscription } = await change(app, person, "starter");
  expect(subscription.pendingChange).toMatchObject(toStarter);
  return person;
}

/** Asks for an upgrade that the bank wants confirmed. */
async function askForMore(app: TestApp, person: Person): Promise<string> {
  await chargeTo(app, person, "pm_card_authenticationRequired");
  const { subscription, confirmationUrl } = await change(app, person, "enterprise");
  expect(subscription.pendingChange).toMatchObject({ tier: { slug: "enterprise" } });
  return confirmationUrl;
}

/** Nothing is left that might come back. */
function isSettled(app: TestApp): Promise<unknown> {
  return until("nothing is set aside", async () => {
    const open = "select 1 from subscriptions where set_aside_schedule_id is not null";
    return (await app.connection.db.execute(open)).length === 0;
  });
}

async function periodEnds(app: TestApp, person: Person): Promise<void> {
  await chargeTo(app, person, "pm_card_visa");
  const { currentPeriod } = await planOf(person);
  await app.sandbox.setClock(new Date(Date.parse(currentPeriod.end) + 2 * hour * 1000));
  await quiet(app);
}

test("a downgrade that waited comes back when nobody confirms the upgrade in its place, and comes about", async ({
  app,
}) => {
  const ada = await steppingDown(app, "ada");
  await askForMore(app, ada);
  await app.sandbox.advance(24 * hour);
  await quiet(app);
  await isSettled(app);
  expect(await planOf(ada)).toMatchObject({ tier: { slug: "professional" }, pendingChange: toStarter });
  await periodEnds(app, ada);
  expect(await planOf(ada)).toMatchObject({ tier: { slug: "starter" }, pendingChange: null, status: "ACTIVE" });
  await expectStripesTruth(app);
});

test("it stays gone once the upgrade is confirmed", async ({ app }) => {
  const bob = await steppingDown(app, "bob");
  const bank = await bob.pay(await askForMore(app, bob), { number: "4000 0027 6000 3184" });
  await fetch(String(bank), { method: "POST", body: new URLSearchParams({ action: "authorize" }) });
  await until("the upgrade is in force", async () => (await planOf(bob)).tier.slug === "enterprise");
  await app.sandbox.advance(61);
  await quiet(app);
  await isSettled(app);
  expect(await planOf(bob)).toMatchObject({ tier: { slug: "enterprise" }, pendingChange: null });
  await expectStripesTruth(app);
});

test("it stays gone where its customer has dropped what waits, or has decided otherwise", async ({ app }) => {
  const [cleo, dora] = [await steppingDown(app, "cleo"), await steppingDown(app, "dora")];
  await askForMore(app, cleo);
  expect((await dropChange(cleo)).userErrors).toEqual([]);
  await askForMore(app, dora);
  expect((await cancel(dora)).userErrors).toEqual([]);
  expect((await resume(dora)).userErrors).toEqual([]);
  await app.sandbox.advance(24 * hour);
  await quiet(app);
  await isSettled(app);
  for (const person of [cleo, dora]) {
    expect(await planOf(person)).toMatchObject({ tier: { slug: "professional" }, pendingChange: null });
  }
  await expectStripesTruth(app);
});

test("it comes back where Stripe failed over the upgrade and nobody tried again", async ({ app }) => {
  const emil = await steppingDown(app, "emil");
  const { id } = await subscriptionOf(app, "emil");
  const failing = async (how: object) => {
    await plantFault(app, { method: "POST", path: `/v1/subscriptions/${id}`, times: 4, ...how });
    await expect(change(app, emil, "enterprise")).rejects.toThrow("UPSTREAM_UNAVAILABLE");
    await app.control("DELETE", "/sandbox/faults");
    await app.sandbox.advance(61);
    await quiet(app);
    await isSettled(app);
  };
  await failing({ status: 500 });
  expect(await planOf(emil)).toMatchObject({ tier: { slug: "professional" }, pendingChange: toStarter });
  // What was done though nobody heard stays done.
  await failing({ reset: true, after: true });
  expect(await planOf(emil)).toMatchObject({ tier: { slug: "enterprise" }, pendingChange: null });
  await expectStripesTruth(app);
});
