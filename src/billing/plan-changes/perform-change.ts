import type { Deps } from "../../deps.js";
import { done, type Outcome, type RefusedOutcome, refuse } from "../../errors.js";
import type { PlanOrder } from "../../stripe/plan-change.js";
import { StripeRefused } from "../../stripe/stripe-errors.js";
import { syncInvoice } from "../history/invoice.sync.js";
import { cardAtStripe } from "../subscriptions/card-on-file.js";
import { dropSetAside, keepSetAside } from "../subscriptions/subscription.set-aside.js";
import { syncSubscription } from "../subscriptions/subscription.sync.js";
import { releaseWaiting, type Waiting, withdrawUnpaid } from "../subscriptions/waiting.js";
import { commit } from "../users/user.sync.js";
import type { UserRow } from "../users/user.table.js";
import type { PlanChange } from "./plan-change.js";
import { noCardInTrial } from "./plan-quote.js";
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
      await dropSetAside(deps, order.stripeSubscriptionId);
      return done(await bringUpToDate(deps, user, order));
    }
    if (order.endsTrial && (await stopsForWantOfCard(deps, user, order))) return noCardInTrial();
    const { stripeScheduleId } = waiting;
    // First, so that what makes way now is not lost, should this run be cut off.
    if (stripeScheduleId && hasDate(waiting)) await keepSetAside(deps, order.stripeSubscriptionId, stripeScheduleId);
    if (!(await releaseWaiting(deps, waiting))) return overtaken();
    const { invoiceId, held } = await stripe.changePlan(order, `plan-${attempt}`);
    if (held && held.confirmationUrl === null) await leaveAsItWas(deps, order, waiting, held.invoiceId);
    if (!held) await dropSetAside(deps, order.stripeSubscriptionId);
    if (invoiceId) await commit(deps, await syncInvoice(deps, user, invoiceId));
    const changed = await bringUpToDate(deps, user, order);
    if (!held) return done(changed);
    return held.confirmationUrl ? done({ ...changed, confirmationUrl: held.confirmationUrl }) : declined();
  } catch (error) {
    if (!(error instanceof StripeRefused)) throw error;
    return refusalOf(deps, order, error);
  }
}

/** Whether to end the trial would be to end the subscription. */
async function stopsForWantOfCard(
  deps: Deps,
  { stripeCustomerId }: UserRow,
  { stripeSubscriptionId }: PlanOrder,
): Promise<boolean> {
  return (await cardAtStripe(deps, stripeCustomerId, stripeSubscriptionId)).stopsWithoutCard;
}

/** Nothing is to be paid, and what waited for its date waits for it again. */
async function leaveAsItWas(deps: Deps, order: PlanOrder, waiting: Waiting, invoiceId: string): Promise<void> {
  const { stripe } = deps;
  await stripe.withdrawInvoice(invoiceId);
  if (!waiting.stripeScheduleId || !hasDate(waiting)) return;
  await stripe.scheduleAgain(order.stripeSubscriptionId, waiting.stripeScheduleId);
  await dropSetAside(deps, order.stripeSubscriptionId);
}

/** Whether what waits does so for its date, and not for its payment. */
function hasDate({ pendingChange }: Waiting): boolean {
  return pendingChange !== null && pendingChange.unpaidInvoiceId === undefined;
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
