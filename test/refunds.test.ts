import { expect } from "vitest";
import { type TestApp, test } from "./support/app.js";
import { customerOf } from "./support/objects.js";
import type { Person } from "./support/person.js";
import { quiet } from "./support/quiet.js";
import { unheard } from "./support/reconcile.js";
import { actsOn, newestPayment, refund } from "./support/staff-acts.js";
import { plantFault } from "./support/stripe.js";
import { expectStripesTruth } from "./support/truth.js";

const day = 24 * 60 * 60;

async function refundsOf(app: TestApp, { sub }: Person): Promise<number[]> {
  const { id: customer } = await customerOf(app, sub);
  const [intent] = (await app.stripe.paymentIntents.list({ customer })).data;
  const { data } = await app.stripe.refunds.list({ payment_intent: intent?.id ?? "nothing" });
  return data.map(({ amount }) => amount);
}

test("a payment is given back in parts, shown at once, and never beyond what was paid", async ({ app }) => {
  const ada = await app.customerOn("professional", "ada");
  const { id } = await newestPayment(ada);
  const first = await refund(app, id, { amount: 1_000, reason: "two days without service" });
  expect(first).toEqual({
    payment: { id, status: "PARTIALLY_REFUNDED", amount: { amount: 2_999 }, refundedAmount: { amount: 1_000 } },
    userErrors: [],
  });
  expect(await newestPayment(ada)).toMatchObject({ status: "PARTIALLY_REFUNDED", refundedAmount: { amount: 1_000 } });
  expect(await refund(app, id, { amount: 2_000 })).toMatchObject({
    payment: null,
    userErrors: [{ code: "REFUND_EXCEEDS_PAYMENT", path: ["input", "amount"] }],
  });
  expect((await refund(app, id)).payment).toMatchObject({ status: "REFUNDED", refundedAmount: { amount: 2_999 } });
  expect(await refund(app, id)).toMatchObject({
    userErrors: [{ code: "REFUND_EXCEEDS_PAYMENT", path: ["input", "paymentId"] }],
  });
  expect(await refundsOf(app, ada)).toEqual([1_999, 1_000]);
  expect((await actsOn(app, ada)).filter(({ action }) => action === "payment.refund")).toEqual([
    {
      actor: "root",
      action: "payment.refund",
      reason: "two days without service",
      details: { payment: id, amount: 1_000, currency: "usd" },
    },
    expect.objectContaining({ details: { payment: id, amount: 1_999, currency: "usd" } }),
  ]);
  await expectStripesTruth(app);
});

test("what was given back in the dashboard counts, even where that was not heard", async ({ app }) => {
  const bob = await app.customerOn("starter", "bob");
  const { id } = await newestPayment(bob);
  await quiet(app);
  const { id: customer } = await customerOf(app, "bob");
  const [intent] = (await app.stripe.paymentIntents.list({ customer })).data;
  await unheard(app, () => app.stripe.refunds.create({ payment_intent: intent?.id ?? "", amount: 900 }));
  expect((await newestPayment(bob)).refundedAmount.amount).toBe(0);
  expect((await refund(app, id, { amount: 100 })).userErrors).toMatchObject([{ code: "REFUND_EXCEEDS_PAYMENT" }]);
  expect((await refund(app, id, { amount: 99 })).payment).toMatchObject({ status: "REFUNDED" });
});

test("the same key gives back once, also when the answer was lost, and also days later", async ({ app }) => {
  const cleo = await app.customerOn("professional", "cleo");
  const { id } = await newestPayment(cleo);
  const once = { amount: 500, idempotencyKey: "cleo-1" };
  await plantFault(app, { method: "POST", path: "/v1/refunds", times: 3, reset: true, after: true });
  await expect(refund(app, id, once)).rejects.toThrow();
  await app.control("DELETE", "/sandbox/faults");
  const first = await refund(app, id, once);
  expect(first).toMatchObject({ payment: { refundedAmount: { amount: 500 } }, userErrors: [] });
  expect(await refund(app, id, once)).toEqual(first);
  expect((await refund(app, id, { ...once, amount: 600 })).userErrors).toMatchObject([
    { code: "IDEMPOTENCY_KEY_REUSED" },
  ]);
  await app.control("POST", "/sandbox/clock", { advance_seconds: 3 * day });
  expect(await refund(app, id, once)).toEqual(first);
  expect((await refund(app, id, { ...once, amount: 600, reason: "more" })).userErrors).toMatchObject([
    { code: "IDEMPOTENCY_KEY_REUSED" },
  ]);
  expect(await refundsOf(app, cleo)).toEqual([500]);
  expect(await actsOn(app, cleo)).toHaveLength(1);
});

test("a refund that Stripe fails is made once: at once where it was made all the same, else by the next try", async ({
  app,
}) => {
  const gwen = await app.customerOn("professional", "gwen");
  const { id } = await newestPayment(gwen);
  await quiet(app);
  const failing = { method: "POST", path: "/v1/refunds", times: 3, status: 500 };
  const made = { amount: 500, idempotencyKey: "gwen-1" };
  await plantFault(app, { ...failing, after: true });
  const first = await refund(app, id, made);
  await app.control("DELETE", "/sandbox/faults");
  expect(first).toMatchObject({ payment: { refundedAmount: { amount: 500 } }, userErrors: [] });
  expect(await refund(app, id, made)).toEqual(first);

  const failed = { amount: 600, idempotencyKey: "gwen-2" };
  await plantFault(app, failing);
  await expect(refund(app, id, failed)).rejects.toThrow();
  await app.control("DELETE", "/sandbox/faults");
  expect(await refundsOf(app, gwen)).toEqual([500]);
  const second = await refund(app, id, failed);
  expect(second).toMatchObject({ payment: { refundedAmount: { amount: 1_100 } }, userErrors: [] });
  expect(await refund(app, id, failed)).toEqual(second);
  expect(await refundsOf(app, gwen)).toEqual([600, 500]);
  expect(await actsOn(app, gwen)).toHaveLength(2);
  await expectStripesTruth(app);
});

test("of many refunds at once only as many go through as there is money left for", async ({ app }) => {
  const dora = await app.customerOn("professional", "dora");
  const { id } = await newestPayment(dora);
  await Promise.all(Array.from({ length: 6 }, () => refund(app, id, { amount: 1_000 })));
  expect((await refundsOf(app, dora)).reduce((sum, amount) => sum + amount, 0)).toBeLessThanOrEqual(2_000);
  await expectStripesTruth(app);
});

test("what the customer's bank has taken back cannot be given back too", async ({ app }) => {
  const emil = app.person("emil");
  const { checkoutSession } = await emil.checkout("starter");
  await emil.pay(checkoutSession.url, { number: "4000 0000 0000 0259" });
  await quiet(app);
  const { id } = await newestPayment(emil);
  await app.sandbox.advance(120);
  await quiet(app);
  expect(await refund(app, id)).toEqual({
    payment: null,
    userErrors: [
      {
        code: "INVALID_INPUT",
        message: "The customer's bank has taken this payment back: it can only be answered as a dispute.",
        path: ["input", "paymentId"],
      },
    ],
  });
  expect((await newestPayment(emil)).status).toBe("SUCCEEDED");
});

test("only what was paid can be given back, and only with a reason and a key", async ({ app }) => {
  const finn = app.person("finn");
  const { checkoutSession } = await finn.checkout("starter");
  await finn.pay(checkoutSession.url, { number: "4000 0000 0000 9995" });
  await quiet(app);
  const { id, status } = await newestPayment(finn);
  expect(status).toBe("FAILED");
  const refused = async (payment: string, input: object, code: string, field: string) =>
    expect(await refund(app, payment, { ...input })).toMatchObject({
      payment: null,
      userErrors: [{ code, path: ["input", field] }],
    });
  await refused(id, {}, "INVALID_INPUT", "paymentId");
  await refused(id, { amount: 0 }, "INVALID_INPUT", "amount");
  await refused(id, { amount: -5 }, "INVALID_INPUT", "amount");
  await refused(id, { reason: " " }, "INVALID_INPUT", "reason");
  await refused(id, { idempotencyKey: "" }, "INVALID_INPUT", "idempotencyKey");
  await refused(`bpay_${"0".repeat(32)}`, {}, "NOT_FOUND", "paymentId");
  await refused("pi_123", {}, "NOT_FOUND", "paymentId");
  expect(await actsOn(app, finn)).toEqual([]);
});
