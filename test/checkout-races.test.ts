import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { userIdOf } from "../src/billing/users/user.js";
import { openLocks } from "../src/db/locks.js";
import { type TestApp, test } from "./support/app.js";
import { codesOf } from "./support/graphql.js";
import { customerOf } from "./support/objects.js";
import { findPrice, returnUrl } from "./support/person.js";
import { quiet } from "./support/quiet.js";
import { faultSeed, seeded } from "./support/seeded.js";
import { changesUnheard, deliverAll } from "./support/storm.js";
import { plantFault } from "./support/stripe.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

test("one answer never says COMPLETE beside entitlements that are not in force yet", async ({ app }) => {
  // No webhook: the very read that asks for both is the one that puts the purchase in force.
  await app.control("POST", "/sandbox/deliveries", { mode: "drop" });
  const ada = app.person("ada");
  const { checkoutSession } = await ada.checkout("professional");
  await ada.pay(checkoutSession.url);
  const answer = await ada.ask(
    `query ($id: ID!) {
      entitlement(feature: "guests") { limit }
      currentSubscription { status }
      viewer { customer { tier { slug } currency } }
      payments { nodes { status } }
      checkoutSession(id: $id) { status } }`,
    { id: checkoutSession.id },
  );
  expect(answer).toEqual({
    entitlement: { limit: 6 },
    currentSubscription: { status: "ACTIVE" },
    viewer: { customer: { tier: { slug: "professional" }, currency: "USD" } },
    payments: { nodes: [{ status: "SUCCEEDED" }] },
    checkoutSession: { status: "COMPLETE" },
  });
  await app.control("POST", "/sandbox/deliveries", { mode: "send" });
});

test("a webhook that comes late, and comes again, changes nothing any more", async ({ app }) => {
  await app.control("POST", "/sandbox/deliveries", { mode: "hold" });
  const bea = app.person("bea");
  await bea.buy("starter");
  const seen = `{ viewer { customer { email currency tier { slug } subscription { id status currentPeriod { end } }
    payments { nodes { id status createdAt } } invoices { nodes { id status number } } } } }`;
  const before = await bea.ask(seen);
  const changes = await bea.subscribe("subscription { currentSubscriptionUpdated { previousStatus } }");
  await app.control("POST", "/sandbox/deliveries", { mode: "send" });
  await quiet(app);
  for (const { id } of (await app.stripe.events.list({ limit: 100 })).data) {
    await app.control("POST", `/sandbox/events/${id}/resend`, {});
  }
  await quiet(app);
  expect(await bea.ask(seen)).toEqual(before);
  expect(changes.waiting).toEqual([]);
});

test("who was cut off while a price was withdrawn can still buy at the new one", async ({ app }) => {
  const cleo = app.person("cleo");
  const price = await findPrice(app, "enterprise");
  await plantFault(app, { method: "POST", path: "/v1/checkout/sessions", times: 2, status: 500 });
  const mutation =
    "mutation ($input: CreateCheckoutSessionInput!) { createCheckoutSession(input: $input) { userErrors { code } } }";
  const failed = await cleo.graphql(mutation, { input: { priceId: price, returnUrl } });
  expect(codesOf(failed)).toEqual(["UPSTREAM_UNAVAILABLE"]);
  await app.control("DELETE", "/sandbox/faults");

  const { data } = await app.stripe.prices.list({ lookup_keys: ["enterprise_month_usd"] });
  await app.stripe.prices.update(String(data[0]?.id), { active: false });
  const { checkoutSession, userErrors } = await cleo.checkout("starter");
  expect(userErrors).toEqual([]);
  expect(await cleo.pay(checkoutSession.url)).not.toBeNull();
  await app.stripe.prices.update(String(data[0]?.id), { active: true });
});

test("two tiers asked for at once leave one page that can be paid", async ({ app }) => {
  const dora = app.person("dora");
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) => dora.checkout(index % 2 ? "starter" : "enterprise")),
  );
  const urls = [...new Set(answers.flatMap(({ checkoutSession }) => checkoutSession?.url ?? []))];
  const paid = await Promise.all(urls.map((url) => dora.pay(url)));
  expect(paid.filter((target) => target !== null)).toHaveLength(1);
  await quiet(app);
  const { payments } = await dora.ask("{ payments { nodes { status } } }");
  expect(payments.nodes).toEqual([{ status: "SUCCEEDED" }]);
});

test("a page that is open while staff begin a subscription in the dashboard is closed, and cannot be paid any more", async ({
  app,
}) => {
  const hedda = app.person("hedda");
  const { checkoutSession } = await hedda.checkout("professional");
  const { id: customer } = await customerOf(app, "hedda");
  const payment_method = (await app.stripe.paymentMethods.attach("pm_card_visa", { customer })).id;
  const starter = (await app.stripe.prices.list({ limit: 100 })).data.find(
    ({ unit_amount, recurring }) => unit_amount === 999 && recurring?.interval === "month",
  );
  const items = [{ price: String(starter?.id) }];
  await app.stripe.subscriptions.create({ customer, items, default_payment_method: payment_method });
  await quiet(app);
  await app.sandbox.advance(61);
  await until("the page is closed", async () => {
    const query = "query ($id: ID!) { checkoutSession(id: $id) { status } }";
    return (await hedda.ask(query, { id: checkoutSession.id })).checkoutSession.status === "EXPIRED";
  });
  expect(await hedda.pay(checkoutSession.url)).toBeNull();
  expect((await app.stripe.subscriptions.list({ customer, status: "all" })).data).toHaveLength(1);
  expect((await hedda.checkout("professional")).userErrors).toMatchObject([{ code: "ALREADY_SUBSCRIBED" }]);
});

test("odd characters in a return URL or a key do no harm", async ({ app }) => {
  const eli = app.person("eli");
  const odd = `http://localhost:3000/a\u0000b\uD800?${randomUUID()}`;
  const { checkoutSession, userErrors } = await eli.checkout("starter", { returnUrl: odd });
  expect(userErrors).toEqual([]);
  expect(await eli.pay(checkoutSession.url)).toContain(`checkout_session=${checkoutSession.id}`);
});

test("a busy customer keeps the live update waiting, and does not end it", async ({ app }) => {
  await app.control("POST", "/sandbox/deliveries", { mode: "drop" });
  const fay = app.person("fay");
  const { checkoutSession } = await fay.checkout("starter");
  const stream = await fay.subscribe("subscription ($id: ID!) { checkoutSessionUpdated(id: $id) { status } }", {
    id: checkoutSession.id,
  });
  expect((await stream.next()).data.checkoutSessionUpdated.status).toBe("OPEN");
  await busy(app, "fay", async (isWaitedFor) => {
    const sessions = await app.stripe.checkout.sessions.list({ status: "open", limit: 100 });
    const own = sessions.data.find(({ customer_details }) => customer_details?.email === "fay@example.com");
    await app.stripe.checkout.sessions.expire(String(own?.id));
    await until("the live update waits for the customer", isWaitedFor);
    await until("it has given up", async () => !(await isWaitedFor()));
  });
  expect(await stream.next()).toEqual({ data: { checkoutSessionUpdated: { status: "EXPIRED" } } });
  await stream.ended;
  await app.control("POST", "/sandbox/deliveries", { mode: "send" });
});

test(`webhooks and mutations of one customer at once end as Stripe has it (seed ${faultSeed})`, async ({ app }) => {
  const gus = await app.customerOn("professional", "gus");
  const random = seeded(faultSeed);
  const mutations = {
    registerCustomer: ["registerCustomer(input: {}) { userErrors { code } }", []],
    createPortalSession: [`createPortalSession(input: { returnUrl: "${returnUrl}" }) { userErrors { code } }`, []],
    createCheckoutSession: [
      `createCheckoutSession(input: { priceId: "${await findPrice(app, "enterprise")}", returnUrl: "${returnUrl}" }) {
        userErrors { code } }`,
      ["ALREADY_SUBSCRIBED"],
    ],
  } as const;
  for (let round = 0; round < 3; round += 1) {
    const told = await changesUnheard(app, ["gus"], 2, random);
    const asked = Object.entries(mutations).flatMap((mutation) => [mutation, mutation]);
    const [, ...answers] = await Promise.all([
      deliverAll(app, [app.url], told),
      ...asked.map(async ([field, [text, refusals]]) => {
        const { userErrors } = (await gus.ask(`mutation { ${text} }`))[field];
        return { field, refusals, codes: userErrors.map(({ code }: { code: string }) => code) };
      }),
    ]);
    for (const { field, refusals, codes } of answers) {
      expect(codes[0] === "REQUEST_IN_PROGRESS" ? refusals : codes, field).toEqual(refusals);
    }
    await expectStripesTruth(app);
  }
});

test("in the end everything is here as it is at Stripe", async ({ app }) => {
  await expectStripesTruth(app);
});

/** Holds a customer as another process would, which is in the middle of something. */
async function busy(app: TestApp, sub: string, work: (isWaitedFor: () => Promise<boolean>) => Promise<void>) {
  const locks = openLocks(app.config.database.url, 1);
  const waiting =
    "select 1 from pg_locks join pg_database on oid = database where datname = current_database() and not granted";
  await locks.hold(`customer:${userIdOf(sub)}`, 1_000, () =>
    work(async () => (await app.connection.db.execute(waiting)).length > 0),
  );
  await locks.close();
}
