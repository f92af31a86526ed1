import type Stripe from "stripe";
import { expect, test } from "vitest";
import { eventTypes, openSandbox, type TestSandbox } from "./support.js";

/** A payment of $29.00 that is disputed a minute later. */
async function disputed({ stripe, advance }: TestSandbox, payment_method: string) {
  const { id: payment_intent } = await stripe.paymentIntents.create({
    ...{ amount: 2900, currency: "usd", payment_method, confirm: true },
    return_url: "http://shop.test/back",
  });
  expect((await stripe.disputes.list({ payment_intent })).data).toEqual([]);
  await advance(120);
  const [dispute, ...more] = (await stripe.disputes.list({ payment_intent })).data;
  if (!dispute) throw new Error("nobody disputes it");
  expect(more).toEqual([]);
  return dispute;
}

const chargeOf = (stripe: Stripe, { charge }: Stripe.Dispute) => stripe.charges.retrieve(String(charge));

test("a disputed payment is taken back with a fee, and cannot be refunded any more", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const dispute = await disputed(sandbox, "pm_card_createDispute");
  expect(dispute).toMatchObject({
    amount: 2900,
    currency: "usd",
    reason: "fraudulent",
    status: "needs_response",
    is_charge_refundable: false,
    payment_method_details: { type: "card", card: { case_type: "chargeback", network_reason_code: "10.4" } },
    balance_transactions: [{ amount: -2900, fee: 1500, net: -4400, type: "adjustment", reporting_category: "dispute" }],
    evidence_details: { has_evidence: false, submission_count: 0 },
  });
  expect((await eventTypes(stripe)).slice(-3)).toEqual([
    "charge.dispute.created",
    "charge.dispute.funds_withdrawn",
    "charge.updated",
  ]);
  expect(await chargeOf(stripe, dispute)).toMatchObject({ disputed: true, refunded: false, amount_refunded: 0 });
  await expect(stripe.refunds.create({ charge: String(dispute.charge) })).rejects.toMatchObject({
    code: "charge_disputed",
  });
  const expanded = await stripe.disputes.retrieve(dispute.id, { expand: ["charge", "payment_intent"] });
  expect(expanded).toMatchObject({ charge: { id: dispute.charge }, payment_intent: { status: "succeeded" } });
  expect((await stripe.disputes.list({ charge: String(dispute.charge) })).data).toEqual([dispute]);
});

test("evidence decides as Stripe's test mode has it: what was won comes back with its fee", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const { id } = await disputed(sandbox, "pm_card_createDispute");
  const known = (await eventTypes(stripe)).length;
  const won = await stripe.disputes.update(id, { evidence: { uncategorized_text: "winning_evidence" } });
  expect(won).toMatchObject({
    status: "won",
    evidence: { uncategorized_text: "winning_evidence" },
    evidence_details: { has_evidence: true, submission_count: 1, submission_method: "manual" },
    balance_transactions: [{ net: -4400 }, { amount: 2900, net: 4400, reporting_category: "dispute_reversal" }],
  });
  expect((await eventTypes(stripe)).slice(known)).toEqual([
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_reinstated",
  ]);
  await expect(stripe.disputes.update(id, { evidence: { product_description: "A plan" } })).rejects.toThrow(
    "already closed",
  );
  expect((await stripe.disputes.update(id, { metadata: { ticket: "7" } })).metadata).toEqual({ ticket: "7" });
});

test("what was lost, by evidence or by giving in, stays lost", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const first = await disputed(sandbox, "pm_card_createDisputeProductNotReceived");
  expect(first.reason).toBe("product_not_received");
  const lost = await stripe.disputes.update(first.id, { evidence: { uncategorized_text: "losing_evidence" } });
  expect(lost).toMatchObject({ status: "lost", balance_transactions: [{ net: -4400 }] });
  const second = await disputed(sandbox, "pm_card_createDispute");
  expect(await stripe.disputes.close(second.id)).toMatchObject({ status: "lost" });
  await expect(stripe.disputes.close(second.id)).rejects.toThrow("already closed");
  expect((await eventTypes(stripe)).at(-1)).toBe("charge.dispute.closed");
});

test("evidence may be kept before it is sent, and is sent one time", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const { id } = await disputed(sandbox, "pm_card_createDispute");
  const kept = await stripe.disputes.update(id, { evidence: { customer_name: "Ada" }, submit: false });
  expect(kept).toMatchObject({
    status: "needs_response",
    evidence_details: { has_evidence: true, submission_count: 0 },
  });
  expect(await stripe.disputes.update(id, { submit: true })).toMatchObject({
    status: "under_review",
    evidence: { customer_name: "Ada" },
  });
  await expect(stripe.disputes.update(id, { evidence: { customer_name: "Bea" } })).rejects.toThrow("already been");
});

test("an inquiry moves no money, leaves refunds possible, and ends by itself", async () => {
  const sandbox = await openSandbox();
  const { stripe, advance } = sandbox;
  const dispute = await disputed(sandbox, "pm_card_createDisputeInquiry");
  expect(dispute).toMatchObject({
    status: "warning_needs_response",
    balance_transactions: [],
    is_charge_refundable: true,
    payment_method_details: { card: { case_type: "inquiry", network_reason_code: "10" } },
  });
  expect(await eventTypes(stripe)).not.toContain("charge.dispute.funds_withdrawn");
  expect(await stripe.refunds.create({ charge: String(dispute.charge), amount: 100 })).toMatchObject({ amount: 100 });
  await advance(121 * 86_400);
  expect(await stripe.disputes.retrieve(dispute.id)).toMatchObject({ status: "warning_closed" });
});

test("a dispute that nobody answers in time is lost", async () => {
  const sandbox = await openSandbox();
  const { stripe, setClock } = sandbox;
  const { id, evidence_details } = await disputed(sandbox, "pm_card_createDispute");
  await setClock(new Date((Number(evidence_details.due_by) + 60) * 1000));
  expect(await stripe.disputes.retrieve(id)).toMatchObject({ status: "lost", evidence_details: { past_due: true } });
});
