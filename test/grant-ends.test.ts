import { expect } from "vitest";
import { type TestApp, test } from "./support/app.js";
import { adminCancel, cancel, codesOf } from "./support/course.js";
import { givenStateOf, grant, inDays, visitor } from "./support/grants.js";
import { whileNoAnswerIsKept } from "./support/keys.js";
import { quiet } from "./support/quiet.js";
import { actsOn, customerIdOf, staffOf } from "./support/staff-acts.js";
import type { Stream } from "./support/stream.js";

const daySeconds = 24 * 60 * 60;

const end = (app: TestApp, subscriptionId: string, more: object = {}) =>
  adminCancel(staffOf(app), { subscriptionId, timing: "IMMEDIATE", reason: "the fair was called off", ...more });

const rightsQuery = "subscription { entitlementsChanged { cause entitlements { feature { key } source limit } } }";

/** What is told once guests come from this source; what was told before, of a purchase for example, is passed over. */
async function told(rights: Stream, source: string) {
  for (;;) {
    const { cause, entitlements } = (await rights.next()).data.entitlementsChanged;
    const guests = entitlements.find((each: { feature: { key: string } }) => each.feature.key === "guests");
    if (guests?.source === source) return { cause, limit: guests.limit };
  }
}

test("staff end a given tier at once: whoever listens hears of it, and it is on record", async ({ app }) => {
  const { person: gina, id } = await visitor(app, "gina");
  const stream = await gina.subscribe(`subscription { currentSubscriptionUpdated {
    previousStatus cause subscription { id status origin isEntitling } } }`);
  const rights = await gina.subscribe(rightsQuery);
  const { subscription: given } = await grant(app, id, "professional");
  expect((await stream.next()).data.currentSubscriptionUpdated).toMatchObject({ previousStatus: null });
  expect(await told(rights, "GRANT")).toEqual({ cause: "ADMIN", limit: 6 });
  const once = { idempotencyKey: "gina-1" };
  const first = await end(app, given.id, once);
  const over = { id: given.id, status: "CANCELED", isEntitling: false };
  expect(first).toMatchObject({ userErrors: [], subscription: { ...over, cancelsAt: null } });
  const { endedAt, currentPeriod } = first.subscription;
  expect(currentPeriod).toEqual({ start: given.startedAt, end: endedAt });
  expect((await stream.next()).data.currentSubscriptionUpdated).toEqual({
    previousStatus: "ACTIVE",
    cause: "ADMIN",
    subscription: { ...over, origin: "GRANT" },
  });
  expect(await told(rights, "FREE_TIER")).toEqual({ cause: "ADMIN", limit: 1 });
  expect(await givenStateOf(gina)).toEqual({
    currentSubscription: { ...given, ...over, currentPeriod, endedAt, availableActions: ["OPEN_PORTAL"] },
    viewer: { customer: { tier: { slug: "free" } } },
    entitlement: { source: "FREE_TIER", limit: 1 },
  });
  const node = `query ($id: ID!) { node(id: $id) { ... on BillingSubscription { status endedAt } } }`;
  expect((await gina.ask(node, { id: given.id })).node).toEqual({ status: "CANCELED", endedAt });

  expect(await end(app, given.id, once)).toEqual(first);
  expect(codesOf(await end(app, given.id))).toEqual(["NO_SUBSCRIPTION"]);
  expect(codesOf(await end(app, given.id, { ...once, reason: "no" }))).toEqual(["IDEMPOTENCY_KEY_REUSED"]);
  expect((await actsOn(app, gina)).slice(1)).toEqual([
    {
      actor: "root",
      action: "subscription.cancel",
      reason: "the fair was called off",
      details: {
        subscription: given.id,
        timing: "IMMEDIATE",
        before: { status: "ACTIVE", cancelsAt: null, endedAt: null },
        after: { status: "CANCELED", cancelsAt: null, endedAt },
      },
    },
  ]);

  // What is given next is another one, and the end is not told a second time before it.
  const next = await grant(app, id, "starter");
  expect(next.subscription.id).not.toBe(given.id);
  expect((await stream.next()).data.currentSubscriptionUpdated).toMatchObject({
    previousStatus: null,
    subscription: { id: next.subscription.id, status: "ACTIVE" },
  });
});

test("a given tier waits for no period: with an end it has that already, without one there is nothing to wait for", async ({
  app,
}) => {
  const { person: hugo, id } = await visitor(app, "hugo");
  const { subscription: given } = await grant(app, id, "starter");
  const before = await givenStateOf(hugo);
  const later = { timing: "PERIOD_END" };
  expect((await end(app, given.id, later)).userErrors).toMatchObject([
    { code: "INVALID_INPUT", path: ["input", "timing"], message: expect.stringContaining("IMMEDIATE") },
  ]);
  expect(await givenStateOf(hugo)).toEqual(before);
  const endsAt = inDays(app, 3);
  await grant(app, id, "starter", { endsAt });
  expect((await end(app, given.id, later)).userErrors).toMatchObject([
    { code: "ALREADY_CANCELED", path: null, message: expect.stringContaining("IMMEDIATE") },
  ]);
  expect((await givenStateOf(hugo)).currentSubscription).toMatchObject({ status: "ACTIVE", cancelsAt: endsAt });
  const { subscription, userErrors } = await end(app, given.id);
  expect(userErrors).toEqual([]);
  expect(subscription).toMatchObject({ status: "CANCELED", cancelsAt: null });
  expect(Date.parse(subscription.endedAt)).toBeLessThan(Date.parse(endsAt));
  expect((await actsOn(app, hugo)).at(-1)?.details).toMatchObject({
    before: { status: "ACTIVE", cancelsAt: endsAt },
    after: { status: "CANCELED", endedAt: subscription.endedAt },
  });
});

test("ending what was given leaves a purchase beside it alone", async ({ app }) => {
  const ines = await app.customerOn("starter", "ines");
  await quiet(app);
  const rights = await ines.subscribe(rightsQuery);
  const { subscription: given } = await grant(app, await customerIdOf(ines), "enterprise");
  expect(await told(rights, "GRANT")).toEqual({ cause: "ADMIN", limit: null });
  const bought = (await givenStateOf(ines)).currentSubscription;
  const { subscription, userErrors } = await end(app, given.id);
  expect(userErrors).toEqual([]);
  expect(subscription).toMatchObject({ id: given.id, status: "CANCELED", tier: { slug: "enterprise" } });
  expect(await told(rights, "SUBSCRIPTION")).toEqual({ cause: "ADMIN", limit: 3 });
  expect(await givenStateOf(ines)).toEqual({
    currentSubscription: bought,
    viewer: { customer: { tier: { slug: "starter" } } },
    entitlement: { source: "SUBSCRIPTION", limit: 3 },
  });
  expect((await app.stripe.subscriptions.list({ limit: 1 })).data).toMatchObject([
    { status: "active", cancel_at_period_end: false },
  ]);
});

test("what is over cannot be ended, nor what is nobody's, and its customer cannot end it either", async ({ app }) => {
  const { person: jack, id } = await visitor(app, "jack");
  const stream = await jack.subscribe(
    "subscription { currentSubscriptionUpdated { previousStatus subscription { status } } }",
  );
  const endsAt = inDays(app, 1);
  const { subscription: given } = await grant(app, id, "starter", { endsAt });
  expect(codesOf(await cancel(jack, { timing: "IMMEDIATE" }))).toEqual(["NO_SUBSCRIPTION"]);
  expect((await end(app, given.id, { reason: " " })).userErrors).toMatchObject([
    { code: "INVALID_INPUT", path: ["input", "reason"] },
  ]);
  await app.control("POST", "/sandbox/clock", { advance_seconds: 2 * daySeconds });
  for (const timing of ["IMMEDIATE", "PERIOD_END"]) {
    expect(await end(app, given.id, { timing })).toMatchObject({
      subscription: null,
      userErrors: [{ code: "NO_SUBSCRIPTION", message: "This subscription has ended." }],
    });
  }
  expect((await givenStateOf(jack)).currentSubscription).toMatchObject({ status: "CANCELED", endedAt: endsAt });
  for (const other of [id, "bsub_x", given.id.slice("bsub_".length), `bsub_${"0".repeat(32)}`]) {
    expect((await end(app, other)).userErrors).toMatchObject([
      { code: "NOT_FOUND", path: ["input", "subscriptionId"] },
    ]);
  }
  expect((await actsOn(app, jack)).map(({ action }) => action)).toEqual(["tier.grant"]);
  const heard = [await stream.next(), await stream.next()].map(({ data }) => data.currentSubscriptionUpdated);
  expect(heard).toEqual([
    { previousStatus: null, subscription: { status: "ACTIVE" } },
    { previousStatus: "ACTIVE", subscription: { status: "CANCELED" } },
  ]);
});

test("of many who end the same tier in one moment one does, and the rest are told that it is over", async ({ app }) => {
  const { person: kim, id } = await visitor(app, "kim");
  const { subscription: given } = await grant(app, id, "starter");
  const answers = await Promise.all(Array.from({ length: 12 }, (_, at) => end(app, given.id, { reason: `no. ${at}` })));
  expect(answers.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(1);
  const refused = new Set(answers.flatMap(codesOf));
  refused.delete("REQUEST_IN_PROGRESS");
  expect([...refused].filter((code) => code !== "NO_SUBSCRIPTION")).toEqual([]);
  expect((await actsOn(app, kim)).filter(({ action }) => action === "subscription.cancel")).toHaveLength(1);
});

test("where the answer to a key cannot be kept nothing has happened, and a retry ends the tier", async ({ app }) => {
  const { person: lea, id } = await visitor(app, "lea");
  const { subscription: given } = await grant(app, id, "starter");
  const input = { subscriptionId: given.id, timing: "IMMEDIATE", reason: "no more", idempotencyKey: "lea-1" };
  const mutation =
    "mutation ($input: AdminCancelSubscriptionInput!) { adminCancelSubscription(input: $input) { userErrors { code } } }";
  const { errors } = await whileNoAnswerIsKept(app, () => staffOf(app).graphql(mutation, { input }));
  expect(errors?.[0]?.extensions).toMatchObject({ code: "INTERNAL_SERVER_ERROR" });
  expect((await givenStateOf(lea)).currentSubscription).toMatchObject({ status: "ACTIVE" });
  expect((await actsOn(app, lea)).map(({ action }) => action)).toEqual(["tier.grant"]);
  expect(await end(app, given.id, { reason: "no more", idempotencyKey: "lea-1" })).toMatchObject({
    userErrors: [],
    subscription: { status: "CANCELED" },
  });
});
