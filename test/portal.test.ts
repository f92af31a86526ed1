import { expect } from "vitest";
import { startTestApp, test } from "./support/app.js";
import type { Person } from "./support/person.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

const returnUrl = "http://localhost:3000/billing";
const portal = `mutation ($input: CreatePortalSessionInput!) {
  createPortalSession(input: $input) { url userErrors { code path } } }`;

async function openPortal(person: Person): Promise<string> {
  const { createPortalSession } = await person.ask(portal, { input: { returnUrl } });
  expect(createPortalSession.userErrors).toEqual([]);
  return createPortalSession.url;
}

async function press(url: string, action: string): Promise<void> {
  await fetch(url, { method: "POST", redirect: "manual", body: new URLSearchParams({ action }) });
}

async function subscriptionOf(person: Person) {
  const query = "{ currentSubscription { status cancelsAt endedAt isEntitling currentPeriod { end } } }";
  return (await person.ask(query)).currentSubscription;
}

test("the portal shows the plan, the card and the invoices, and leads back", async ({ app }) => {
  const ada = await app.customerOn("professional");
  const page = await (await fetch(await openPortal(ada))).text();
  for (const shown of ["Professional", "$29.99", "4242", "-0001", `href="${returnUrl}"`]) expect(page).toContain(shown);
});

test("a customer who never bought anything can open the portal", async ({ app }) => {
  expect((await fetch(await openPortal(app.person("bea")))).status).toBe(200);
});

test("the portal leads back to allowed origins only", async ({ app }) => {
  const { createPortalSession } = await app
    .person("bea")
    .ask(portal, { input: { returnUrl: "https://evil.example/" } });
  expect(createPortalSession).toEqual({
    url: null,
    userErrors: [{ code: "RETURN_URL_NOT_ALLOWED", path: ["input", "returnUrl"] }],
  });
});

test("cancelling in the portal keeps access until the paid period ends, and can be taken back", async ({ app }) => {
  const cleo = await app.customerOn("starter");
  const url = await openPortal(cleo);
  await press(url, "confirm_cancel");
  const { currentPeriod } = await until("the cancellation is here", async () => {
    const subscription = await subscriptionOf(cleo);
    return subscription.cancelsAt && subscription;
  });
  expect(await subscriptionOf(cleo)).toMatchObject({
    status: "ACTIVE",
    isEntitling: true,
    cancelsAt: currentPeriod.end,
  });
  await press(url, "resume");
  await until("it renews again", async () => (await subscriptionOf(cleo)).cancelsAt === null);
});

test("when the paid period of a canceled subscription is over, the customer is on the free tier and hears of it", async () => {
  const { app, stop } = await startTestApp();
  const dora = await app.customerOn("professional");
  await press(await openPortal(dora), "confirm_cancel");
  const { cancelsAt } = await until("the cancellation is here", async () => {
    const subscription = await subscriptionOf(dora);
    return subscription.cancelsAt && subscription;
  });
  const changes = await dora.subscribe(
    "subscription { currentSubscriptionUpdated { previousStatus cause subscription { status endedAt } customer { tier { slug } } } }",
  );
  const entitlements = await dora.subscribe(
    "subscription { entitlementsChanged { customer { externalId } entitlements { source limit feature { key } } } }",
  );
  await app.sandbox.setClock(new Date(cancelsAt));

  expect((await changes.next()).data.currentSubscriptionUpdated).toMatchObject({
    previousStatus: "ACTIVE",
    subscription: { status: "CANCELED", endedAt: cancelsAt },
    customer: { tier: { slug: "free" } },
  });
  const { entitlements: changed, customer } = (await entitlements.next()).data.entitlementsChanged;
  expect(customer.externalId).toBe(dora.sub);
  expect(changed).toContainEqual({ source: "FREE_TIER", limit: 1, feature: { key: "guests" } });
  expect(changed).toContainEqual({ source: null, limit: null, feature: { key: "scenes_premium" } });
  const { entitlement } = await dora.ask('{ entitlement(feature: "scenes_premium") { hasAccess denialReason } }');
  expect(entitlement).toEqual({ hasAccess: false, denialReason: "NO_SUBSCRIPTION" });
  expect((await dora.checkout("starter")).userErrors).toEqual([]);
  await stop();
});

test("in the end everything is here as it is at Stripe", async ({ app }) => {
  await expectStripesTruth(app);
});
