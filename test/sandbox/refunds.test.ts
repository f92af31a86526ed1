import type Stripe from "stripe";
import { expect, test } from "vitest";
import { eventTypes, openSandbox } from "./support.js";

/** A charge of $29.00 to a test card. */
async function chargeTo(stripe: Stripe, payment_method: string): Promise<string> {
  const intent = await stripe.paymentIntents.create({
    amount: 2900,
    currency: "usd",
    payment_method,
    confirm: true,
    return_url: "http://shop.test/back",
  });
  return typeof intent.latest_charge === "string" ? intent.latest_charge : "";
}

test("a refund is taken from the balance, and several may share a charge", async () => {
  const { stripe } = await openSandbox();
  const charge = await chargeTo(stripe, "pm_card_visa");
  const first = await stripe.refunds.create({ charge, amount: 900, expand: ["balance_transaction"] });
  expect(first).toMatchObject({ status: "succeeded", balance_transaction: { amount: -900, fee: 0, type: "refund" } });
  await stripe.refunds.create({ charge, reason: "requested_by_customer" });
  expect(await stripe.charges.retrieve(charge, { expand: ["refunds"] })).toMatchObject({
    amount_refunded: 2900,
    refunded: true,
    refunds: { data: [{ amount: 2000 }, { amount: 900 }], total_count: 2 },
  });
  await expect(stripe.refunds.create({ charge })).rejects.toMatchObject({ code: "charge_already_refunded" });
  const [, , sale] = (await stripe.balanceTransactions.list()).data;
  expect(sale).toMatchObject({ amount: 2900, source: charge });
  const noted = await stripe.refunds.update(first.id, { metadata: { ticket: "7" } });
  expect(noted.metadata).toEqual({ ticket: "7" });
  await expect(stripe.refunds.cancel(first.id)).rejects.toThrow("status of succeeded");
});

test("a refund tells of itself and its charge, happens once for a key, and never comes to more than is left", async () => {
  const { stripe } = await openSandbox();
  const charge = await chargeTo(stripe, "pm_card_visa");
  const before = (await eventTypes(stripe)).length;
  const once = () => stripe.refunds.create({ charge, amount: 900 }, { idempotencyKey: "refund-1" });
  const [first, again] = [await once(), await once()];
  expect(again.id).toBe(first.id);
  expect((await eventTypes(stripe)).slice(before).toSorted()).toEqual([
    "charge.refund.updated",
    "charge.refunded",
    "refund.created",
    "refund.updated",
  ]);
  await expect(stripe.refunds.create({ charge, amount: 2001 })).rejects.toMatchObject({
    statusCode: 400,
    param: "amount",
    message: "Refund amount ($20.01) is greater than unrefunded amount on charge ($20.00)",
  });
  expect(await stripe.charges.retrieve(charge)).toMatchObject({ amount_refunded: 900, refunded: false });
});

test("a refund to some cards is pending and arrives later", async () => {
  const { stripe, advance } = await openSandbox();
  const charge = await chargeTo(stripe, "pm_card_pendingRefund");
  const { id, status } = await stripe.refunds.create({ charge });
  expect(status).toBe("pending");
  await advance(120);
  expect(await stripe.refunds.retrieve(id)).toMatchObject({ status: "succeeded" });
  expect((await eventTypes(stripe)).slice(-2)).toEqual(["refund.updated", "charge.refund.updated"]);
});

test("a refund that comes back leaves the charge as it was, and may be tried again", async () => {
  const { stripe, advance } = await openSandbox();
  const charge = await chargeTo(stripe, "pm_card_refundFail");
  const { id, status } = await stripe.refunds.create({ charge });
  expect(status).toBe("succeeded");
  await advance(120);
  expect(await stripe.refunds.retrieve(id, { expand: ["failure_balance_transaction"] })).toMatchObject({
    status: "failed",
    failure_balance_transaction: { amount: 2900, type: "refund_failure" },
  });
  expect(await stripe.charges.retrieve(charge)).toMatchObject({ amount_refunded: 0, refunded: false });
  expect((await eventTypes(stripe)).slice(-3)).toEqual(["charge.updated", "refund.failed", "charge.refund.updated"]);
  const { data } = await stripe.balanceTransactions.list({ type: "refund_failure" });
  expect(data).toHaveLength(1);
  expect(await stripe.refunds.create({ charge, amount: 100 })).toMatchObject({ status: "succeeded" });
});

test("money that is only held cannot be refunded", async () => {
  const { stripe } = await openSandbox();
  const { id } = await stripe.charges.create({ amount: 500, currency: "usd", source: "tok_visa", capture: false });
  await expect(stripe.refunds.create({ charge: id })).rejects.toThrow("has not been captured");
});
