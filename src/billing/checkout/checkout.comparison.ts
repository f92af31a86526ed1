import type { Deps } from "../../deps.js";
import type { CheckoutSnapshot } from "../../stripe/snapshots.js";
import { unlessMissing } from "../../stripe/stripe-errors.js";
import { findStripeSubscription } from "../subscriptions/subscription.service.js";
import { isElsewhere, type Sides, shown } from "../users/sides.js";
import { isUuid } from "../users/user.js";
import type { UserRow } from "../users/user.table.js";
import { isFinal } from "./checkout.js";
import { findBySession, findCheckout, findLiveAtStripe } from "./checkout.repository.js";
import { checkoutOutcome } from "./checkout.sync.js";
import type { CheckoutRow } from "./checkout.table.js";

/** A user's checkouts that can still be paid, at either side; what has ended at both is over. */
export async function listCheckoutSides(
  deps: Deps,
  user: UserRow,
  stripeCustomerIds: readonly string[],
): Promise<Sides[]> {
  const open = (await Promise.all(stripeCustomerIds.map((id) => deps.stripe.openCheckouts(id)))).flat();
  const live = await findLiveAtStripe(deps.db, user.id);
  const ids = new Set([...open.map(({ id }) => id), ...live.flatMap((row) => row.stripeSessionId ?? [])]);
  const sides: Sides[] = [];
  for (const id of ids) {
    const found = await lookAtCheckout(deps, user, stripeCustomerIds, id);
    if (found) sides.push(found);
  }
  return sides;
}

/** A checkout on both sides, read now; undefined for one that this service did not open, and where both say that it is over. */
export async function lookAtCheckout(
  deps: Deps,
  user: UserRow,
  stripeCustomerIds: readonly string[],
  stripeId: string,
): Promise<Sides | undefined> {
  const session = await unlessMissing(deps.stripe.getCheckout(stripeId));
  if (session && isElsewhere(session.customerId, stripeCustomerIds)) return undefined;
  const row = await findRow(deps, user, stripeId, session);
  if (!row || (isFinal(row) && session?.status !== "OPEN")) return undefined;
  const theirs = session && (await columnsOf(deps, session));
  return {
    kind: "checkout",
    stripeId,
    ours: theirs ? row : shown(row),
    theirs: theirs && withSameFragment(theirs, row),
  };
}

async function findRow(deps: Deps, user: UserRow, stripeId: string, session: CheckoutSnapshot | undefined) {
  const known = await findBySession(deps.db, user.id, stripeId);
  // `client_reference_id` is anybody's to set where a page was not opened by this service.
  if (known || !session?.checkoutId || !isUuid(session.checkoutId)) return known;
  return findCheckout(deps.db, user.id, session.checkoutId);
}

/** What the sync would write: see `checkout.sync.ts`. */
async function columnsOf(deps: Deps, session: CheckoutSnapshot): Promise<Partial<CheckoutRow>> {
  const { id: stripeSessionId, url, expiresAt, subscriptionId } = session;
  const subscription = subscriptionId ? await findStripeSubscription(deps, subscriptionId) : undefined;
  const outcome = checkoutOutcome(deps, session, subscription);
  return { stripeSessionId, expiresAt, url: outcome.status === "OPEN" ? url : null, ...outcome };
}

/** What stands behind the `#` of a page's address is Stripe's own business, and may be worded anew. */
function withSameFragment(theirs: Partial<CheckoutRow>, { url }: CheckoutRow): Partial<CheckoutRow> {
  const isSame = theirs.url?.split("#")[0] === url?.split("#")[0];
  return isSame ? { ...theirs, url } : theirs;
}
