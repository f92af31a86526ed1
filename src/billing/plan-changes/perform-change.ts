import type { Deps } from "../../deps.js";
import { done, type Outcome, type RefusedOutcome, refuse } from "../../errors.js";
import type { PlanOrder } from "../../stripe/plan-change.js";
import { StripeRefused } from "../../stripe/stripe-errors.js";
import { syncInvoice } from "../history/invoice.sync.js";
import { syncSubscription } from "../subscriptions/subscription.sync.js";
import { dropWaiting, type Waiting, withdrawUnpaid } from "../subscriptions/waiting.js";
import { commit } from "../users/user.sync.js";
import type { UserRow } from "../users/user.table.js";
import type { PlanChange } from "./plan-change.js";
import { declined, refusalOf } from "./stripe-refusal.js";

/** What was decided, as it is written down: JSON has no instants. */
export interface PlannedChange {
  readonly timing: "IMMEDIATE" | "PERIOD_END";
  readonly order: Omit<PlanOrder, "prorationAt"> & { readonly prorationAt: string };
  readonly waiting: Waiting;
}

/** What came of it. */
export interface Changed {
  readonly subscriptionId: string;
  /** Where the customer must confirm the payment; until then nothing has changed. */
  readonly confirmationUrl: string | null;
}

/** What is written down of a change before it is made. */
export function plannedOf({ timing, order, subscription }: PlanChange): PlannedChange {
  const { stripeScheduleId, pendingChange } = subscription;
  const prorationAt = order.prorationAt.toISOString();
  return { timing, order: { ...order, prorationAt }, waiting: { stripeScheduleId, pendingChange } };
}

/**
 * Makes a change, or takes it up where an earlier run was cut off.
 *
 * One whose payment is declined leaves everything as it was, and nothing to be paid.
 */
export async function performChange(
  deps: Deps,
  user: UserRow,
  { timing, order: planned, waiting }: PlannedChange,
  attempt: string,
): Promise<Outcome<Changed>> {
  const order = { ...planned, prorationAt: new Date(planned.prorationAt) };
  const { stripe } = deps;
  try {
    if (timing === "PERIOD_END") {
      if (!(await withdrawUnpaid(deps, waiting))) return overtaken();
      await stripe.schedulePlan(order);
      return done(await bringUpToDate(deps, user, order));
    }
    if (!(await dropWaiting(deps, waiting))) return overtaken();
    const { invoiceId, held } = await stripe.changePlan(order, `plan-${attempt}`);
    if (held && held.confirmationUrl === null) await leaveAsItWas(deps, order, waiting, held.invoiceId);
    if (invoiceId) await commit(deps, await syncInvoice(deps, user, invoiceId));
    const changed = await bringUpToDate(deps, user, order);
    if (!held) return done(changed);
    return held.confirmationUrl ? done({ ...changed, confirmationUrl: held.confirmationUrl }) : declined();
  } catch (error) {
    if (!(error instanceof StripeRefused)) throw error;
    return refusalOf(deps, order, error);
  }
}

/** Nothing is to be paid, and what waited for its date waits for it again. */
async function leaveAsItWas({ stripe }: Deps, order: PlanOrder, waiting: Waiting, invoiceId: string): Promise<void> {
  await stripe.withdrawInvoice(invoiceId);
  const wasWaiting = waiting.pendingChange && waiting.pendingChange.unpaidInvoiceId === undefined;
  if (waiting.stripeScheduleId && wasWaiting) {
    await stripe.scheduleAgain(order.stripeSubscriptionId, waiting.stripeScheduleId);
  }
}

async function bringUpToDate(deps: Deps, user: UserRow, { stripeSubscriptionId }: PlanOrder): Promise<Changed> {
  const row = await commit(deps, await syncSubscription(deps, user, stripeSubscriptionId));
  return { subscriptionId: row.id, confirmationUrl: null };
}

/** The customer paid for the change that was to be dropped. */
export function overtaken(): RefusedOutcome {
  return refuse(
    "REQUEST_IN_PROGRESS",
    "The change that waited has just been paid for; look at the subscription again.",
  );
}
