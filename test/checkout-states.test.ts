import { expect, test as plain } from "vitest";
import { startTestApp, test } from "./support/app.js";
import { codesOf } from "./support/graphql.js";
import type { Person } from "./support/person.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

const read = `query ($id: ID!) { checkoutSession(id: $id) {
  status url subscription { status customer { entitlements(features: ["guests"]) { limit } } } } }`;

async function stateOf(person: Person, id: string) {
  return (await person.ask(read, { id })).checkoutSession;
}

/** Every card of Stripe's documentation that is declined, and what is no card's number at all. */
const declined = [
  ["by the bank", "4000000000000002"],
  ["for want of funds", "4000000000009995"],
  ["as lost", "4000000000009987"],
  ["as stolen", "4000000000009979"],
  ["as expired", "4000000000000069"],
  ["for its security code", "4000000000000127"],
  ["by an error underway", "4000000000000119"],
  ["for too many attempts", "4000000000006975"],
  ["as too risky", "4100000000000019"],
  ["when it is charged, not when it is saved", "4000000000000341"],
  ["as no card's number", "4242424242424241"],
] as const;

test.for(declined)(
  "a card that is declined %s leaves the checkout open and grants nothing",
  async ([, number], { app }) => {
    const ada = app.person(`ada-${number}`);
    const { checkoutSession } = await ada.checkout("professional");
    expect(await ada.pay(checkoutSession.url, { number })).toBeNull();
    expect(await stateOf(ada, checkoutSession.id)).toMatchObject({ status: "OPEN", subscription: null });
    const { currentSubscription, entitlement } = await ada.ask(
      '{ currentSubscription { id } entitlement(feature: "guests") { limit source } }',
    );
    expect(currentSubscription).toBeNull();
    expect(entitlement).toEqual({ limit: 1, source: "FREE_TIER" });
    expect(await ada.pay(checkoutSession.url)).toContain(checkoutSession.id);
    await until("it is complete", async () => (await stateOf(ada, checkoutSession.id)).status === "COMPLETE");
  },
);

test("a card that the bank asks about is charged once the customer has said yes, and not before", async ({ app }) => {
  const lea = app.person("lea");
  const { checkoutSession } = await lea.checkout("starter");
  const number = "4000002760003184";
  for (const answer of ["fail", "authorize"]) {
    expect(await lea.pay(checkoutSession.url, { number })).toBeNull();
    expect(await stateOf(lea, checkoutSession.id)).toMatchObject({ status: "OPEN", subscription: null });
    const target = await lea.pay(checkoutSession.url, { action: answer });
    expect(target === null).toBe(answer === "fail");
  }
  await until("it is complete", async () => (await stateOf(lea, checkoutSession.id)).status === "COMPLETE");
  const { payments } = await lea.ask("{ payments { nodes { status failureCode } } }");
  expect(payments.nodes).toEqual([{ status: "SUCCEEDED", failureCode: null }]);
});

test("leaving the page by its cancel button leads back, and the checkout stays open", async ({ app }) => {
  const bea = app.person("bea");
  const { checkoutSession } = await bea.checkout("starter");
  expect(await bea.pay(checkoutSession.url, { action: "cancel" })).toContain(`checkout_session=${checkoutSession.id}`);
  expect(await stateOf(bea, checkoutSession.id)).toMatchObject({ status: "OPEN", url: checkoutSession.url });
});

test("paying twice at the same moment charges once", async ({ app }) => {
  const cleo = app.person("cleo");
  const { checkoutSession } = await cleo.checkout("starter");
  await Promise.all([cleo.pay(checkoutSession.url), cleo.pay(checkoutSession.url)]);
  await until("it is complete", async () => (await stateOf(cleo, checkoutSession.id)).status === "COMPLETE");
  const { payments } = await cleo.ask("{ payments { nodes { status } } }");
  expect(payments.nodes).toEqual([{ status: "SUCCEEDED" }]);
});

test("without any webhook, reading the checkout completes it, with the payment in the history", async ({ app }) => {
  await app.control("POST", "/sandbox/deliveries", { mode: "drop" });
  const dora = app.person("dora");
  const { checkoutSession } = await dora.checkout("professional");
  await dora.pay(checkoutSession.url);
  expect(await stateOf(dora, checkoutSession.id)).toEqual({
    status: "COMPLETE",
    url: null,
    subscription: { status: "ACTIVE", customer: { entitlements: [{ limit: 6 }] } },
  });
  const { payments } = await dora.ask("{ payments { nodes { status invoice { status } } } }");
  expect(payments.nodes).toEqual([{ status: "SUCCEEDED", invoice: { status: "PAID" } }]);
  await app.control("POST", "/sandbox/deliveries", { mode: "send" });
});

test("without any webhook, the live update completes by itself", async ({ app }) => {
  await app.control("POST", "/sandbox/deliveries", { mode: "drop" });
  const eli = app.person("eli");
  const { checkoutSession } = await eli.checkout("starter");
  const stream = await eli.subscribe("subscription ($id: ID!) { checkoutSessionUpdated(id: $id) { status } }", {
    id: checkoutSession.id,
  });
  expect((await stream.next()).data.checkoutSessionUpdated.status).toBe("OPEN");
  await eli.pay(checkoutSession.url);
  expect((await stream.next()).data.checkoutSessionUpdated.status).toBe("COMPLETE");
  await stream.ended;
  await app.control("POST", "/sandbox/deliveries", { mode: "send" });
});

test("paid but not yet in force reads as PROCESSING, never as OPEN or COMPLETE", async ({ app }) => {
  await app.control("POST", "/sandbox/deliveries", { mode: "hold" });
  const fay = app.person("fay");
  const { checkoutSession } = await fay.checkout("starter");
  await fay.pay(checkoutSession.url);
  await app.control("POST", "/sandbox/faults", { method: "GET", path: "/v1/subscriptions/*", times: 100, status: 500 });
  expect(await stateOf(fay, checkoutSession.id)).toEqual({ status: "PROCESSING", url: null, subscription: null });
  const { currentSubscription } = await fay.ask("{ currentSubscription { id } }");
  expect(currentSubscription).toBeNull();
  await app.control("DELETE", "/sandbox/faults");
  await app.control("POST", "/sandbox/deliveries", { mode: "send" });
  await until("it is complete", async () => (await stateOf(fay, checkoutSession.id)).status === "COMPLETE");
});

test("an outage of Stripe is said to be one, and the next try works", async ({ app }) => {
  const gil = app.person("gil");
  await app.control("POST", "/sandbox/faults", {
    method: "POST",
    path: "/v1/checkout/sessions",
    times: 2,
    status: 500,
  });
  const mutation = `mutation ($input: CreateCheckoutSessionInput!) {
    createCheckoutSession(input: $input) { checkoutSession { id url } userErrors { code } } }`;
  const { tier } = await gil.ask('{ tier(slug: "starter") { price { id } } }');
  const input = { priceId: tier.price.id, returnUrl: "http://localhost:3000/" };
  const failed = await gil.graphql(mutation, { input });
  expect(codesOf(failed)).toEqual(["UPSTREAM_UNAVAILABLE"]);
  expect(failed.errors?.[0]?.extensions).toMatchObject({ retryable: true, requestId: expect.any(String) });
  await app.control("DELETE", "/sandbox/faults");
  // Stripe answers the same key with the same failure for a day: the next try must not repeat it.
  const { createCheckoutSession } = await gil.ask(mutation, { input });
  expect(createCheckoutSession.userErrors).toEqual([]);
  expect(await gil.pay(createCheckoutSession.checkoutSession.url)).not.toBeNull();
});

test("a session that Stripe made and we never heard of is found again", async ({ app }) => {
  const hana = app.person("hana");
  // The connection breaks after the effect, and again when the SDK tries once more.
  await app.control("POST", "/sandbox/faults", {
    method: "POST",
    path: "/v1/checkout/sessions",
    times: 2,
    after: true,
  });
  const { tier } = await hana.ask('{ tier(slug: "starter") { price { id } } }');
  const mutation =
    "mutation ($input: CreateCheckoutSessionInput!) { createCheckoutSession(input: $input) { checkoutSession { id } } }";
  const input = { priceId: tier.price.id, returnUrl: "http://localhost:3000/billing?tab=plan" };
  expect(codesOf(await hana.graphql(mutation, { input }))).toEqual(["UPSTREAM_UNAVAILABLE"]);
  await app.control("DELETE", "/sandbox/faults");
  const { checkoutSession } = await hana.checkout("starter");
  expect(await hana.pay(checkoutSession.url)).not.toBeNull();
  const open = await app.stripe.checkout.sessions.list({ limit: 100 });
  expect(open.data.filter(({ customer_details }) => customer_details?.email === "hana@example.com")).toHaveLength(1);
});

plain("a checkout that nobody paid expires with the billing clock, and another can be opened", async () => {
  const { app, stop } = await startTestApp();
  const ivy = app.person("ivy");
  const { checkoutSession } = await ivy.checkout("starter");
  await app.sandbox.advance(24 * 60 * 60 + 1);
  expect(await stateOf(ivy, checkoutSession.id)).toEqual({ status: "EXPIRED", url: null, subscription: null });
  const next = await ivy.checkout("starter");
  expect(next.checkoutSession.id).not.toBe(checkoutSession.id);
  expect(await ivy.pay(next.checkoutSession.url)).not.toBeNull();
  await stop();
});

plain("a checkout whose expiry no webhook told of is closed by the sweep", async () => {
  const { app, stop } = await startTestApp();
  await app.control("POST", "/sandbox/deliveries", { mode: "drop" });
  const jo = app.person("jo");
  await jo.checkout("starter");
  await app.sandbox.advance(24 * 60 * 60 + 1);
  await until("the sweep has closed it", async () => {
    const rows = await app.connection.db.execute("select status from checkout_sessions");
    return rows.length === 1 && rows[0]?.["status"] === "EXPIRED";
  });
  await stop();
});

test("in the end everything is here as it is at Stripe", async ({ app }) => {
  await expectStripesTruth(app);
});
