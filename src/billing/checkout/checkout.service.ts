import { type Deps, inTransaction } from "../../deps.js";
import { CustomerBusy, done, type Outcome, type RefusedOutcome, refuse } from "../../errors.js";
import { StripeRefused, StripeUnavailable } from "../../stripe/stripe-errors.js";
import { isRunning } from "../subscriptions/subscription.js";
import { findCurrentSubscription } from "../subscriptions/subscription.service.js";
import { withCustomerLock } from "../users/customer-lock.js";
import { answerOnce } from "../users/idempotency.js";
import type { Payer } from "../users/payer.js";
import { ensureCustomer, type RegisteredUser } from "../users/user.service.js";
import { checkoutLifeMs, isSameCheckout, withCheckoutId } from "./checkout.js";
import {
  closeCheckout,
  findCheckout,
  findLiveCheckout,
  insertCheckout,
  startNextAttempt,
  storeCheckout,
} from "./checkout.repository.js";
import { announceCheckout, refreshCheckout } from "./checkout.sync.js";
import type { CheckoutRow } from "./checkout.table.js";
import { type CreateCheckoutSession, type Order, orderOf } from "./order.js";

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
  return withCustomerLock(deps, payer.userId, () =>
    answerOnce(deps, { userId: payer.userId, operation: "createCheckoutSession", key, input: rest }, async () => {
      const order = await orderOf(deps, input);
      if (!order.value) return order;

      const subscription = await findCurrentSubscription(deps, payer.userId);
      if (subscription && isRunning(subscription)) return refuse("ALREADY_SUBSCRIBED");

      const user = await ensureCustomer(deps, payer);
      const live = await bringUpToDate(deps, user, await findLiveCheckout(deps.db, user.id));
      if (live && live.status !== "OPEN") return refuse("ALREADY_SUBSCRIBED", alreadyPaid);
      if (live && isSameCheckout(live, order.value)) return done({ checkoutId: live.id });
      if (live) await close(deps, live);
      return start(deps, user, order.value);
    }),
  );
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
  const known = live.stripeSessionId ? live : await openAgain(deps, user, live);
  const { stripeSessionId } = known;
  return stripeSessionId ? refreshCheckout(deps, user, { ...known, stripeSessionId }) : known;
}

/** Goes on with a page whose opening was cut off. One that Stripe refuses by now was never opened, and is over. */
function openAgain(deps: Deps, user: RegisteredUser, live: CheckoutRow): Promise<CheckoutRow> {
  return open(deps, user, live).catch((error: unknown) => {
    if (error instanceof StripeRefused) return closeCheckout(deps.db, live.id);
    throw error;
  });
}

/** Closes a page that was left for another one. */
async function close(deps: Deps, live: CheckoutRow): Promise<void> {
  if (!live.stripeSessionId) return;
  const closed = await deps.stripe.expireCheckout(live.stripeSessionId).catch((error: unknown) => {
    // Stripe closes no page that was paid in this very moment: the next try will see the payment.
    throw error instanceof StripeRefused ? new CustomerBusy() : error;
  });
  await inTransaction(deps, async (inside) =>
    announceCheckout(inside, await storeCheckout(inside.db, live.id, closed, "EXPIRED")),
  );
}

async function start(deps: Deps, user: RegisteredUser, order: Order): Promise<Outcome<{ checkoutId: string }>> {
  const createdAt = deps.now();
  const expiresAt = new Date(createdAt.getTime() + checkoutLifeMs);
  const row = await insertCheckout(deps.db, { ...order, userId: user.id, status: "OPEN", createdAt, expiresAt });
  try {
    return done({ checkoutId: (await open(deps, user, row)).id });
  } catch (error) {
    if (!(error instanceof StripeRefused)) throw error;
    await closeCheckout(deps.db, row.id);
    return refusalOf(deps, order, error);
  }
}

/**
 * Opens the page at Stripe for a row, or finds the one that an earlier, cut-off try opened: everything
 * that Stripe is told comes from the row, and so does the idempotency key.
 */
async function open(deps: Deps, user: RegisteredUser, row: CheckoutRow): Promise<CheckoutRow> {
  const back = withCheckoutId(row.returnUrl, row.id);
  const checkout = {
    checkoutId: row.id,
    customerId: user.stripeCustomerId,
    stripePriceId: row.stripePriceId,
    quantity: row.quantity,
    successUrl: back,
    cancelUrl: back,
    promotionCodeId: row.promotionCodeId,
  };
  try {
    const session = await deps.stripe.createCheckout(checkout, `checkout-${row.id}-${row.stripeAttempt}`);
    return await storeCheckout(deps.db, row.id, session, session.status === "OPEN" ? "OPEN" : row.status);
  } catch (error) {
    if (error instanceof StripeUnavailable && error.hadAnswer) return adoptOrRetryLater(deps, user, row, error);
    throw error;
  }
}

/** Stripe failed, and keeps that answer under this key for a day: the page may be there all the same. */
async function adoptOrRetryLater(
  deps: Deps,
  user: RegisteredUser,
  row: CheckoutRow,
  error: StripeUnavailable,
): Promise<CheckoutRow> {
  const sessions = await deps.stripe.openCheckouts(user.stripeCustomerId);
  const made = sessions.find(({ checkoutId }) => checkoutId === row.id);
  if (made) return storeCheckout(deps.db, row.id, made, "OPEN");
  await startNextAttempt(deps.db, row.id);
  throw error;
}

/** Why Stripe would not open the page, as far as a customer can do something about it. */
function refusalOf({ log }: Deps, { priceId }: Order, error: StripeRefused): RefusedOutcome {
  if (error.param?.startsWith("discounts")) {
    return refuse("PROMOTION_CODE_INVALID", undefined, { path: ["input", "promotionCode"] });
  }
  if (error.param?.startsWith("line_items")) {
    log.error({ price: priceId, err: error }, "Stripe does not sell a price of the catalog: push the catalog again");
    return refuse("TIER_NOT_AVAILABLE", undefined, { path: ["input", "priceId"] });
  }
  if (/combine currencies/i.test(error.message)) return refuse("CURRENCY_MISMATCH");
  throw error;
}

/** The checkout that `createCheckoutSession` answered with. */
export async function findStartedCheckout(deps: Deps, userId: string, checkoutId: string): Promise<CheckoutRow> {
  const row = await findCheckout(deps.db, userId, checkoutId);
  if (!row) throw new Error(`Checkout ${checkoutId} was answered and has no row.`);
  return row;
}
