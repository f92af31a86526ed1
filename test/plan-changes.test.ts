import { expect } from "vitest";
import { test } from "./support/app.js";
import { subscriptionOf } from "./support/objects.js";
import { change, chargeTo, dropChange, newestInvoice, planOf, preview } from "./support/plans.js";
import { quiet } from "./support/quiet.js";
import { apiRequests } from "./support/stripe.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

const day = 24 * 60 * 60;

test("an upgrade is charged at once, and costs what its preview said", async ({ app }) => {
  const ada = await app.customerOn("starter", "ada");
  await app.control("POST", "/sandbox/clock", { advance_seconds: 10 * day });
  const shown = await preview(app, ada, "professional");
  expect(shown).toMatchObject({
    direction: "UPGRADE",
    recurring: { amount: 2999 },
    blockers: [],
    lost: [],
    token: expect.any(String),
  });
  expect(shown.gained).toContainEqual({ feature: { key: "guests" }, limit: 6 });
  const { subscription, userErrors } = await change(app, ada, "professional", { previewToken: shown.token });
  expect(userErrors).toEqual([]);
  expect(subscription).toMatchObject({ status: "ACTIVE", tier: { slug: "professional" }, pendingChange: null });
  const invoice = await newestInvoice(app, ada);
  expect(invoice).toMatchObject({ billing_reason: "subscription_update", status: "paid" });
  expect(invoice?.amount_paid).toBe(shown.dueNow.amount);
  expect(invoice?.lines.data.map(({ amount }) => amount)).toEqual(
    shown.lines.map(({ amount }: { amount: { amount: number } }) => amount.amount),
  );
  const { entitlement } = await ada.ask(`{ entitlement(feature: "guests") { limit } }`);
  expect(entitlement.limit).toBe(6);
  await expectStripesTruth(app);
});

test("a downgrade waits for the end of the period, shows as pending, and can be dropped", async ({ app }) => {
  const bob = await app.customerOn("professional", "bob");
  const { currentPeriod } = await planOf(bob);
  const shown = await preview(app, bob, "starter");
  expect(shown).toMatchObject({ direction: "DOWNGRADE", dueNow: { amount: 0 }, recurring: { amount: 999 }, lines: [] });
  expect(shown.effectiveAt).toBe(currentPeriod.end);
  expect(shown.lost).toContainEqual({ feature: { key: "scenes_premium" }, limit: null });
  const changed = await change(app, bob, "starter", { previewToken: shown.token });
  expect(changed.userErrors).toEqual([]);
  expect(changed.subscription).toMatchObject({
    tier: { slug: "professional" },
    pendingChange: { tier: { slug: "starter" }, effectiveAt: currentPeriod.end },
  });
  expect(changed.subscription.availableActions).toContain("CANCEL_PENDING_CHANGE");

  const dropped = await dropChange(bob);
  expect(dropped).toMatchObject({ userErrors: [], subscription: { pendingChange: null } });
  expect(await dropChange(bob)).toMatchObject({ userErrors: [{ code: "NO_CHANGE_PENDING" }] });
  await expectStripesTruth(app);
});

test("a downgrade comes about with the new period, at its price, and a new one takes its place", async ({ app }) => {
  const cleo = await app.customerOn("enterprise", "cleo");
  await change(app, cleo, "starter");
  await change(app, cleo, "professional");
  expect(await planOf(cleo)).toMatchObject({ pendingChange: { tier: { slug: "professional" } } });
  await app.control("POST", "/sandbox/clock", { advance_seconds: 32 * day });
  await quiet(app);
  expect(await planOf(cleo)).toMatchObject({ tier: { slug: "professional" }, pendingChange: null, status: "ACTIVE" });
  expect((await newestInvoice(app, cleo))?.total).toBe(2999);
  await expectStripesTruth(app);
});

test("an upgrade takes the place of a downgrade that waits", async ({ app }) => {
  const dora = await app.customerOn("professional", "dora");
  await change(app, dora, "starter");
  const { subscription, userErrors } = await change(app, dora, "enterprise");
  expect(userErrors).toEqual([]);
  expect(subscription).toMatchObject({ tier: { slug: "enterprise" }, pendingChange: null });
  await app.control("POST", "/sandbox/clock", { advance_seconds: 32 * day });
  await quiet(app);
  expect(await planOf(dora)).toMatchObject({ tier: { slug: "enterprise" } });
});

test("an upgrade whose payment is declined leaves the old plan, and nothing to be paid", async ({ app }) => {
  const emil = await app.customerOn("starter", "emil");
  await chargeTo(app, emil, "pm_card_chargeCustomerFail");
  const { subscription, userErrors } = await change(app, emil, "professional");
  expect(subscription).toBeNull();
  expect(userErrors).toEqual([{ code: "PAYMENT_FAILED", message: expect.stringContaining("declined"), path: null }]);
  expect(await planOf(emil)).toMatchObject({ tier: { slug: "starter" }, pendingChange: null, status: "ACTIVE" });
  expect((await newestInvoice(app, emil))?.status).toBe("void");
  await expectStripesTruth(app);
  await chargeTo(app, emil, "pm_card_visa");
  expect(await change(app, emil, "professional")).toMatchObject({ subscription: { tier: { slug: "professional" } } });
});

test("a downgrade that waits goes on waiting when an upgrade in its place is declined", async ({ app }) => {
  const emma = await app.customerOn("professional", "emma");
  const { subscription } = await change(app, emma, "starter");
  await chargeTo(app, emma, "pm_card_chargeCustomerFail");
  expect((await change(app, emma, "enterprise")).userErrors).toMatchObject([{ code: "PAYMENT_FAILED" }]);
  expect(await planOf(emma)).toMatchObject({
    tier: { slug: "professional" },
    pendingChange: subscription.pendingChange,
  });
  await chargeTo(app, emma, "pm_card_visa");
  await app.control("POST", "/sandbox/clock", { advance_seconds: 32 * day });
  await quiet(app);
  expect(await planOf(emma)).toMatchObject({ tier: { slug: "starter" }, status: "ACTIVE", pendingChange: null });
});

test("an upgrade that the bank wants confirmed takes effect once it is", async ({ app }) => {
  const finn = await app.customerOn("starter", "finn");
  await chargeTo(app, finn, "pm_card_authenticationRequired");
  const { subscription, confirmationUrl, userErrors } = await change(app, finn, "professional");
  expect(userErrors).toEqual([]);
  expect(subscription).toMatchObject({ tier: { slug: "starter" }, pendingChange: { tier: { slug: "professional" } } });
  expect(await (await fetch(confirmationUrl)).text()).toContain("Pay $20.00");
  const bank = await finn.pay(confirmationUrl, { number: "4000 0027 6000 3184" });
  await fetch(String(bank), { method: "POST", body: new URLSearchParams({ action: "authorize" }) });
  await until("the change is in force", async () => (await planOf(finn)).tier.slug === "professional");
  expect(await planOf(finn)).toMatchObject({ pendingChange: null });
  await expectStripesTruth(app);
});

test("an upgrade that nobody confirms lapses, and the old plan goes on", async ({ app }) => {
  const gwen = await app.customerOn("starter", "gwen");
  await chargeTo(app, gwen, "pm_card_authenticationRequired");
  await change(app, gwen, "professional");
  await app.control("POST", "/sandbox/clock", { advance_seconds: day });
  await quiet(app);
  expect(await planOf(gwen)).toMatchObject({ tier: { slug: "starter" }, pendingChange: null, status: "ACTIVE" });
  await expectStripesTruth(app);
});

test("a preview that no longer holds is refused, and nothing is charged", async ({ app }) => {
  const hana = await app.customerOn("starter", "hana");
  const { token } = await preview(app, hana, "professional");
  const stale = { userErrors: [{ code: "PREVIEW_STALE", path: ["input", "previewToken"] }] };
  expect(await change(app, hana, "enterprise", { previewToken: token })).toMatchObject(stale);
  expect(await change(app, hana, "professional", { previewToken: `${token}x` })).toMatchObject(stale);
  expect(await planOf(hana)).toMatchObject({ tier: { slug: "starter" } });
});

test("a preview lasts for a quarter of an hour", async ({ app }) => {
  const ivan = await app.customerOn("starter", "ivan");
  const { token } = await preview(app, ivan, "professional");
  await app.control("POST", "/sandbox/clock", { advance_seconds: 901 });
  await quiet(app);
  const refused = await change(app, ivan, "professional", { previewToken: token });
  expect(refused.userErrors).toMatchObject([{ code: "PREVIEW_STALE" }]);
  expect(await planOf(ivan)).toMatchObject({ tier: { slug: "starter" } });
});

test("what was agreed is charged though minutes have passed", async ({ app }) => {
  const jane = await app.customerOn("starter", "jane");
  await app.control("POST", "/sandbox/clock", { advance_seconds: 3 * day });
  const { token, dueNow } = await preview(app, jane, "professional");
  await app.control("POST", "/sandbox/clock", { advance_seconds: 600 });
  await quiet(app);
  expect(await change(app, jane, "professional", { previewToken: token })).toMatchObject({ userErrors: [] });
  expect((await newestInvoice(app, jane))?.amount_paid).toBe(dueNow.amount);
});

test("the same key makes one change, and gives the same answer again", async ({ app }) => {
  const kira = await app.customerOn("starter", "kira");
  const id = (await subscriptionOf(app, "kira")).id;
  await quiet(app);
  const before = (await apiRequests(app, "POST", `/v1/subscriptions/${id}`)).length;
  const first = await change(app, kira, "professional", { idempotencyKey: "kira-1" });
  const second = await change(app, kira, "professional", { idempotencyKey: "kira-1" });
  expect(second).toEqual(first);
  expect((await apiRequests(app, "POST", `/v1/subscriptions/${id}`)).length).toBe(before + 1);
  const other = await change(app, kira, "enterprise", { idempotencyKey: "kira-1" });
  expect(other.userErrors).toMatchObject([{ code: "IDEMPOTENCY_KEY_REUSED" }]);
});

test("what cannot be is refused beforehand, and named", async ({ app }) => {
  const liam = await app.customerOn("starter", "liam");
  const codes = async (tier: string, input = {}) => {
    const shown = await preview(app, liam, tier, input);
    const { userErrors } = await change(app, liam, tier, input);
    expect(shown).toMatchObject({ token: null, direction: null, dueNow: null, recurring: null, effectiveAt: null });
    expect(shown.blockers).toEqual(userErrors);
    return userErrors.map(({ code }: { code: string }) => code);
  };
  expect(await codes("starter")).toEqual(["ALREADY_ON_TIER"]);
  expect(await codes("professional", { currency: "EUR" })).toEqual(["CURRENCY_MISMATCH"]);
  expect(await codes("professional", { quantity: 2 })).toEqual(["SEATS_NOT_AVAILABLE"]);
  expect(await codes("professional", { promotionCode: "NOBODYS" })).toEqual(["PROMOTION_CODE_INVALID"]);
  const nobody = app.person("nobody-yet");
  expect((await preview(app, nobody, "starter")).blockers).toMatchObject([{ code: "NO_SUBSCRIPTION" }]);
});

test("more in use than the lesser tier allows blocks the way there", async ({ app }) => {
  const mona = await app.customerOn("professional", "mona");
  const service = app.person("studio", { role: "service" });
  const events = [{ feature: "guests", quantity: 5, idempotencyKey: "mona-5" }];
  await service.ask("mutation ($input: RecordUsageInput!) { recordUsage(input: $input) { results { isAccepted } } }", {
    input: { externalCustomerId: "mona", events },
  });
  const { blockers } = await preview(app, mona, "starter");
  expect(blockers).toMatchObject([{ code: "USAGE_EXCEEDS_CURRENT_TIER_LIMIT", message: expect.stringContaining("5") }]);
  expect((await preview(app, mona, "enterprise")).blockers).toEqual([]);
});

test("a year in place of a month is charged at once; a month in place of a year waits", async ({ app }) => {
  const nora = await app.customerOn("starter", "nora");
  const up = await preview(app, nora, "starter", { interval: "YEAR" });
  expect(up).toMatchObject({ direction: "UPGRADE", recurring: { amount: 9990 }, dueNow: { amount: 9990 - 999 } });
  await change(app, nora, "starter", { interval: "YEAR", previewToken: up.token });
  expect(await planOf(nora)).toMatchObject({ price: { interval: "YEAR" } });
  const down = await preview(app, nora, "professional", { interval: "MONTH", timing: "PERIOD_END" });
  expect(down).toMatchObject({
    direction: "UPGRADE",
    dueNow: { amount: 0 },
    effectiveAt: (await planOf(nora)).currentPeriod.end,
  });
  expect(await preview(app, nora, "starter", { interval: "MONTH" })).toMatchObject({ direction: "DOWNGRADE" });
});

test("a promotion code comes off an upgrade, and a discount in force stays with the next one", async ({ app }) => {
  const olga = await app.customerOn("starter", "olga");
  const coupon = await app.stripe.coupons.create({ percent_off: 50, duration: "forever" });
  await app.stripe.promotionCodes.create({ code: "HALF", promotion: { type: "coupon", coupon: coupon.id } });
  const shown = await preview(app, olga, "professional", { promotionCode: "HALF" });
  expect(shown).toMatchObject({ blockers: [], recurring: { amount: 1499 } });
  const changed = await change(app, olga, "professional", { promotionCode: "HALF", previewToken: shown.token });
  expect(changed.userErrors).toEqual([]);
  expect((await newestInvoice(app, olga))?.amount_paid).toBe(shown.dueNow.amount);
  expect(await preview(app, olga, "enterprise")).toMatchObject({ recurring: { amount: 4999 } });
  expect((await subscriptionOf(app, "olga")).discounts).toHaveLength(1);
});
