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
  for (const { userId, endsAt } of await findUntoldLapses(deps.db, deps.now(), batch)) {
    await lockCustomer(deps, userId, () =>
      inTransaction(deps, async (inside) => {
        const before = await standingsOf(inside, userId, new Date(endsAt.getTime() - 1));
        await markLapsesTold(inside.db, userId, inside.now());
        await announceEntitlements(inside, userId, before, "ADMIN");
      }),
    ).catch(unlessBusy);
  }
}
