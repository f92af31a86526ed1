import { expect, test as plain } from "vitest";
import { startTestApp, test } from "./support/app.js";
import { adminCancel, cancel, codesOf, courseOf, resume, standingOf } from "./support/course.js";
import { fallBehind, subscriptionOf } from "./support/objects.js";
import { change, chargeTo, newestInvoice, planOf, purchaseIsOver } from "./support/plans.js";
import { quiet } from "./support/quiet.js";
import { apiRequests, plantFault } from "./support/stripe.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

const daySeconds = 24 * 3600;

test("cancelling keeps access until the paid period ends, and then it is gone", async ({ app }) => {
  const ada = await app.customerOn("professional", "ada");
  const comment = "Too dear for us.\nThank you!";
  const { subscription, userErrors } = await cancel(ada, { reason: "TOO_EXPENSIVE", comment });
  expect(userErrors).toEqual([]);
  expect(subscription).toMatchObject({ status: "ACTIVE", isEntitling: true, endedAt: null });
  expect(subscription.cancelsAt).toBe(subscription.currentPeriod.end);
  expect(subscription.availableActions).toContain("RESUME");
  expect((await subscriptionOf(app, "ada")).cancellation_details).toMatchObject({ feedback: "too_expensive", comment });
  expect(await app.connection.db.execute("select cancellation_comment from subscriptions")).toEqual([
    { cancellation_comment: comment },
  ]);
  expect(codesOf(await cancel(ada))).toEqual(["ALREADY_CANCELED"]);
  expect(codesOf(await cancel(ada, { timing: "IMMEDIATE" }))).toEqual(["ALREADY_CANCELED"]);

  await app.sandbox.setClock(new Date(Date.parse(subscription.cancelsAt) - 1000));
  await quiet(app);
  expect((await standingOf(ada)).hasAccess).toBe(true);
  await app.sandbox.advance(2);
  await quiet(app);
  expect(await courseOf(ada)).toMatchObject({ status: "CANCELED", cancelsAt: null, availableActions: ["OPEN_PORTAL"] });
  expect(await standingOf(ada)).toEqual({ hasAccess: false, credit: 0 });
  expect(codesOf(await cancel(ada))).toEqual(["NO_SUBSCRIPTION"]);
});

test("cancelling at once ends access, credits what was not used, and is heard of", async ({ app }) => {
  const bea = await app.customerOn("professional", "bea");
  await app.sandbox.advance(10 * daySeconds);
  await quiet(app);
  const { currentPeriod } = await courseOf(bea);
  const stream = await bea.subscribe(
    "subscription { currentSubscriptionUpdated { previousStatus cause subscription { status } } }",
  );
  const { subscription, userErrors } = await cancel(bea, { timing: "IMMEDIATE", reason: "UNUSED" });
  expect(userErrors).toEqual([]);
  expect(subscription).toMatchObject({ status: "CANCELED", isEntitling: false, endedAt: expect.any(String) });
  expect((await standingOf(bea)).hasAccess).toBe(false);
  expect((await stream.next()).data.currentSubscriptionUpdated).toEqual({
    previousStatus: "ACTIVE",
    cause: "CUSTOMER",
    subscription: { status: "CANCELED" },
  });
  await stream.close();
  await quiet(app);
  const [start, end, ended] = [currentPeriod.start, currentPeriod.end, subscription.endedAt].map(Date.parse);
  const unused = Math.round((2999 * (Number(end) - Number(ended))) / (Number(end) - Number(start)));
  expect((await standingOf(bea)).credit).toBe(unused);
  // The credit pays for what is bought next.
  await bea.buy("professional");
  expect((await newestInvoice(app, bea))?.amount_paid).toBe(2999 - unused);
  await expectStripesTruth(app);
});

test("a change of plan that waits is dropped by a cancellation", async ({ app }) => {
  const cleo = await app.customerOn("professional", "cleo");
  await change(app, cleo, "starter");
  const { subscription, userErrors } = await cancel(cleo);
  expect(userErrors).toEqual([]);
  expect(subscription).toMatchObject({ pendingChange: null, cancelsAt: subscription.currentPeriod.end });
  expect((await subscriptionOf(app, "cleo")).schedule).toBeNull();
});

test("a cancellation is taken back by whichever field it was made", async ({ app }) => {
  const dora = await app.customerOn("starter", "dora");
  const { id, items } = await subscriptionOf(app, "dora");
  expect(codesOf(await resume(dora))).toEqual(["NOT_CANCELING"]);
  const end = Number(items.data[0]?.current_period_end);
  for (const made of [{ cancel_at_period_end: true }, { cancel_at: end }, { cancel_at: end - daySeconds }]) {
    await app.stripe.subscriptions.update(id, made);
    await quiet(app);
    expect(await courseOf(dora)).toMatchObject({ cancelsAt: expect.any(String) });
    const { subscription, userErrors } = await resume(dora);
    expect(userErrors).toEqual([]);
    expect(subscription).toMatchObject({ status: "ACTIVE", cancelsAt: null });
  }
  await cancel(dora, { reason: "OTHER" });
  expect((await resume(dora)).subscription.cancelsAt).toBeNull();
  expect(await app.stripe.subscriptions.retrieve(id)).toMatchObject({
    cancel_at: null,
    cancel_at_period_end: false,
  });
  expect(codesOf(await resume(app.person("nobody")))).toEqual(["NO_SUBSCRIPTION"]);
  await expectStripesTruth(app);
});

test("who owes for the running period and cancels at once owes it no longer, and is credited nothing", async ({
  app,
}) => {
  const emil = await app.customerOn("starter", "emil");
  const [item] = (await subscriptionOf(app, "emil")).items.data;
  const { id, lines } = await fallBehind(app, "emil");
  expect(lines.data[0]?.period.end).toBe(item?.current_period_end);
  const { subscription, userErrors } = await cancel(emil, { timing: "IMMEDIATE" });
  expect(userErrors).toEqual([]);
  expect(subscription.status).toBe("CANCELED");
  const { payments, invoices } = await emil.ask("{ invoices { nodes { status } } payments { nodes { status } } }");
  expect([invoices.nodes.length, payments.nodes.length]).toEqual([2, 1]);
  expect(invoices.nodes).toContainEqual({ status: "VOID" });
  expect(await app.stripe.invoices.retrieve(String(id))).toMatchObject({ status: "void" });
  await quiet(app);
  expect((await standingOf(emil)).credit).toBe(0);
});

test("an hour into a period that is not yet charged, cancelling at once charges and credits nothing", async ({
  app,
}) => {
  const finn = await app.customerOn("starter", "finn");
  const { currentPeriod } = await courseOf(finn);
  await app.sandbox.setClock(new Date(Date.parse(currentPeriod.end) + 1000));
  await quiet(app);
  expect(await newestInvoice(app, finn)).toMatchObject({ status: "draft" });
  expect((await cancel(finn, { timing: "IMMEDIATE" })).userErrors).toEqual([]);
  await app.sandbox.advance(2 * daySeconds);
  await quiet(app);
  expect(await newestInvoice(app, finn)).toMatchObject({ status: "void" });
  expect(await standingOf(finn)).toEqual({ hasAccess: false, credit: 0 });
  await expectStripesTruth(app);
});

test("the same key cancels once and answers the same, also where Stripe did it and nobody heard", async ({ app }) => {
  const gwen = await app.customerOn("starter", "gwen");
  const { id } = await subscriptionOf(app, "gwen");
  await purchaseIsOver(app, "gwen");
  const path = `/v1/subscriptions/${id}`;
  await plantFault(app, { method: "DELETE", path, reset: true, after: true });
  await plantFault(app, { method: "GET", path, reset: true, skip: 3, times: 4 });
  const input = { timing: "IMMEDIATE", idempotencyKey: "gwen-1" };
  const query =
    "mutation ($input: CancelSubscriptionInput!) { cancelSubscription(input: $input) { userErrors { code } } }";
  const { errors } = await gwen.graphql(query, { input });
  expect(errors?.[0]?.extensions).toMatchObject({ code: "UPSTREAM_UNAVAILABLE" });
  await app.control("DELETE", "/sandbox/faults");
  expect((await subscriptionOf(app, "gwen")).status).toBe("canceled");
  const first = await cancel(gwen, input);
  expect(first).toMatchObject({ userErrors: [], subscription: { status: "CANCELED" } });
  const asked = (await apiRequests(app, "DELETE", path)).length;
  expect(await cancel(gwen, input)).toEqual(first);
  expect(await apiRequests(app, "DELETE", path)).toHaveLength(asked);
  expect(codesOf(await cancel(gwen, { idempotencyKey: "gwen-1" }))).toEqual(["IDEMPOTENCY_KEY_REUSED"]);
  await quiet(app);
  const { credit } = await standingOf(gwen);
  expect(credit).toBeGreaterThan(0);
  expect(credit).toBeLessThanOrEqual(999);
});

test("an answer of Stripe's that was lost on the way does not fail a cancellation", async ({ app }) => {
  await app.customerOn("starter", "gus");
  const { id } = await subscriptionOf(app, "gus");
  await plantFault(app, { method: "DELETE", path: `/v1/subscriptions/${id}`, reset: true, after: true });
  const { subscription, userErrors } = await cancel(app.person("gus"), { timing: "IMMEDIATE" });
  expect([userErrors, subscription.status]).toEqual([[], "CANCELED"]);
});

test("a cancellation that a payment came before is decided anew by the next try with its key", async ({ app }) => {
  const kim = await app.customerOn("starter", "kim");
  await purchaseIsOver(app, "kim");
  await chargeTo(app, kim, "pm_card_authenticationRequired");
  await quiet(app);
  const { confirmationUrl } = await change(app, kim, "professional");
  await quiet(app);
  const input = { idempotencyKey: "kim-1" };
  await plantFault(app, { method: "POST", path: "/v1/invoices/*/void", times: 3, status: 500 });
  await expect(cancel(kim, input)).rejects.toThrow();
  await app.control("DELETE", "/sandbox/faults");
  const bank = await kim.pay(confirmationUrl, { number: "4000 0027 6000 3184" });
  await fetch(String(bank), { method: "POST", body: new URLSearchParams({ action: "authorize" }) });
  await until("the change is in force", async () => (await planOf(kim)).tier.slug === "professional");
  await quiet(app);
  expect(codesOf(await cancel(kim, input))).toEqual(["REQUEST_IN_PROGRESS"]);
  const { subscription, userErrors } = await cancel(kim, input);
  expect(userErrors).toEqual([]);
  expect(subscription).toMatchObject({ tier: { slug: "professional" }, cancelsAt: subscription.currentPeriod.end });
  await expectStripesTruth(app);
});

test("of a cancellation and upgrades at once, one wins and the rest is refused", async ({ app }) => {
  const hana = await app.customerOn("starter", "hana");
  const outcomes = await Promise.all(
    Array.from({ length: 64 }, (_, at) =>
      at % 2 === 0 ? cancel(hana, { timing: "IMMEDIATE" }) : change(app, hana, "professional"),
    ),
  );
  const cancelled = outcomes.filter(({ subscription }) => subscription?.status === "CANCELED");
  const upgraded = outcomes.filter(({ subscription }) => subscription?.status === "ACTIVE");
  expect(cancelled.length).toBe(1);
  expect(upgraded.length).toBeLessThanOrEqual(1);
  const refused = new Set(outcomes.flatMap(codesOf));
  refused.delete("REQUEST_IN_PROGRESS");
  refused.delete("ALREADY_ON_TIER");
  expect([...refused].filter((code) => code !== "NO_SUBSCRIPTION")).toEqual([]);
  expect((await courseOf(hana)).status).toBe("CANCELED");
  await expectStripesTruth(app);
});

test("a comment that cannot be kept is refused", async ({ app }) => {
  const ivan = app.person("ivan");
  for (const comment of ["x".repeat(1001), "\u0007"]) {
    expect((await cancel(ivan, { comment })).userErrors).toMatchObject([
      { code: "INVALID_INPUT", path: ["input", "comment"] },
    ]);
  }
});

test("staff stop any subscription, with a reason in the audit log", async ({ app }) => {
  const [jane, grace] = [await app.customerOn("starter", "jane"), app.person("grace", { role: "admin" })];
  const { id: subscriptionId } = await courseOf(jane);
  const stream = await jane.subscribe("subscription { currentSubscriptionUpdated { cause } }");
  const input = { subscriptionId, reason: "asked on the phone", idempotencyKey: "grace-1" };
  const later = await adminCancel(grace, input);
  expect(later).toMatchObject({ userErrors: [], subscription: { status: "ACTIVE", cancelsAt: expect.any(String) } });
  expect((await stream.next()).data.currentSubscriptionUpdated).toEqual({ cause: "ADMIN" });
  await stream.close();
  expect(await adminCancel(grace, input)).toEqual(later);
  expect(codesOf(await adminCancel(grace, { subscriptionId, reason: "again" }))).toEqual(["ALREADY_CANCELED"]);
  const now = await adminCancel(grace, { subscriptionId, timing: "IMMEDIATE", reason: "fraud" });
  expect(now).toMatchObject({ userErrors: [], subscription: { status: "CANCELED" } });
  expect(codesOf(await adminCancel(grace, { subscriptionId, reason: "again" }))).toEqual(["NO_SUBSCRIPTION"]);
  expect((await adminCancel(grace, { subscriptionId: "bsub_x", reason: "none" })).userErrors).toMatchObject([
    { code: "NOT_FOUND", path: ["input", "subscriptionId"] },
  ]);
  expect((await adminCancel(grace, { subscriptionId, reason: " " })).userErrors).toMatchObject([
    { code: "INVALID_INPUT", path: ["input", "reason"] },
  ]);
  const log = await app.connection.db.execute(
    `select actor, reason, details -> 'before' ->> 'status' as before, details -> 'after' ->> 'status' as after
     from audit_log where action = 'subscription.cancel' order by occurred_at, id`,
  );
  expect([...log]).toEqual([
    { actor: "grace", reason: "asked on the phone", before: "ACTIVE", after: "ACTIVE" },
    { actor: "grace", reason: "fraud", before: "ACTIVE", after: "CANCELED" },
  ]);
});

plain("where the service is set so, canceling at once credits nothing", async () => {
  const { app, stop } = await startTestApp({ environment: { CANCEL_NOW_CREDIT: "false" } });
  const lea = await app.customerOn("starter", "lea");
  expect((await cancel(lea, { timing: "IMMEDIATE" })).userErrors).toEqual([]);
  await quiet(app);
  expect(await standingOf(lea)).toEqual({ hasAccess: false, credit: 0 });
  await stop();
});
