import type { World } from "../world.js";
import type { Cause } from "./cause.js";
import { checkoutExpiry } from "./checkout-expiry.js";
import { collectionResumption } from "./collection-resumption.js";
import { disputeDeadline } from "./dispute-deadline.js";
import { disputeOpening } from "./dispute-opening.js";
import { incompleteExpiry } from "./incomplete-expiry.js";
import { invoiceDue } from "./invoice-due.js";
import { invoiceFinalization } from "./invoice-finalization.js";
import { paymentRetry } from "./payment-retry.js";
import { pendingUpdateExpiry } from "./pending-update-expiry.js";
import { refundOutcome } from "./refund-outcome.js";
import { renewal } from "./renewal.js";
import { schedulePhase } from "./schedule-phase.js";
import { scheduleReminder } from "./schedule-reminder.js";
import { scheduleStart } from "./schedule-start.js";
import { subscriptionEnd } from "./subscription-end.js";
import { testClockDeletion } from "./test-clock-deletion.js";
import { trialReminder } from "./trial-reminder.js";
import { upcomingNotice } from "./upcoming-notice.js";

/** Everything that time does, one file each. At the same instant the earlier comes first: what ends is not renewed. */
export const causes: Cause[] = [
  subscriptionEnd,
  incompleteExpiry,
  pendingUpdateExpiry,
  collectionResumption,
  scheduleStart,
  schedulePhase,
  scheduleReminder,
  trialReminder,
  renewal,
  invoiceFinalization,
  paymentRetry,
  invoiceDue,
  refundOutcome,
  disputeOpening,
  disputeDeadline,
  upcomingNotice,
  checkoutExpiry,
  testClockDeletion,
];

/**
 * Does everything due up to an instant on one clock, in order, each at its own instant.
 *
 * One thing may bring about or prevent another, so the agenda is asked again after each. Says whether anything was.
 */
export function runDue(world: World, until: Date, clock: string | null = null): boolean {
  const limit = Math.floor(until.getTime() / 1000);
  for (let hasRun = false; ; hasRun = true) {
    const next = world.agenda.take(world, clock, limit);
    if (!next) return hasRun;
    world.clock.during(new Date(next.at * 1000), next.run);
  }
}

/** Moves the clock forward, doing on the way what falls due. */
export function moveClock(world: World, to: Date): void {
  runDue(world, to);
  world.clock.setOffsetMs(Math.max(world.clock.offsetMs(), to.getTime() - Date.now()));
}
