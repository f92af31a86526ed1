import { type Deps, inTransaction } from "../../deps.js";
import { done, type Outcome, refuse } from "../../errors.js";
import { StripeRefused } from "../../stripe/stripe-errors.js";
import { findCurrentSubscription } from "../subscriptions/subscription.service.js";
import { hadTrial } from "../subscriptions/trial.js";
import { noteOffer } from "../subscriptions/trial-ledger.js";
import { withCustomerLock } from "../users/customer-lock.js";
import { answerOnce } from "../users/idempotency.js";
import type { Payer } from "../users/payer.js";
import { forStripeCustomer, isGone, type RegisteredUser, StripeCustomerGone } from "../users/stripe-customer.js";
import { findCustomer } from "../users/user.service.js";
import type { UserRow } from "../users/user.table.js";
import { checkoutLifeMs, isSameCheckout } from "./checkout.js";
import { closePage, openPage, openPageAgain, refusalOf } from "./checkout.page.js";
import { closeCheckout, findCheckout, findLiveCheckout, insertCheckout } from "./checkout.repository.js";
import { refreshCheckout } from "./checkout.sync.js";
import type { CheckoutRow } from "./checkout.table.js";
import { type Buyer, type CreateCheckoutSession, type Order, orderOf } from "./order.js";

/**
 * Sends a customer to Stripe Checkout for a price.
 *
 * A customer has one live checkout: asking for the same again gives the same page, asking for another
 * closes the first one first, so that two tabs can never become two subscriptions.
 */
export async function createCheckoutSession(
  deps: Deps,
  payer: Payer,
  input: CreateCheckoutSession,
): Promise<Outcome<{ checkoutId: string }>> {
  const { idempotencyKey: key, ...rest } = input;
  return withCustomerLock(deps, payer.userId, async () => {
    const known = await findCustomer(deps, payer.userId);
    // They may well have a subscription that is not on record yet.
    if (known?.isImportPending) return refuse("REQUEST_IN_PROGRESS");
    return answerOnce(
      deps,
      { userId: payer.userId, operation: "createCheckoutSession", key, input: rest },
      async () => {
        const order = await orderOf(deps, await findBuyer(deps, payer), input);
        if (!order.value) return order;
        const { value } = order;
        return forStripeCustomer(deps, payer, (user) => sendToCheckout(deps, user, value, payer));
      },
    );
  });
}

async function findBuyer(deps: Deps, payer: Payer): Promise<Buyer> {
  const { userId } = payer;
  const [user, subscription, isTrialUsed] = await Promise.all([
    findCustomer(deps, userId),
    findCurrentSubscription(deps, userId),
    hadTrial(deps, payer),
  ]);
  return { user, subscription, hadTrial: isTrialUsed };
}

async function sendToCheckout(
  deps: Deps,
  user: RegisteredUser,
  order: Order,
  { email }: Payer,
): Promise<Outcome<{ checkoutId: string }>> {
  const live = await bringUpToDate(deps, user, await findLiveCheckout(deps.db, user.id));
  if (live && live.status !== "OPEN") return refuse("ALREADY_SUBSCRIBED", alreadyPaid);
  const isTheOne = live && isSameCheckout(live, order) && (await canStillPay(deps, user, live));
  if (isTheOne) {
    // The page may have been asked for by a service, which has no address to name.
    await noteOffer(deps, live, email);
    return done({ checkoutId: live.id });
  }
  if (live) await closePage(deps, live);
  return start(deps, user, order, email);
}

/** Whether a page is any good: nobody can pay on the page of a Stripe customer that was deleted since. */
async function canStillPay(deps: Deps, user: RegisteredUser, live: CheckoutRow): Promise<boolean> {
  if (!(await isGone(deps, user.stripeCustomerId))) return true;
  await closePage(deps, live);
  throw new StripeCustomerGone();
}

const alreadyPaid = "A payment has been made already; its subscription starts in a moment.";

/** What Stripe says now of a checkout that we believe live; undefined when it is open no more and nothing came of it. */
async function bringUpToDate(
  deps: Deps,
  user: RegisteredUser,
  live: CheckoutRow | undefined,
): Promise<CheckoutRow | undefined> {
  if (!live) return undefined;
  // Cut off before Stripe's answer was written down, too long ago for Stripe to remember: the page is gone as well.
  const isForgotten = !live.stripeSessionId && live.createdAt.getTime() + checkoutLifeMs <= deps.now().getTime();
  const row = isForgotten ? await closeCheckout(deps.db, live.id) : await askStripe(deps, user, live);
  return row.status === "EXPIRED" ? undefined : row;
}

async function askStripe(deps: Deps, user: RegisteredUser, live: CheckoutRow): Promise<CheckoutRow> {
  const known = live.stripeSessionId ? live : await openPageAgain(deps, user, live);
  const { stripeSessionId } = known;
  return stripeSessionId ? refreshCheckout(deps, user, { ...known, stripeSessionId }) : known;
}

async function start(
  deps: Deps,
  user: RegisteredUser,
  order: Order,
  email: string | null,
): Promise<Outcome<{ checkoutId: string }>> {
  const row = await inTransaction(deps, (inside) => insertWithOffer(inside, user, order, email));
  try {
    return done({ checkoutId: (await openPage(deps, user, row)).id });
  } catch (error) {
    if (!(error instanceof StripeRefused)) throw error;
    await closeCheckout(deps.db, row.id);
    return refusalOf(deps, order, error);
  }
}

async function insertWithOffer(inside: Deps, { id: userId }: UserRow, order: Order, email: string | null) {
  const createdAt = inside.now();
  const expiresAt = new Date(createdAt.getTime() + checkoutLifeMs);
  const row = await insertCheckout(inside.db, { ...order, userId, status: "OPEN", createdAt, expiresAt });
  await noteOffer(inside, row, email);
  return row;
}

/** The checkout that `createCheckoutSession` answered with. */
export async function findStartedCheckout(deps: Deps, userId: string, checkoutId: string): Promise<CheckoutRow> {
  const row = await findCheckout(deps.db, userId, checkoutId);
  if (!row) throw new Error(`Checkout ${checkoutId} was answered and has no row.`);
  return row;
}
