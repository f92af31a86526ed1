import { closeDispute } from "../billing/close-dispute.js";
import { addDays } from "../calendar.js";
import { cause } from "./cause.js";

/** https://docs.stripe.com/disputes/how-disputes-work#inquiries */
const daysOfInquiry = 120;

/** A dispute that nobody answers in time is lost; a bank that only asked has asked in vain. */
export const disputeDeadline = cause("dispute", {
  at: ({ created, evidence_details, status }) => {
    if (status === "needs_response") return evidence_details.due_by;
    return status === "warning_needs_response" || status === "warning_under_review"
      ? addDays(created, daysOfInquiry)
      : null;
  },
  run: (world, dispute) => {
    const evidence_details = { ...dispute.evidence_details, past_due: true };
    closeDispute(world, { ...dispute, evidence_details }, "lost");
  },
});
