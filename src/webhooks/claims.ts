import { randomUUID } from "node:crypto";
import type { Locks } from "../db/locks.js";

/** What the names of the locks begin with; the run's own follows. */
export const claimPrefix = "claim:";
/** How many runs of a process may be under way: as many as it runs jobs. */
export const runsAtOnce = 4;
/** There is nobody to wait for: each run has a lock of its own. */
const waitMs = 5_000;

/**
 * Runs `work` with a name to claim events by, and a lock of that name that ends with it: with the work, the process, or
 * the connection. So a claim whose lock is free is one that nobody works on any more, and everybody can see it.
 */
export function claiming<T>(claims: Locks, work: (run: string) => Promise<T>): Promise<T> {
  const run = randomUUID();
  return claims.hold(`${claimPrefix}${run}`, waitMs, () => work(run));
}
