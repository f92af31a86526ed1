import { type Deps, inTransaction } from "../../deps.js";
import { lockCustomer, unlessBusy } from "../users/customer-lock.js";
import { findUntoldLapses, markLapsesTold } from "./override.repository.js";
import { announceEntitlements } from "./standing.announcement.js";
import { standingsOf } from "./standing.service.js";

const batch = 100;

/**
 * Tells everybody concerned that an override or a given tier has lapsed.
 *
 * It ends by itself, for rights are judged by the clock whenever they are asked for; whoever listens has to be told.
 * Found by the billing clock, told once.
 */
export async function tellLapses(deps: Deps): Promise<void> {
  for (const userId of new Set(await findUntoldLapses(deps.db, deps.now(), batch))) {
    await lockCustomer(deps, userId, () => inTransaction(deps, (inside) => tell(inside, userId))).catch(unlessBusy);
  }
}

/** All that lapsed of one customer, at once: each by itself would be told again with every later one. */
async function tell(inside: Deps, userId: string): Promise<void> {
  const firstEnd = await markLapsesTold(inside.db, userId, inside.now());
  if (!firstEnd) return; // told or taken away meanwhile
  const before = await standingsOf(inside, userId, new Date(firstEnd.getTime() - 1));
  await announceEntitlements(inside, userId, before, "ADMIN");
}
