import type Stripe from "stripe";
import { addDays } from "../calendar.js";
import { newId } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { moveDisputedMoney } from "./dispute-money.js";
import { cardBehind } from "./payment-method.js";
import type { DisputeKind } from "./test-cards.js";

const daysToAnswer = 20;

/**
 * The cardholder's bank takes a payment back, or asks about it first: an inquiry moves no money.
 * https://docs.stripe.com/disputes/how-disputes-work
 */
export function openDispute(world: World, charge: Stripe.Charge, kind: DisputeKind): Stripe.Dispute {
  const isInquiry = kind === "inquiry";
  const now = nowInSeconds(world);
  const code = networkCodes[kind];
  const opened: Stripe.Dispute = {
    id: newId.dispute(),
    object: "dispute",
    amount: charge.amount_captured,
    balance_transactions: [],
    charge: charge.id,
    created: now,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: noEvidence,
    evidence_details: {
      due_by: addDays(now, daysToAnswer),
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: "not_submitted",
    },
    intended_submission_method: null,
    is_charge_refundable: isInquiry,
    livemode: false,
    metadata: {},
    network_reason_code: code,
    payment_intent: charge.payment_intent,
    payment_method_details: { card: cardOf(charge, isInquiry, code), type: "card" },
    reason: kind === "not_received" ? "product_not_received" : "fraudulent",
    status: isInquiry ? "warning_needs_response" : "needs_response",
  };
  const dispute = world.tables.dispute.put(isInquiry ? opened : moveDisputedMoney(world, opened, "withdrawn"));
  const disputed = world.tables.charge.put({ ...charge, ...nameOf(dispute), disputed: true });
  recordEvent(world, "charge.dispute.created", dispute);
  if (!isInquiry) recordEvent(world, "charge.dispute.funds_withdrawn", dispute);
  recordEvent(world, "charge.updated", disputed, charge);
  return dispute;
}

/** What the card has in store for a charge of it; null: nobody will dispute it. */
export function disputeInStore(world: World, charge: Stripe.Charge): DisputeKind | null {
  const method = world.tables.payment_method.find(charge.payment_method ?? "");
  return (method && cardBehind(method)?.dispute) ?? null;
}

/** Visa's reason codes, as test mode gives them. */
const networkCodes: Record<DisputeKind, string> = { fraudulent: "10.4", not_received: "13.1", inquiry: "10" };

function cardOf(charge: Stripe.Charge, isInquiry: boolean, network_reason_code: string) {
  const { brand, network } = charge.payment_method_details?.card ?? {};
  const case_type = isInquiry ? "inquiry" : "chargeback";
  return { brand: brand ?? "visa", case_type, network: network ?? "visa", network_reason_code } as const;
}

/** Stripe names the dispute on the charge too, which its SDK does not know. */
function nameOf({ id }: Stripe.Dispute): object {
  return { dispute: id };
}

const noEvidence: Stripe.Dispute.Evidence = {
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  enhanced_evidence: {},
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
};
