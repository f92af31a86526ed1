import { test as base, expect, test as plain } from "vitest";
import { mayStartTrial } from "../src/billing/subscriptions/trial.js";
import { startTestApp, type TestApp } from "./support/app.js";
import type { Person } from "./support/person.js";
import { offerTrials } from "./support/trials.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

const day = 24 * 60 * 60 * 1000;

/** A service whose Professional tier begins with 14 free days, and Enterprise with 30. All have the same card. */
const test = base.extend<{ shop: TestApp }>({
  shop: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, stop } = await startTestApp({ environment: { TRIAL_ONCE: "account" } });
      await offerTrials(app, { professional: 14, enterprise: 30 });
      await use(app);
      await stop();
    },
    { scope: "file" },
  ],
});

async function subscriptionOf(person: Person) {
  const query = `{ currentSubscription { status isEntitling trialEndsAt startedAt currentPeriod { end } }
    invoices { nodes { status total { amount } } } payments { nodes { id } }
    entitlement(feature: "guests") { limit } }`;
  return person.ask(query);
}

async function pageOf(person: Person, tier: string) {
  const { checkoutSession, userErrors } = await person.checkout(tier);
  expect(userErrors).toEqual([]);
  return { ...checkoutSession, html: await (await fetch(checkoutSession.url)).text() };
}

/** The customer leaves at once, and the subscription is over. */
async function leave(app: TestApp, person: Person) {
  const { data } = await app.stripe.subscriptions.list({ limit: 100 });
  for (const { id, customer } of data) {
    const owner = await app.stripe.customers.retrieve(String(customer));
    if (!owner.deleted && owner.email === `${person.sub}@example.com`) await app.stripe.subscriptions.cancel(id);
  }
  await until("it is over", async () => (await subscriptionOf(person)).currentSubscription.status === "CANCELED");
}

plain("a trial begins where the tier has one and the customer never had any", () => {
  expect(mayStartTrial({ trialDays: 14 }, false)).toBe(true);
  expect(mayStartTrial({ trialDays: 14 }, true)).toBe(false);
  expect(mayStartTrial({ trialDays: 0 }, false)).toBe(false);
});

test("a first subscription to a tier with a trial costs nothing for its days, and gives everything", async ({
  shop,
}) => {
  const ada = shop.person("ada");
  const page = await pageOf(ada, "professional");
  expect(page.html).toContain("14 days free");
  expect(await ada.pay(page.url)).toContain(page.id);
  const { currentSubscription, entitlement, invoices, payments } = await until("the trial and its bill", async () => {
    const now = await subscriptionOf(ada);
    return now.currentSubscription && now.invoices.nodes.length > 0 && now;
  });
  expect(currentSubscription).toMatchObject({ status: "TRIALING", isEntitling: true });
  expect(Date.parse(currentSubscription.trialEndsAt) - Date.parse(currentSubscription.startedAt)).toBe(14 * day);
  expect(currentSubscription.currentPeriod.end).toBe(currentSubscription.trialEndsAt);
  expect(entitlement).toEqual({ limit: 6 });
  expect(invoices.nodes).toEqual([{ status: "PAID", total: { amount: 0 } }]);
  expect(payments.nodes).toEqual([]);
});

test("a trial needs a card that is good", async ({ shop }) => {
  const bea = shop.person("bea");
  const { url } = await pageOf(bea, "professional");
  expect(await bea.pay(url, { number: "4000000000000002" })).toBeNull();
  expect(await bea.pay(url, { number: "" })).toBeNull();
  expect((await subscriptionOf(bea)).currentSubscription).toBeNull();
});

test("a trial is given once for each account, whatever the tier", async ({ shop }) => {
  const cleo = shop.person("cleo");
  await cleo.buy("professional");
  await leave(shop, cleo);
  for (const tier of ["professional", "enterprise"]) {
    const { html } = await pageOf(cleo, tier);
    expect(html).not.toContain("days free");
  }
  await cleo.buy("enterprise");
  expect((await subscriptionOf(cleo)).currentSubscription).toMatchObject({ status: "ACTIVE", trialEndsAt: null });
});

test("a customer who paid from the first day may still have a trial later", async ({ shop }) => {
  const dora = shop.person("dora");
  await dora.buy("starter");
  await leave(shop, dora);
  expect((await pageOf(dora, "enterprise")).html).toContain("30 days free");
});

plain("another trial in the catalog is another page, and the same one is the same page", async () => {
  const { app, stop } = await startTestApp();
  await offerTrials(app, { professional: 7 });
  const eli = app.person("eli");
  const first = await pageOf(eli, "professional");
  expect((await pageOf(eli, "professional")).id).toBe(first.id);
  await offerTrials(app, { professional: 10 });
  const second = await pageOf(eli, "professional");
  expect(second.id).not.toBe(first.id);
  expect(second.html).toContain("10 days free");
  expect(await eli.pay(first.url)).toBeNull();
  await stop();
});

test("in the end everything is here as it is at Stripe", async ({ shop }) => {
  await expectStripesTruth(shop);
});
