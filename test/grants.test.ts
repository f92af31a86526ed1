import { expect } from "vitest";
import { test } from "./support/app.js";
import { givenStateOf, grant, inDays, visitor } from "./support/grants.js";
import { whileNoAnswerIsKept } from "./support/keys.js";
import { quiet } from "./support/quiet.js";
import { actsOn, customerIdOf } from "./support/staff-acts.js";

const day = 24 * 60 * 60;

test("a tier that was given is the customer's subscription, without a price or an end", async ({ app }) => {
  const { person: ada, id } = await visitor(app, "ada");
  const { subscription, userErrors } = await grant(app, id, "professional");
  expect(userErrors).toEqual([]);
  expect(subscription).toEqual({
    id: expect.stringMatching(/^bsub_/),
    status: "ACTIVE",
    origin: "GRANT",
    isEntitling: true,
    quantity: 1,
    tier: { slug: "professional" },
    price: null,
    currentPeriod: null,
    startedAt: expect.any(String),
    trialEndsAt: null,
    cancelsAt: null,
    endedAt: null,
    graceEndsAt: null,
    pendingChange: null,
    discount: null,
    availableActions: [],
    customer: { id },
  });
  expect(await givenStateOf(ada)).toEqual({
    currentSubscription: { ...subscription, availableActions: ["OPEN_PORTAL"] },
    viewer: { customer: { tier: { slug: "professional" } } },
    entitlement: { source: "GRANT", limit: 6 },
  });
  const node = `query ($id: ID!) { node(id: $id) { ... on BillingSubscription { origin tier { slug } } } }`;
  const found = { origin: "GRANT", tier: { slug: "professional" } };
  expect((await ada.ask(node, { id: subscription.id })).node).toEqual(found);
  expect((await app.person("stranger").ask(node, { id: subscription.id })).node).toBeNull();
});

test("it ends by itself, and whoever listens hears of both", async ({ app }) => {
  const { person: bob, id } = await visitor(app, "bob");
  const stream = await bob.subscribe(`subscription { currentSubscriptionUpdated {
    previousStatus cause subscription { origin status endedAt tier { slug } } } }`);
  const rights = await bob.subscribe(
    "subscription { entitlementsChanged { cause entitlements { feature { key } source } } }",
  );
  const endsAt = inDays(app, 3);
  const { subscription } = await grant(app, id, "starter", { endsAt });
  expect(subscription).toMatchObject({
    cancelsAt: endsAt,
    currentPeriod: { start: subscription.startedAt, end: endsAt },
  });
  const told = { origin: "GRANT", tier: { slug: "starter" } };
  expect((await stream.next()).data.currentSubscriptionUpdated).toEqual({
    previousStatus: null,
    cause: "ADMIN",
    subscription: { ...told, status: "ACTIVE", endedAt: null },
  });
  const guests = (source: string) => ({ feature: { key: "guests" }, source });
  expect((await rights.next()).data.entitlementsChanged.entitlements).toContainEqual(guests("GRANT"));
  await app.control("POST", "/sandbox/clock", { advance_seconds: 4 * day });
  expect((await stream.next()).data.currentSubscriptionUpdated).toEqual({
    previousStatus: "ACTIVE",
    cause: "ADMIN",
    subscription: { ...told, status: "CANCELED", endedAt: endsAt },
  });
  expect((await rights.next()).data.entitlementsChanged.entitlements).toContainEqual(guests("FREE_TIER"));
  expect(await givenStateOf(bob)).toMatchObject({
    currentSubscription: { status: "CANCELED", isEntitling: false, cancelsAt: null, endedAt: endsAt },
    entitlement: { source: "FREE_TIER" },
  });
});

test("a purchase beside it stays the subscription, and each gives what is more generous", async ({ app }) => {
  const cleo = await app.customerOn("starter", "cleo");
  await quiet(app);
  const { subscription } = await grant(app, await customerIdOf(cleo), "enterprise", { endsAt: inDays(app, 2) });
  expect(subscription).toMatchObject({ origin: "GRANT", tier: { slug: "enterprise" } });
  expect(await givenStateOf(cleo)).toMatchObject({
    currentSubscription: { origin: "PURCHASE", tier: { slug: "starter" }, status: "ACTIVE" },
    viewer: { customer: { tier: { slug: "enterprise" } } },
    entitlement: { source: "GRANT", limit: null },
  });
  await app.control("POST", "/sandbox/clock", { advance_seconds: 3 * day });
  expect(await givenStateOf(cleo)).toMatchObject({
    currentSubscription: { origin: "PURCHASE" },
    entitlement: { source: "SUBSCRIPTION", limit: 3 },
  });
});

test("who was given a tier may buy one, and has what was given again when the purchase is over", async ({ app }) => {
  const { person: dora, id } = await visitor(app, "dora");
  await grant(app, id, "starter");
  await dora.buy("professional");
  await quiet(app);
  expect(await givenStateOf(dora)).toMatchObject({ currentSubscription: { origin: "PURCHASE" } });
  const [bought] = (await app.stripe.subscriptions.list({ limit: 1 })).data;
  await app.stripe.subscriptions.cancel(bought?.id ?? "");
  await quiet(app);
  expect(await givenStateOf(dora)).toMatchObject({
    currentSubscription: { origin: "GRANT", status: "ACTIVE", tier: { slug: "starter" } },
    entitlement: { source: "GRANT" },
  });
});

test("giving again takes the place of what was given, and is on record with what it was before", async ({ app }) => {
  const { person: emil, id } = await visitor(app, "emil");
  const once = { endsAt: inDays(app, 5), idempotencyKey: "emil-1" };
  const first = await grant(app, id, "professional", once);
  expect(await grant(app, id, "professional", once)).toEqual(first);
  expect((await grant(app, id, "starter", once)).userErrors).toMatchObject([{ code: "IDEMPOTENCY_KEY_REUSED" }]);
  const again = await grant(app, id, "starter");
  expect(again.subscription).toMatchObject({
    id: first.subscription.id,
    startedAt: first.subscription.startedAt,
    tier: { slug: "starter" },
    cancelsAt: null,
  });
  expect((await givenStateOf(emil)).entitlement).toEqual({ source: "GRANT", limit: 3 });
  const acts = await actsOn(app, emil);
  const before = { tier: "professional", endsAt: once.endsAt };
  expect(acts).toEqual([
    {
      actor: "root",
      action: "tier.grant",
      reason: "promised at the fair",
      details: { subscription: first.subscription.id, before: null, after: before },
    },
    expect.objectContaining({
      details: { subscription: first.subscription.id, before, after: { tier: "starter", endsAt: null } },
    }),
  ]);
  const over = await grant(app, id, "starter", { endsAt: inDays(app, 1) });
  await app.control("POST", "/sandbox/clock", { advance_seconds: 2 * day });
  const anew = await grant(app, id, "professional");
  expect(anew.subscription.id).not.toBe(over.subscription.id);
});

test("where the answer to a key cannot be kept nothing was given, and a retry gives it, on record once", async ({
  app,
}) => {
  const { person: lea, id } = await visitor(app, "lea");
  const once = { idempotencyKey: "lea-1" };
  await whileNoAnswerIsKept(app, () =>
    expect(grant(app, id, "starter", once)).rejects.toThrow("INTERNAL_SERVER_ERROR"),
  );
  expect(await givenStateOf(lea)).toMatchObject({ currentSubscription: null, entitlement: { source: "FREE_TIER" } });
  expect((await grant(app, id, "starter", once)).userErrors).toEqual([]);
  expect((await actsOn(app, lea)).map(({ action }) => action)).toEqual(["tier.grant"]);
});

test("what cannot be given is refused, and nothing is changed", async ({ app }) => {
  const { person: finn, id } = await visitor(app, "finn");
  const refused = async (customerId: string, tier: string, more: object, code: string, field: string) =>
    expect(await grant(app, customerId, tier, more)).toEqual({
      subscription: null,
      userErrors: [{ code, path: ["input", field] }],
    });
  await refused(id, "nothing", {}, "NOT_FOUND", "tier");
  await refused(id, "free", {}, "INVALID_INPUT", "tier");
  await refused(id, "admin_unlimited", {}, "INVALID_INPUT", "tier");
  await refused(id, "starter", { endsAt: inDays(app, -1) }, "INVALID_INPUT", "endsAt");
  await refused(id, "starter", { reason: " " }, "INVALID_INPUT", "reason");
  await refused(`bcus_${"0".repeat(32)}`, "starter", {}, "NOT_FOUND", "customerId");
  await refused("cus_123", "starter", {}, "NOT_FOUND", "customerId");
  expect((await givenStateOf(finn)).currentSubscription).toBeNull();
  expect(await actsOn(app, finn)).toEqual([]);
});
