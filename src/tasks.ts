import { tellLapses } from "./billing/allowances/lapse.due.js";
import { keepCards, keepCardsTask } from "./billing/checkout/checkout.card.js";
import { closeOverdueCheckouts, closeOvertakenCheckouts } from "./billing/checkout/checkout.due.js";
import { endOverduePauses } from "./billing/course/pause.due.js";
import { endAccessTask } from "./billing/history/reversal.js";
import { putSetAsideBack } from "./billing/plan-changes/set-aside.due.js";
import {
  beginNightly,
  continueReconciliations,
  nightlyTask,
  reconcileTask,
} from "./billing/reconciliation/reconciliation.job.js";
import { endAccess } from "./billing/refunds/access-end.due.js";
import { tellGraceEnds } from "./billing/subscriptions/grace.due.js";
import { refreshMrr } from "./billing/subscriptions/mrr.due.js";
import { adoptKnownPrices } from "./billing/subscriptions/subscription.due.js";
import { endRepeatedTrialsTask } from "./billing/subscriptions/trial-ledger.js";
import { endRepeatedTrials } from "./billing/subscriptions/trial-repeat.due.js";
import { expireDueReservations, keepUsageTables, usageUpkeepTask } from "./billing/usage/usage.due.js";
import { dropOldAnswers } from "./billing/users/idempotency.js";
import type { Deps } from "./deps.js";
import type { Tasks } from "./jobs/worker.js";
import { forgetFullBuckets } from "./rate-limits/postgres-buckets.js";
import { fetchUndeliveredTask, makeFetchUndelivered } from "./webhooks/fetch-undelivered.js";
import { forgetPayloads, forgetPayloadsTask } from "./webhooks/forget-payloads.js";
import { processStripeEvents } from "./webhooks/process-stripe-event.js";
import { processTask } from "./webhooks/process-task.js";
import type { Inbox } from "./webhooks/receive-stripe-event.js";

/** The name of the job that does what has fallen due; also run at once when the billing clock was moved. */
export const sweepTask = "sweep";

/** What jobs work with. */
export interface TaskParts {
  readonly deps: Deps;
  /** The same, but what it asks of Stripe is paced. */
  readonly patient: Deps;
  readonly inbox: Inbox;
  /** For runs that claim events, one for each of them that may be under way here. */
  readonly claims: Deps["locks"];
}

/** Contents page: which background job runs what. */
export function makeTasks({ deps, patient, inbox, claims }: TaskParts): Tasks {
  return {
    [fetchUndeliveredTask]: makeFetchUndelivered(deps, inbox),
    [processTask]: () => processStripeEvents(deps, claims),
    [keepCardsTask]: () => keepCards(deps),
    [endAccessTask]: () => endAccess(deps),
    [endRepeatedTrialsTask]: () => endRepeatedTrials(deps),
    [usageUpkeepTask]: () => keepUsageTables(deps),
    [forgetPayloadsTask]: () => forgetPayloads(deps),
    [reconcileTask]: () => continueReconciliations(patient),
    [nightlyTask]: () => beginNightly(deps),
    [sweepTask]: async () => {
      await closeOverdueCheckouts(deps);
      await adoptKnownPrices(deps);
      await tellGraceEnds(deps);
      await tellLapses(deps);
      await expireDueReservations(deps);
      await refreshMrr(deps);
      await endOverduePauses(deps);
      await putSetAsideBack(deps);
      await dropOldAnswers(deps);
      await forgetFullBuckets(deps.db);
      // Last: it needs Stripe, and while Stripe is away nothing is to wait behind it.
      await closeOvertakenCheckouts(deps);
    },
  };
}

/** Contents page: when (UTC). A minute's `processTask` and `reconcileTask` find what a dead worker left behind. */
export const crontab = `
* * * * * ${processTask}
* * * * * ${sweepTask}
* * * * * ${keepCardsTask}
* * * * * ${endAccessTask}
* * * * * ${endRepeatedTrialsTask}
* * * * * ${reconcileTask}
17 * * * * ${usageUpkeepTask}
37 * * * * ${forgetPayloadsTask}
*/15 * * * * ${fetchUndeliveredTask}
10 3 * * * ${nightlyTask}
`;
