import { expect } from "vitest";
import { startTestApp, type TestApp, test } from "./support/app.js";
import { disputing, lose } from "./support/disputes.js";
import { customerOf, subscriptionOf } from "./support/objects.js";
import type { Person } from "./support/person.js";
import { change, planOf } from "./support/plans.js";
import { quiet } from "./support/quiet.js";
import { reconcile, unheard } from "./support/reconcile.js";
import { actsOn, newestPayment, refund, staffOf } from "./support/staff-acts.js";
import { plantFault, requestFaultsMet } from "./support/stripe.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

const day = 24 * 60 * 60;
const changes = "subscription { entitlementsChanged { entitlements { feature { key } source } } }";

async function sourceOf(person: Person): Promise<string> {
  return (await person.ask(`{ entitlement(feature: "guests") { source } }`)).entitlement.source;
}

/** Stripe's newest payment of somebody. */
async function intentOf(app: TestApp, { sub }: Person): Promise<string> {
  const { id: customer } = await customerOf(app, sub);
  const [intent] = (await app.stripe.paymentIntents.list({ customer })).data;
  return intent?.id ?? "nothing";
}

function ended(person: Person) {
  return until("the subscription has ended", async () => (await planOf(person)).status === "CANCELED");
}

test("a full refund of the running period ends access at once, and whoever listens hears of it", async ({ app }) => {
  const ada = await app.customerOn("professional", "ada");
  await quiet(app);
  const stream = await ada.subscribe(changes);
  await refund(app, (await newestPayment(ada)).id);
  expect(await planOf(ada)).toMatchObject({ status: "CANCELED" });
  expect(await sourceOf(ada)).toBe("FREE_TIER");
  const { entitlements } = (await stream.next()).data.entitlementsChanged;
  expect(entitlements).toContainEqual({ feature: { key: "guests" }, source: "FREE_TIER" });
  expect((await customerOf(app, "ada")).balance).toBe(0);
  expect((await subscriptionOf(app, "ada")).cancellation_details?.comment).toContain("given back in full");
  expect((await actsOn(app, ada)).map(({ actor, action }) => [actor, action])).toEqual([
    ["root", "payment.refund"],
    ["system", "subscription.end"],
  ]);
  await expectStripesTruth(app);
  await ada.buy("starter");
  await quiet(app);
  expect(await planOf(ada)).toMatchObject({ status: "ACTIVE", tier: { slug: "starter" } });
});

test("so does one that was made in the dashboard, in one piece or in two", async ({ app }) => {
  const bob = await app.customerOn("starter", "bob");
  const payment_intent = await intentOf(app, bob);
  await app.stripe.refunds.create({ payment_intent, amount: 998 });
  await quiet(app);
  expect(await planOf(bob)).toMatchObject({ status: "ACTIVE" });
  await app.stripe.refunds.create({ payment_intent });
  await ended(bob);
  expect(await sourceOf(bob)).toBe("FREE_TIER");
  await expectStripesTruth(app);
});

test("one that was made in the dashboard while Stripe would end nothing ends access afterwards", async ({ app }) => {
  const ivo = await app.customerOn("starter", "ivo");
  await quiet(app);
  const { id } = await subscriptionOf(app, "ivo");
  await plantFault(app, { method: "DELETE", path: `/v1/subscriptions/${id}`, times: 3, status: 503 });
  await app.stripe.refunds.create({ payment_intent: await intentOf(app, ivo) });
  await requestFaultsMet(app);
  await ended(ivo);
  expect((await actsOn(app, ivo)).map(({ action }) => action)).toEqual(["subscription.end"]);
  await expectStripesTruth(app);
});

test("one of which a comparison with Stripe tells first ends access too", async ({ app }) => {
  const cleo = await app.customerOn("starter", "cleo");
  await quiet(app);
  const payment_intent = await intentOf(app, cleo);
  await unheard(app, () => app.stripe.refunds.create({ payment_intent }));
  await reconcile(staffOf(app), "cleo", { repair: true });
  await ended(cleo);
});

test("a refund of an earlier period, or of a change within this one, ends nothing", async ({ app }) => {
  const dora = await app.customerOn("starter", "dora");
  const first = await newestPayment(dora);
  await app.control("POST", "/sandbox/clock", { advance_seconds: 32 * day });
  await quiet(app);
  await refund(app, first.id);
  await change(app, dora, "professional");
  const upgrade = await newestPayment(dora);
  expect((await refund(app, upgrade.id)).payment.status).toBe("REFUNDED");
  await quiet(app);
  expect(await planOf(dora)).toMatchObject({ status: "ACTIVE", tier: { slug: "professional" } });
  expect((await actsOn(app, dora)).map(({ action }) => action)).toEqual(["payment.refund", "payment.refund"]);
});

test("a dispute ends access once it is lost, and not before", async ({ app }) => {
  const emil = await disputing(app, "emil");
  expect(await planOf(emil)).toMatchObject({ status: "ACTIVE" });
  await lose(app, "emil");
  await ended(emil);
  expect(await sourceOf(emil)).toBe("FREE_TIER");
  expect(await actsOn(app, emil)).toMatchObject([{ actor: "system", reason: expect.stringContaining("dispute") }]);
  await expectStripesTruth(app);
});

test("what Stripe's outage left is ended afterwards", async ({ app }) => {
  const finn = await app.customerOn("starter", "finn");
  await quiet(app);
  const { id } = await subscriptionOf(app, "finn");
  await plantFault(app, { method: "DELETE", path: `/v1/subscriptions/${id}`, times: 100, status: 503 });
  const payment = await newestPayment(finn);
  await expect(refund(app, payment.id, { idempotencyKey: "finn-1" })).rejects.toThrow();
  expect(await newestPayment(finn)).toMatchObject({ status: "REFUNDED" });
  expect(await planOf(finn)).toMatchObject({ status: "ACTIVE" });
  await app.control("DELETE", "/sandbox/faults");
  expect((await refund(app, payment.id, { idempotencyKey: "finn-1" })).userErrors).toEqual([]);
  expect(await planOf(finn)).toMatchObject({ status: "CANCELED" });
  expect((await actsOn(app, finn)).map(({ action }) => action)).toEqual(["payment.refund", "subscription.end"]);
});

test("where the operator wants it so, neither ends access", async () => {
  const environment = { REFUND_ENDS_ACCESS: "false", DISPUTE_ENDS_ACCESS: "false" };
  const { app, stop } = await startTestApp({ environment });
  const gwen = await app.customerOn("starter", "gwen");
  await refund(app, (await newestPayment(gwen)).id);
  const hana = await disputing(app, "hana");
  await lose(app, "hana");
  await quiet(app);
  await until("both are settled", async () => {
    const open = "select 1 from payments where reversal_settled_at is null";
    return (await app.connection.db.execute(open)).length === 0;
  });
  for (const person of [gwen, hana]) expect(await planOf(person)).toMatchObject({ status: "ACTIVE" });
  await stop();
});
