import type { Owners } from "../../db/owners.js";
import { BillingError, CustomerBusy } from "../../errors.js";
import type { GraphQLContext } from "../../graphql/context.js";
import { checkoutsOf } from "../users/reach.js";
import { isFinal } from "./checkout.js";
import { readCheckout } from "./checkout.reading.js";
import type { CheckoutRow } from "./checkout.table.js";
import { type CheckoutSession, toCheckoutSession } from "./checkout.type.js";

/** How often Stripe is asked while a customer waits: the webhook may be late or never come. */
const askEveryMs = 3_000;

/** A checkout from its present state until nothing more can come of it. An ID that the caller may not see gives null and ends. */
export async function* checkoutUpdates(
  context: GraphQLContext,
  checkoutId: string | undefined,
): AsyncGenerator<CheckoutSession | null> {
  const owners = checkoutsOf(context.viewer);
  // Listening starts before the first look, so that nothing falls between the two.
  const looks = checkoutId ? context.live.changes("checkout", checkoutId, askEveryMs) : undefined;
  let seen = checkoutId ? await readCheckout(context, owners, checkoutId) : undefined;
  yield seen ? toCheckoutSession(seen) : null;
  if (!looks || !checkoutId || !seen || isFinal(seen)) return void (await looks?.return?.());
  for await (const _look of looks) {
    const now = await lookAgain(context, owners, checkoutId);
    if (!now || now.status === seen.status) continue;
    seen = now;
    context.loaders.forget();
    yield toCheckoutSession(seen);
    if (isFinal(seen)) return;
  }
}

/** An outage in the middle of a stream, or a busy customer, is no reason to end it: the next look may succeed. */
async function lookAgain(
  context: GraphQLContext,
  owners: Owners,
  checkoutId: string,
): Promise<CheckoutRow | undefined> {
  try {
    return await readCheckout(context, owners, checkoutId);
  } catch (error) {
    if (error instanceof CustomerBusy) return undefined;
    if (error instanceof BillingError && error.code === "UPSTREAM_UNAVAILABLE") return undefined;
    throw error;
  }
}
