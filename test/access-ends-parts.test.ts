import { expect } from "vitest";
import { test } from "./support/app.js";
import { customerOf } from "./support/objects.js";
import { paidTwice } from "./support/paid-twice.js";
import type { Person } from "./support/person.js";
import { change, planOf, purchaseIsOver } from "./support/plans.js";
import { quiet } from "./support/quiet.js";
import { newestPayment, refund } from "./support/staff-acts.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

const goesOn = "a payment was taken back, and its subscription goes on: the period is paid for otherwise";

/** Gives all of a payment back, and waits until it is settled what that means. */
async function giveBack(app: Parameters<typeof refund>[0], paymentId: string): Promise<void> {
  expect((await refund(app, paymentId)).payment.status).toBe("REFUNDED");
  await quiet(app);
}

async function statusOf(person: Person): Promise<string> {
  return (await planOf(person)).status;
}

test("the first payment of a period that was upgraded ends nothing, and that of the upgrade then does", async ({
  app,
}) => {
  const { person: ada, first, upgrade } = await paidTwice(app, "ada");
  await giveBack(app, first.id);
  expect(await planOf(ada)).toMatchObject({ status: "ACTIVE", tier: { slug: "enterprise" } });
  expect(app.logged.filter((line) => line.includes(goesOn))).toHaveLength(1);
  await giveBack(app, upgrade.id);
  expect(await statusOf(ada)).toBe("CANCELED");
  expect((await customerOf(app, "ada")).balance).toBe(0);
  await expectStripesTruth(app);
});

test("an upgrade's payment that is left keeps the period, in part as well", async ({ app }) => {
  const { person: bob, first, upgrade } = await paidTwice(app, "bob");
  await refund(app, upgrade.id, { amount: upgrade.amount.amount - 1 });
  await giveBack(app, first.id);
  expect(await statusOf(bob)).toBe("ACTIVE");
});

test("a period that credit has paid for goes on, whatever of the money is given back", async ({ app }) => {
  const cleo = app.person("cleo");
  const { checkoutSession } = await cleo.checkout("professional");
  const { id } = await customerOf(app, "cleo");
  await app.stripe.customers.createBalanceTransaction(id, { amount: -2500, currency: "usd" });
  await cleo.pay(checkoutSession.url);
  await until("the purchase is in force", async () => (await planOf(cleo))?.status === "ACTIVE");
  await purchaseIsOver(app, "cleo");
  const paid = await newestPayment(cleo);
  expect(paid.amount.amount).toBe(499);
  await giveBack(app, paid.id);
  expect(await statusOf(cleo)).toBe("ACTIVE");
  // The next period is paid with money alone.
  await app.control("POST", "/sandbox/clock", { advance_seconds: 32 * 24 * 3600 });
  await quiet(app);
  const renewal = await newestPayment(cleo);
  expect(renewal.amount.amount).toBe(2999);
  await giveBack(app, renewal.id);
  expect(await statusOf(cleo)).toBe("CANCELED");
  await expectStripesTruth(app);
});

test("an upgrade that is given back leaves a period that a code made free", async ({ app }) => {
  const { id: coupon } = await app.stripe.coupons.create({ percent_off: 100, duration: "once" });
  await app.stripe.promotionCodes.create({ code: "GRATIS", promotion: { type: "coupon", coupon } });
  const dora = app.person("dora");
  const { checkoutSession } = await dora.checkout("starter", { promotionCode: "GRATIS" });
  await dora.pay(checkoutSession.url);
  await until("the purchase is in force", async () => (await planOf(dora))?.status === "ACTIVE");
  await purchaseIsOver(app, "dora");
  await change(app, dora, "enterprise");
  await quiet(app);
  await giveBack(app, (await newestPayment(dora)).id);
  expect(await statusOf(dora)).toBe("ACTIVE");
});
