import { expect } from "vitest";
import { type TestApp, test } from "./support/app.js";
import { cancel, codesOf, courseOf, pause, resume, standingOf } from "./support/course.js";
import { customerOf, fallBehind, subscriptionOf } from "./support/objects.js";
import type { Person } from "./support/person.js";
import { change, chargeTo, newestInvoice } from "./support/plans.js";
import { quiet } from "./support/quiet.js";
import { apiRequests, plantFault } from "./support/stripe.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

const daySeconds = 24 * 3600;
const inDays = (app: TestApp, days: number) => new Date(app.now().getTime() + days * daySeconds * 1000).toISOString();

test("a pause takes access at once, keeps what was paid as credit, and ends when the customer says so", async ({
  app,
}) => {
  const ada = await app.customerOn("professional", "ada");
  await app.sandbox.advance(10 * daySeconds);
  await quiet(app);
  const { subscription, userErrors } = await pause(ada);
  expect(userErrors).toEqual([]);
  expect(subscription).toMatchObject({ status: "PAUSED", isEntitling: false, resumesAt: null });
  expect(subscription.availableActions).toEqual(["CANCEL", "OPEN_PORTAL", "RESUME", "UPDATE_PAYMENT_METHOD"]);
  expect((await subscriptionOf(app, "ada")).pause_collection).toBeNull();
  await quiet(app);
  const paused = await standingOf(ada);
  expect(paused.hasAccess).toBe(false);
  expect(paused.credit).toBeGreaterThan(1500);
  expect(codesOf(await pause(ada))).toEqual(["NO_SUBSCRIPTION"]);

  await app.sandbox.advance(90 * daySeconds);
  await quiet(app);
  expect(await courseOf(ada)).toMatchObject({ status: "PAUSED" });
  const resumed = await resume(ada);
  expect(resumed).toMatchObject({ userErrors: [], subscription: { status: "ACTIVE", isEntitling: true } });
  expect(Date.parse(resumed.subscription.currentPeriod.start)).toBeLessThanOrEqual(app.now().getTime());
  expect(await newestInvoice(app, ada)).toMatchObject({ status: "paid", amount_paid: 2999 - paused.credit });
  expect(codesOf(await resume(ada))).toEqual(["NOT_CANCELING"]);
  await expectStripesTruth(app);
});

test("a pause ends by itself when it was told to, and that is heard", async ({ app }) => {
  const bea = await app.customerOn("starter", "bea");
  const resumesAt = inDays(app, 14);
  const { subscription, userErrors } = await pause(bea, { resumesAt });
  expect(userErrors).toEqual([]);
  expect(subscription).toMatchObject({ status: "PAUSED", resumesAt });
  await app.sandbox.setClock(new Date(Date.parse(resumesAt) - 60_000));
  await quiet(app);
  expect(await courseOf(bea)).toMatchObject({ status: "PAUSED", resumesAt });
  const stream = await bea.subscribe(
    "subscription { currentSubscriptionUpdated { previousStatus cause subscription { status resumesAt } } }",
  );
  await app.sandbox.advance(60);
  expect((await stream.next()).data.currentSubscriptionUpdated).toEqual({
    previousStatus: "PAUSED",
    cause: "RENEWAL",
    subscription: { status: "ACTIVE", resumesAt: null },
  });
  await stream.close();
  await expectStripesTruth(app);
});

test("an end that has come waits while Stripe is away, and charges once", async ({ app }) => {
  const cleo = await app.customerOn("starter", "cleo");
  const { id } = await subscriptionOf(app, "cleo");
  await pause(cleo, { resumesAt: inDays(app, 7) });
  await quiet(app);
  const before = await invoicesOf(app, cleo);
  const path = `/v1/subscriptions/${id}/resume`;
  await plantFault(app, { method: "POST", path, status: 503, times: 20 });
  await app.sandbox.advance(8 * daySeconds);
  await until("the pause waits for Stripe", () => app.logged.some((line) => line.includes("waits for Stripe")));
  expect(await courseOf(cleo)).toMatchObject({ status: "PAUSED" });
  await app.control("DELETE", "/sandbox/faults");
  await plantFault(app, { method: "POST", path, reset: true, after: true });
  await app.sandbox.advance(60);
  await until("it goes on", async () => (await courseOf(cleo)).status === "ACTIVE");
  expect(await courseOf(cleo)).toMatchObject({ status: "ACTIVE", resumesAt: null });
  expect(await invoicesOf(app, cleo)).toBe(before + 1);
  await expectStripesTruth(app);
});

test("an end whose payment fails is told in the log, asked for once, and can be asked for again by hand", async ({
  app,
}) => {
  const dora = await app.customerOn("starter", "dora");
  const { id } = await subscriptionOf(app, "dora");
  await app.sandbox.advance(20 * daySeconds);
  await quiet(app);
  await pause(dora, { resumesAt: inDays(app, 40) });
  await app.sandbox.advance(35 * daySeconds);
  await chargeTo(app, dora, "pm_card_chargeCustomerFail");
  await quiet(app);
  await app.sandbox.advance(6 * daySeconds);
  await until("the log tells", () =>
    app.logged.some((line) => line.includes(id) && line.includes("payment for going on failed")),
  );
  await quiet(app);
  await until("the end is past", async () => (await courseOf(dora)).resumesAt === null);
  expect(await courseOf(dora)).toMatchObject({ status: "PAUSED", pendingChange: null });
  await app.sandbox.advance(120);
  await quiet(app);
  expect(await apiRequests(app, "POST", `/v1/subscriptions/${id}/resume`)).toHaveLength(1);
  const invoice = await newestInvoice(app, dora);
  expect(invoice?.status).toBe("open");
  await chargeTo(app, dora, "pm_card_visa");
  // By hand it is asked for anew, and the invoice that was tried in vain is withdrawn.
  expect(await resume(dora)).toMatchObject({ userErrors: [], subscription: { status: "ACTIVE" } });
  expect((await app.stripe.invoices.retrieve(String(invoice?.id))).status).toBe("void");
  await expectStripesTruth(app);
});

test("going on whose payment is declined leaves the pause, and nothing to be paid", async ({ app }) => {
  const emil = await app.customerOn("starter", "emil");
  await app.sandbox.advance(20 * daySeconds);
  await quiet(app);
  await pause(emil);
  await chargeTo(app, emil, "pm_card_chargeCustomerFail");
  await quiet(app);
  const { credit } = await standingOf(emil);
  expect(await resume(emil)).toMatchObject({ subscription: null, userErrors: [{ code: "PAYMENT_FAILED" }] });
  expect(await courseOf(emil)).toMatchObject({ status: "PAUSED" });
  expect((await newestInvoice(app, emil))?.status).toBe("void");
  await quiet(app);
  expect((await standingOf(emil)).credit).toBe(credit);
  await app.stripe.paymentMethods
    .list({ customer: (await customerOf(app, "emil")).id })
    .then(({ data }) => Promise.all(data.map(({ id }) => app.stripe.paymentMethods.detach(id))));
  await quiet(app);
  expect(codesOf(await resume(emil))).toEqual(["PAYMENT_METHOD_REQUIRED"]);
  await chargeTo(app, emil, "pm_card_visa");
  expect(await resume(emil)).toMatchObject({ userErrors: [], subscription: { status: "ACTIVE" } });
  await expectStripesTruth(app);
});

test("going on that the bank wants confirmed says where, and comes with the confirmation", async ({ app }) => {
  const finn = await app.customerOn("starter", "finn");
  await app.sandbox.advance(20 * daySeconds);
  await quiet(app);
  await pause(finn);
  await chargeTo(app, finn, "pm_card_authenticationRequired");
  await quiet(app);
  const [first, second] = [await resume(finn), await resume(finn)];
  for (const refused of [first, second]) {
    expect(refused).toMatchObject({
      subscription: null,
      userErrors: [{ code: "PAYMENT_ACTION_REQUIRED", actionUrl: expect.stringContaining("http") }],
    });
  }
  expect(await courseOf(finn)).toMatchObject({ status: "PAUSED", pendingChange: null });
  const bank = await finn.pay(second.userErrors[0].actionUrl, { number: "4000 0027 6000 3184" });
  await fetch(String(bank), { method: "POST", body: new URLSearchParams({ action: "authorize" }) });
  await until("it goes on", async () => (await courseOf(finn)).status === "ACTIVE");
  await expectStripesTruth(app);
});

test("what cannot be paused is refused, and says why", async ({ app }) => {
  const gwen = await app.customerOn("starter", "gwen");
  expect((await pause(gwen, { resumesAt: "2020-01-01T00:00:00Z" })).userErrors).toMatchObject([
    { code: "INVALID_INPUT", path: ["input", "resumesAt"] },
  ]);
  await cancel(gwen);
  expect(codesOf(await pause(gwen))).toEqual(["ALREADY_CANCELED"]);
  await resume(gwen);
  await fallBehind(app, "gwen");
  expect(codesOf(await pause(gwen))).toEqual(["PAYMENT_FAILED"]);
  const hana = await app.customerOn("starter", "hana");
  const { id } = await subscriptionOf(app, "hana");
  await app.stripe.subscriptions.update(id, { collection_method: "send_invoice", days_until_due: 30 });
  await quiet(app);
  expect((await courseOf(hana)).availableActions).not.toContain("PAUSE");
  expect(codesOf(await pause(hana))).toEqual(["PAYMENT_METHOD_REQUIRED"]);
});

test("a change of plan that waits is dropped by a pause; the same key pauses once, and keeps the end though nobody heard", async ({
  app,
}) => {
  const ivan = await app.customerOn("professional", "ivan");
  const { id } = await subscriptionOf(app, "ivan");
  await change(app, ivan, "starter");
  const path = `/v1/subscriptions/${id}/pause`;
  await plantFault(app, { method: "POST", path, reset: true, after: true, times: 4 });
  const input = { resumesAt: inDays(app, 3), idempotencyKey: "ivan-1" };
  const query =
    "mutation ($input: PauseSubscriptionInput!) { pauseSubscription(input: $input) { userErrors { code } } }";
  const { errors } = await ivan.graphql(query, { input });
  expect(errors?.[0]?.extensions).toMatchObject({ code: "UPSTREAM_UNAVAILABLE" });
  await app.control("DELETE", "/sandbox/faults");
  // Stripe's event tells of the pause, and its end is known.
  await quiet(app);
  expect(await courseOf(ivan)).toMatchObject({ status: "PAUSED", resumesAt: input.resumesAt, pendingChange: null });
  const first = await pause(ivan, input);
  expect(first).toMatchObject({ userErrors: [], subscription: { status: "PAUSED", resumesAt: input.resumesAt } });
  expect(await pause(ivan, input)).toEqual(first);
  await quiet(app);
  expect((await standingOf(ivan)).credit).toBeLessThanOrEqual(2999);
});

test("a pause can be canceled, which ends it now", async ({ app }) => {
  const jane = await app.customerOn("starter", "jane");
  await pause(jane);
  await quiet(app);
  const { credit } = await standingOf(jane);
  expect(await cancel(jane)).toMatchObject({ userErrors: [], subscription: { status: "CANCELED" } });
  await quiet(app);
  expect((await standingOf(jane)).credit).toBe(credit);
  await expectStripesTruth(app);
});

test("an end of our own does not outlive a pause that was ended in the dashboard", async ({ app }) => {
  const kim = await app.customerOn("starter", "kim");
  const { id } = await subscriptionOf(app, "kim");
  await pause(kim, { resumesAt: inDays(app, 30) });
  await app.stripe.subscriptions.resume(id, { payment_behavior: "resume_on_payment_success" });
  await quiet(app);
  expect(await courseOf(kim)).toMatchObject({ status: "ACTIVE", resumesAt: null });
  await app.stripe.subscriptions.pause(id, { type: "subscription" });
  await quiet(app);
  expect(await courseOf(kim)).toMatchObject({ status: "PAUSED", resumesAt: null });
});

async function invoicesOf(app: TestApp, { sub }: Person): Promise<number> {
  const { id: customer } = await customerOf(app, sub);
  return (await app.stripe.invoices.list({ customer, limit: 100 })).data.length;
}
