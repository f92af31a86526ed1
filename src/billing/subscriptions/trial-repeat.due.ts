import { type Deps, inTransaction } from "../../deps.js";
import { enqueue } from "../../jobs/enqueue.js";
import { StripeRefused } from "../../stripe/stripe-errors.js";
import { recordAct } from "../audit/audit.js";
import { globalId } from "../global-id.js";
import { lockCustomer, orSoonAgain } from "../users/customer-lock.js";
import { getCustomer } from "../users/user.service.js";
import { commit } from "../users/user.sync.js";
import { findStripeSubscription } from "./subscription.service.js";
import { syncSubscription } from "./subscription.sync.js";
import type { SubscriptionRow } from "./subscription.table.js";
import { endRepeatedTrialsTask } from "./trial-ledger.js";
import {
  findUnsettledTrials,
  hasEarlierTrial,
  lockTrials,
  reopenLaterTrials,
  setTrialSettled,
} from "./trial-redemption.repository.js";
import type { TrialRedemptionRow } from "./trial-redemption.table.js";
import { dropWaiting } from "./waiting.js";

const batch = 100;

/** What the customer, Stripe and the audit log are told. */
const reason = "A trial is given once, and this card or e-mail address has had one under another account.";

/** Who does it, as the audit log names them. */
const itself = "system";

/**
 * Ends trials that were begun in a checkout by somebody who, as their card or e-mail address tells only afterwards, had
 * one under another account. Nothing is charged. Runs when a trial was first heard of, and each minute for what an outage
 * has left.
 */
export async function endRepeatedTrials(deps: Deps): Promise<void> {
  const found = await findUnsettledTrials(deps.db, null, batch);
  for (const userId of new Set(found.map((trial) => trial.userId))) {
    await lockCustomer(deps, userId, () => settleTrials(deps, userId)).catch((error: unknown) =>
      orSoonAgain(deps, endRepeatedTrialsTask, error),
    );
  }
}

async function settleTrials(deps: Deps, userId: string): Promise<void> {
  for (const trial of await findUnsettledTrials(deps.db, userId, batch)) {
    await settle(deps, trial).catch((error: unknown) => {
      if (!(error instanceof StripeRefused)) throw error;
      deps.log.error({ subscription: trial.stripeSubscriptionId, err: error }, "a repeated trial could not be ended");
    });
  }
}

async function settle(deps: Deps, trial: TrialRedemptionRow): Promise<void> {
  if (await mayGoOn(deps, trial)) return;
  const subscription = await findRunning(deps, trial);
  if (!subscription) return setTrialSettled(deps.db, trial.id, deps.now());
  // Paid for in this very moment: the next round finds what is paid for, and lets it go on.
  if (!(await dropWaiting(deps, subscription.stripeSubscriptionId, subscription))) return;
  const { id, userId, stripeSubscriptionId } = subscription;
  const details = { subscription: globalId("BillingSubscription", id) };
  // Written before it is done, under the trial's ID, and so once: afterwards there would be nothing left to tell.
  await inTransaction(deps, (inside) =>
    recordAct(inside, { id: trial.id, actor: itself, action: "trial.end", userId, reason, details }),
  );
  await deps.stripe.cancelNow(stripeSubscriptionId, { reason: null, comment: reason, isCredited: false });
  const write = await syncSubscription(deps, await getCustomer(deps, userId), stripeSubscriptionId);
  await commit(deps, async (inside) => {
    await write(inside);
    await setTrialSettled(inside.db, trial.id, inside.now());
  });
  deps.log.info({ subscription: id }, "a trial ended: the same person had one before");
}

/**
 * Whether a trial may go on; if so it is settled.
 *
 * Of one person's trials the earliest stays, in whatever order they are heard of. They are judged one after another, so of
 * two that were begun at once the one judged last sees the other: it gives way, or has the other judged again.
 */
function mayGoOn(deps: Deps, trial: TrialRedemptionRow): Promise<boolean> {
  return inTransaction(deps, async ({ db, settings, now }) => {
    const isOncePerPerson = settings.trialOnce === "person";
    if (isOncePerPerson) {
      await lockTrials(db);
      const reopened = await reopenLaterTrials(db, trial);
      if (reopened > 0) await enqueue(db, endRepeatedTrialsTask, { key: endRepeatedTrialsTask });
    }
    if (isOncePerPerson && (await hasEarlierTrial(db, trial))) return false;
    await setTrialSettled(db, trial.id, now());
    return true;
  });
}

/** The subscription as Stripe has it now, if its trial still runs: what was paid for goes on. */
async function findRunning(deps: Deps, trial: TrialRedemptionRow): Promise<SubscriptionRow | undefined> {
  const known = await findStripeSubscription(deps, trial.stripeSubscriptionId);
  if (!known) return undefined;
  const user = await getCustomer(deps, known.userId);
  const present = await commit(deps, await syncSubscription(deps, user, known.stripeSubscriptionId));
  return present.status === "TRIALING" ? present : undefined;
}
