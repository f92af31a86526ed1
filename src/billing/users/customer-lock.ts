import { LockBusy } from "../../db/locks.js";
import type { Deps } from "../../deps.js";
import { CustomerBusy, type Outcome, refuse } from "../../errors.js";
import { enqueue } from "../../jobs/enqueue.js";

/** How long a second caller waits for the first, before it is told to come again. */
const waitMs = 2_000;

/**
 * One at a time for each customer: every mutation and every sync runs under this lock.
 *
 * Throws `CustomerBusy` when another one does not finish in time.
 */
export async function lockCustomer<T>(deps: Deps, userId: string, work: () => Promise<T>): Promise<T> {
  try {
    return await deps.locks.hold(`customer:${userId}`, waitMs, work);
  } catch (error) {
    if (error instanceof LockBusy) throw new CustomerBusy();
    throw error;
  }
}

/** For work that comes around again: somebody else is at this customer, so it is left for the next round. */
export function unlessBusy(error: unknown): void {
  if (!(error instanceof CustomerBusy)) throw error;
}

const pauseMs = 2_000;

/** The same for a job that is not to wait for its next round: it is run again in a moment. */
export async function orSoonAgain(deps: Deps, task: string, error: unknown): Promise<void> {
  unlessBusy(error);
  await enqueue(deps.db, task, { key: `${task}:later`, runAt: new Date(Date.now() + pauseMs) });
}

/** `lockCustomer` for a use case: a busy customer is a refusal, not an error. */
export async function withCustomerLock<T>(
  deps: Deps,
  userId: string,
  work: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  try {
    return await lockCustomer(deps, userId, work);
  } catch (error) {
    if (error instanceof CustomerBusy) return refuse("REQUEST_IN_PROGRESS");
    throw error;
  }
}
