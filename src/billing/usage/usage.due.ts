import type { Deps } from "../../deps.js";
import { momentOf } from "../moment.js";
import { keptKeysMs } from "./usage.js";
import {
  deleteKeys,
  deleteReservations,
  dropMonths,
  expireReservations,
  makeMonths,
} from "./usage-upkeep.repository.js";

const counters = 100;
const rows = 5_000;

/**
 * Gives back what was set aside and has run out.
 *
 * It counts no longer from that moment on in any case, for whoever reads or counts looks; this tells who listens.
 */
export async function expireDueReservations(deps: Deps): Promise<void> {
  while ((await expireReservations(deps.db, momentOf(deps), counters)) === counters);
}

/** The name of the job that keeps the tables of usage in shape. */
export const usageUpkeepTask = "usage-upkeep";

/** What of `Deps` the upkeep needs. */
type Keeper = Pick<Deps, "db" | "now"> & { readonly settings: Pick<Deps["settings"], "usageRetentionMonths"> };

/** Makes partitions ahead, drops old ones, and forgets old keys in batches, so that no lock is held for long. */
export async function keepUsageTables(deps: Keeper): Promise<void> {
  const now = deps.now();
  await makeMonths(deps.db, now);
  await dropMonths(deps.db, monthsBefore(now, deps.settings.usageRetentionMonths));
  const forgetBefore = new Date(now.getTime() - keptKeysMs);
  while ((await deleteKeys(deps.db, forgetBefore, rows)) === rows);
  while ((await deleteReservations(deps.db, forgetBefore, rows)) === rows);
}

function monthsBefore(now: Date, months: number): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 1));
}
