import { type Deps, inTransaction } from "../../deps.js";
import { lockCustomer, unlessBusy } from "../users/customer-lock.js";
import { announceGrant } from "./grant.announcement.js";
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
    await lockCustomer(deps, userId, () => inTransaction(deps, (inside) => tellLapsesOf(inside, userId))).catch(
      unlessBusy,
    );
  }
}

/**
 * All that lapsed of one customer, at once: each by itself would be told again with every later one. Call it under the
 * customer's lock.
 */
export async function tellLapsesOf(inside: Deps, userId: string): Promise<void> {
  const lapses = await markLapsesTold(inside.db, userId, inside.now());
  if (!lapses) return; // told or taken away meanwhile
  const { firstEnd, grants } = lapses;
  for (const grant of grants) await announceGrant(inside, grant, "ACTIVE");
  const before = await standingsOf(inside, userId, new Date(firstEnd.getTime() - 1));
  await announceEntitlements(inside, userId, before, "ADMIN");
}
