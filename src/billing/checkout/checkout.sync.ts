import type { Deps } from "../../deps.js";
import { enqueue } from "../../jobs/enqueue.js";
import { announce } from "../../live/announce.js";
import type { CheckoutSnapshot } from "../../stripe/snapshots.js";
import { syncInvoice } from "../history/invoice.sync.js";
import { tieredMomentOf } from "../moment.js";
import { syncPayer } from "../subscriptions/payer.sync.js";
import { isEntitling, isRunning } from "../subscriptions/subscription.js";
import { syncSubscription } from "../subscriptions/subscription.sync.js";
import type { SubscriptionRow } from "../subscriptions/subscription.table.js";
import { commit, type Write } from "../users/user.sync.js";
import type { UserRow } from "../users/user.table.js";
import { keepCardsTask } from "./checkout.card.js";
import {
  closeCheckout,
  detachSubscription,
  findBySession,
  findCheckout,
  setCardPending,
  storeCheckout,
} from "./checkout.repository.js";
import type { CheckoutRow, CheckoutStatus } from "./checkout.table.js";

/**
 * Makes the checkout that a Stripe session belongs to match Stripe, together with what came of it.
 *
 * A session that was paid is written with its subscription and invoice in one transaction: whoever
 * reads `COMPLETE` finds the entitlements in force and the payment in the history. The write gives
 * undefined for a session that this service did not open.
 */
export async function syncCheckout(
  deps: Deps,
  user: UserRow,
  stripeSessionId: string,
): Promise<Write<CheckoutRow | undefined>> {
  const session = await deps.stripe.getCheckout(stripeSessionId);
  const row = session.checkoutId ? await findCheckout(deps.db, user.id, session.checkoutId) : undefined;
  // What came of a payment is read side by side: somebody waits for it on the return page.
  const [writeCustomer, writeSubscription, writeInvoice] = await Promise.all([
    session.subscriptionId && session.customerId ? syncPayer(deps, user, session.customerId) : undefined,
    session.subscriptionId ? syncSubscription(deps, user, session.subscriptionId) : undefined,
    session.invoiceId ? syncInvoice(deps, user, session.invoiceId) : undefined,
  ]);
  return async (inside) => {
    await writeCustomer?.(inside);
    const subscription = await writeSubscription?.(inside);
    await writeInvoice?.(inside);
    return row && store(inside, row, session, subscription);
  };
}

/** `syncCheckout` for a row whose session is known to Stripe, in a transaction of its own. */
export async function refreshCheckout(
  deps: Deps,
  user: UserRow,
  row: CheckoutRow & { stripeSessionId: string },
): Promise<CheckoutRow> {
  return (await commit(deps, await syncCheckout(deps, user, row.stripeSessionId))) ?? row;
}

async function store(
  inside: Deps,
  row: CheckoutRow,
  session: CheckoutSnapshot,
  subscription: SubscriptionRow | undefined,
) {
  const { status, subscriptionId } = checkoutOutcome(inside, session, subscription);
  const stored = await storeCheckout(inside.db, row.id, session, status, subscriptionId);
  if (stored.status !== row.status) {
    await announceCheckout(inside, stored);
    if (stored.status === "COMPLETE") await startKeepingCard(inside, stored);
  }
  return stored;
}

async function startKeepingCard({ db }: Deps, { id }: CheckoutRow): Promise<void> {
  await setCardPending(db, id, true);
  await enqueue(db, keepCardsTask, { key: keepCardsTask });
}

/** How a session stands, given our row of the subscription that came of it. */
export function checkoutOutcome(inside: Deps, session: CheckoutSnapshot, subscription: SubscriptionRow | undefined) {
  const status = statusOf(inside, session, subscription);
  return { status, subscriptionId: status === "COMPLETE" ? (subscription?.id ?? null) : null };
}

function statusOf(inside: Deps, session: CheckoutSnapshot, subscription: SubscriptionRow | undefined): CheckoutStatus {
  if (session.status !== "COMPLETE") return session.status;
  if (!subscription) return "PROCESSING";
  if (isEntitling(subscription, tieredMomentOf(inside)) && subscription.tierSlug) return "COMPLETE";
  // A payment that came to nothing, for example a bank debit that bounced: nothing more can come of this page.
  return isRunning(subscription) ? "PROCESSING" : "EXPIRED";
}

/** Tells whoever waits on the return page. */
export function announceCheckout(inside: Deps, { id, status }: CheckoutRow): Promise<void> {
  return announce(inside.db, { kind: "checkout", subject: id, facts: { status } });
}

/** Closes a checkout whose session Stripe does not have. */
export async function forgetCheckout(inside: Deps, user: UserRow, stripeSessionId: string): Promise<void> {
  const row = await findBySession(inside.db, user.id, stripeSessionId);
  if (row) await announceCheckout(inside, await closeCheckout(inside.db, row.id));
}

/** Takes a subscription that is about to be dropped off the checkouts that it came of. */
export function forgetPurchase(inside: Deps, stripeSubscriptionId: string): Promise<void> {
  return detachSubscription(inside.db, stripeSubscriptionId);
}
