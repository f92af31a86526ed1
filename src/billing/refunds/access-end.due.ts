import type { Deps } from "../../deps.js";
import { listUnsettledReversals } from "../history/history.service.js";
import { endAccessTask } from "../history/reversal.js";
import { lockCustomer, orSoonAgain } from "../users/customer-lock.js";
import { settleReversals } from "./access-end.service.js";

/**
 * Settles what follows from payments that were taken back, whoever did it: staff here or in Stripe's dashboard, or a
 * bank. Runs when such a payment was stored, and each minute for what an outage has left.
 */
export async function endAccess(deps: Deps): Promise<void> {
  const found = await listUnsettledReversals(deps, null);
  for (const userId of new Set(found.map((payment) => payment.userId))) {
    await lockCustomer(deps, userId, () => settleReversals(deps, userId)).catch((error: unknown) =>
      orSoonAgain(deps, endAccessTask, error),
    );
  }
}
