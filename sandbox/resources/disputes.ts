import type Stripe from "stripe";
import { invalidRequest, noSuch } from "../api/errors.js";
import { matches, pageOf, paging, range } from "../api/lists.js";
import { mergeMetadata } from "../api/metadata.js";
import { operation, retrieval } from "../api/operation.js";
import { bool, type Covers, clearable, hash, metadata, notHere, type Read, text } from "../api/params.js";
import { closeDispute, isClosed, isInquiry } from "../billing/close-dispute.js";
import { idOf } from "../billing/price-amounts.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";

const words = clearable(text);

const evidenceParams = {
  access_activity_log: words,
  appeal: notHere,
  billing_address: words,
  cancellation_policy: notHere,
  cancellation_policy_disclosure: words,
  cancellation_rebuttal: words,
  customer_communication: notHere,
  customer_email_address: words,
  customer_name: words,
  customer_purchase_ip: words,
  customer_signature: notHere,
  duplicate_charge_documentation: notHere,
  duplicate_charge_explanation: words,
  duplicate_charge_id: words,
  enhanced_evidence: notHere,
  product_description: words,
  receipt: notHere,
  refund_policy: notHere,
  refund_policy_disclosure: words,
  refund_refusal_explanation: words,
  service_date: words,
  service_documentation: notHere,
  shipping_address: words,
  shipping_carrier: words,
  shipping_date: words,
  shipping_documentation: notHere,
  shipping_tracking_number: words,
  uncategorized_file: notHere,
  uncategorized_text: words,
} satisfies Covers<Stripe.DisputeUpdateParams.Evidence>;

const updateParams = {
  evidence: hash(evidenceParams),
  intended_submission_method: notHere,
  metadata,
  submit: bool,
} satisfies Covers<Stripe.DisputeUpdateParams>;

const listParams = {
  ...paging,
  charge: text,
  created: range,
  payment_intent: text,
} satisfies Covers<Stripe.DisputeListParams>;

export const disputeOperations = [
  retrieval("/v1/disputes/:id", "dispute", getDispute),
  operation({ method: "POST", path: "/v1/disputes/:id", answers: "dispute", params: updateParams, run: updateDispute }),
  operation({
    method: "POST",
    path: "/v1/disputes/:id/close",
    answers: "dispute",
    params: {},
    run: (world, _params, id) => closeDispute(world, getOpenDispute(world, id), "lost"),
  }),
  operation({
    method: "GET",
    path: "/v1/disputes",
    answers: { list: "dispute" },
    params: listParams,
    run: (world, params) => {
      const found = world.tables.dispute
        .newestFirst()
        .filter((dispute) => params.created(dispute.created))
        .filter((dispute) => matches(params.charge, idOf(dispute.charge)))
        .filter((dispute) => matches(params.payment_intent, dispute.payment_intent && idOf(dispute.payment_intent)));
      return pageOf(found, params, "/v1/disputes");
    },
  }),
];

function getDispute(world: World, id: string): Stripe.Dispute {
  const dispute = world.tables.dispute.find(id);
  if (!dispute) throw noSuch("dispute", id);
  return dispute;
}

function getOpenDispute(world: World, id: string): Stripe.Dispute {
  const dispute = getDispute(world, id);
  if (isClosed(dispute)) throw invalidRequest("This dispute is already closed.");
  return dispute;
}

/** Takes evidence, which is sent to the bank at once unless it is only to be kept; the bank reads it one time. */
function updateDispute(world: World, params: Read<typeof updateParams>, id: string): Stripe.Dispute {
  const before = params.evidence ? getOpenDispute(world, id) : getDispute(world, id);
  const given = Object.fromEntries(Object.entries(params.evidence ?? {}).filter(([, value]) => value !== undefined));
  const evidence: Stripe.Dispute.Evidence = { ...before.evidence, ...given };
  const isSent = params.submit ?? params.evidence !== undefined;
  if (isSent && before.evidence_details.submission_count > 0) {
    throw invalidRequest("Evidence for this dispute has already been submitted.");
  }
  const kept: Stripe.Dispute = {
    ...before,
    evidence,
    evidence_details: { ...before.evidence_details, has_evidence: hasSome(evidence) },
    metadata: mergeMetadata(before.metadata, params.metadata),
  };
  const after = world.tables.dispute.put(isSent ? submitted(kept) : kept);
  recordEvent(world, "charge.dispute.updated", after, before);
  return isSent ? decide(world, after) : after;
}

function hasSome(evidence: Stripe.Dispute.Evidence): boolean {
  return Object.values(evidence).some((value) => typeof value === "string");
}

function submitted(dispute: Stripe.Dispute): Stripe.Dispute {
  return {
    ...dispute,
    evidence_details: { ...dispute.evidence_details, submission_count: 1, submission_method: "manual" },
    status: isInquiry(dispute) ? "warning_under_review" : "under_review",
  };
}

/** The bank's decision, by the words for it in test mode: https://docs.stripe.com/testing#evidence */
function decide(world: World, dispute: Stripe.Dispute): Stripe.Dispute {
  const said = dispute.evidence.uncategorized_text;
  if (said === "winning_evidence") return closeDispute(world, dispute, "won");
  if (said === "losing_evidence") return closeDispute(world, dispute, "lost");
  return dispute;
}
