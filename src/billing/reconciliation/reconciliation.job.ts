import type { Deps } from "../../deps.js";
import { rootProblem } from "../../errors.js";
import { enqueue } from "../../jobs/enqueue.js";
import { pageAfter } from "../../stripe/pages.js";
import { isPassing } from "../passing.js";
import { findCustomer, findNextPayer } from "../users/user.service.js";
import type { UserRow } from "../users/user.table.js";
import { compareCustomer } from "./compare-customer.js";
import { compareStrangers } from "./compare-strangers.js";
import {
  advance,
  changeClaim,
  claim,
  deleteBefore,
  findReconciliations,
  finish,
  insertRunning,
  listRunning,
  noteProblem,
  type Tally,
} from "./reconciliation.repository.js";
import type { ReconciliationRow } from "./reconciliation.table.js";

/** The name of the job that brings comparisons to their end. */
export const reconcileTask = "reconcile";
/** The name of the job that begins the nightly one. */
export const nightlyTask = "reconcile-nightly";

/** A job is over after about so long and goes on as the next one, so that a process that is to stop can. */
const sliceMs = 2_000;
/** A process that died lets go of its comparison after this long. */
const claimMs = 15_000;
/** How long a comparison waits that cannot go on now. */
const pauseMs = 5_000;
const keptMs = 90 * 24 * 60 * 60 * 1000;
const nothing: Tally = { checked: 0, differences: 0, repaired: 0 };

/** Works for a while on each comparison that is running; what is left is for the next job, in any process. */
export async function continueReconciliations(deps: Deps): Promise<void> {
  let isMoreToDo = false;
  for (const { id } of await listRunning(deps.db)) {
    if ((await workOn(deps, id)) === "MORE") isMoreToDo = true;
  }
  if (isMoreToDo) await enqueue(deps.db, reconcileTask, { key: reconcileTask });
}

/** Begins the nightly comparison, unless one of everybody is running, and forgets those of long ago. */
export async function beginNightly(deps: Deps): Promise<void> {
  await deleteBefore(deps.db, new Date(Date.now() - keptMs));
  const { nightlyReconciliation: mode } = deps.settings;
  if (mode === "off") return;
  const order = { userId: null, repair: mode === "repair", actor: "nightly", reason: "The nightly comparison." };
  if (await insertRunning(deps.db, order)) await enqueue(deps.db, reconcileTask, { key: reconcileTask });
}

/**
 * What became of some work on a comparison: there is more to do, it has ended, somebody else is at it or had ended it,
 * or it cannot go on now, as Stripe, Postgres or a customer's lock is not to be had.
 */
export type Progress = "MORE" | "ENDED" | "ELSEWHERE" | "WAITING";

/**
 * Works on a comparison for a while, or until it ends where that is one step.
 *
 * One process at a time: it claims the comparison, and renews the claim as long as it lives. Whoever comes next begins
 * where the last step ended.
 */
export async function workOn(deps: Deps, id: string): Promise<Progress> {
  try {
    return await whileClaimed(deps, id, () => workForAWhile(deps, id));
  } catch (error) {
    if (!isPassing(error)) throw error;
    deps.log.warn({ reconciliation: id, problem: rootProblem(error) }, "a comparison with Stripe waits");
    await enqueue(deps.db, reconcileTask, { key: `${reconcileTask}:later`, runAt: new Date(Date.now() + pauseMs) });
    return "WAITING";
  }
}

async function whileClaimed(deps: Deps, id: string, work: () => Promise<Progress>): Promise<Progress> {
  let held = claimEnd();
  if (!(await claim(deps.db, id, held))) return "ELSEWHERE";
  const renew = async () => {
    const next = claimEnd();
    await changeClaim(deps.db, id, held, next);
    held = next;
  };
  let renewing = Promise.resolve();
  const timer = setInterval(() => {
    // Should Postgres be away, the claim lapses; counts and cursor are written together, so nothing is counted twice.
    renewing = renewing.then(renew).catch(() => {});
  }, claimMs / 3);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    await renewing;
    await changeClaim(deps.db, id, held, null);
  }
}

function claimEnd(): Date {
  return new Date(Date.now() + claimMs);
}

async function workForAWhile(deps: Deps, id: string): Promise<Progress> {
  const endsAt = performance.now() + sliceMs;
  do {
    const [row] = await findReconciliations(deps.db, [id]);
    if (row?.status !== "RUNNING") return "ENDED";
    await takeStepOrFail(deps, row);
    if (row.userId !== null) return "ENDED";
  } while (performance.now() < endsAt);
  return "MORE";
}

async function takeStepOrFail(deps: Deps, row: ReconciliationRow): Promise<void> {
  try {
    await takeStep(deps, row);
  } catch (error) {
    if (isPassing(error)) throw error;
    deps.log.error({ reconciliation: row.id, err: error }, "a comparison with Stripe failed");
    await noteProblem(deps.db, row.id, rootProblem(error));
    await finish(deps.db, row.id, nothing);
  }
}

/** First the users one by one, then the pages of Stripe's customers, for those that we have lost. */
async function takeStep(deps: Deps, row: ReconciliationRow): Promise<void> {
  if (row.userId !== null) {
    return finish(deps.db, row.id, await compareOne(deps, row, await findCustomer(deps, row.userId)));
  }
  const [stage = "user", last = null] = row.cursor?.split(":") ?? [];
  if (stage === "customer") return lookForStrangers(deps, row, last || null);
  const user = await findNextPayer(deps, last);
  if (!user) return advance(deps.db, row, "customer:", nothing);
  await advance(deps.db, row, `user:${user.id}`, await compareOne(deps, row, user));
}

async function lookForStrangers(deps: Deps, row: ReconciliationRow, after: string | null): Promise<void> {
  const page = await pageAfter(deps.stripe.listCustomers, after);
  const last = page.at(-1);
  if (!last) return finish(deps.db, row.id, nothing);
  const tally = await orNothing(deps, row, () => compareStrangers(deps, row, page));
  await advance(deps.db, row, `customer:${last.id}`, tally);
}

function compareOne(deps: Deps, row: ReconciliationRow, user: UserRow | undefined): Promise<Tally> {
  return orNothing(deps, row, async () => (user ? compareCustomer(deps, row, user) : nothing));
}

/** One customer that cannot be compared must not keep the others from it: that is noted, and the comparison will have failed. */
async function orNothing(deps: Deps, { id }: ReconciliationRow, compare: () => Promise<Tally>): Promise<Tally> {
  try {
    return await compare();
  } catch (error) {
    if (isPassing(error)) throw error;
    deps.log.error({ reconciliation: id, err: error }, "a customer could not be compared with Stripe");
    await noteProblem(deps.db, id, rootProblem(error));
    return nothing;
  }
}
