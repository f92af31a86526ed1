import Stripe from "stripe";
import { BillingError } from "../errors.js";

/** Stripe did not answer, or answered that it cannot now. What was asked may or may not have happened. */
export class StripeUnavailable extends BillingError {
  /** Whether Stripe answered at all (5xx): it then replays that answer for the same idempotency key. */
  readonly hadAnswer: boolean;
  constructor(cause: unknown, hadAnswer: boolean) {
    super("UPSTREAM_UNAVAILABLE", undefined, { retryable: true }, { cause });
    this.hadAnswer = hadAnswer;
  }
}

/**
 * Stripe failed, and nothing of what was asked under an idempotency key came about. That key is spent: Stripe repeats the
 * failure under it for a day, https://docs.stripe.com/api/idempotent_requests
 */
export class StripeKeySpent extends StripeUnavailable {
  constructor(failure: StripeUnavailable) {
    super(failure.cause, true);
  }
}

/** Stripe said no for a reason of ours: nothing happened there. Its message is for the log, not for customers. */
export class StripeRefused extends Error {
  override readonly name = "StripeRefused";
  constructor(
    /** Stripe's code, for example `resource_missing`: https://docs.stripe.com/error-codes */
    readonly code: string | null,
    /** Stripe's name of the parameter at fault. */
    readonly param: string | null,
    readonly statusCode: number,
    cause: Error,
  ) {
    super(`Stripe refused: ${cause.message}`, { cause });
  }
}

/** Runs a call to Stripe and gives its failures the two shapes that the domain knows. */
export async function asking<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw translate(error);
  }
}

/** Something to have once, however often it is asked for. */
interface Once<Found> {
  /** What there is now. */
  readonly find: () => Promise<Found>;
  readonly isMade: (found: Found) => boolean;
  /** Asks under an idempotency key. */
  readonly make: (found: Found) => Promise<Found>;
}

/**
 * Finds what was made, or makes it. A failure of Stripe's does not tell whether it was: so what there is then is looked
 * at, at once, before anybody changes it again. Only where it was not made is the key spent.
 */
export function makingOnce<Found>({ find, isMade, make }: Once<Found>): Promise<Found> {
  return asking(async () => {
    const found = await find();
    if (isMade(found)) return found;
    try {
      return await asking(() => make(found));
    } catch (error) {
      if (!(error instanceof StripeUnavailable && error.hadAnswer)) throw error;
      const afterwards = await find();
      if (isMade(afterwards)) return afterwards;
      throw new StripeKeySpent(error);
    }
  });
}

/** Every page of a list. */
export async function everyPage<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of list) items.push(item);
  return items;
}

/** Whether Stripe refused because there is no such object. */
export function isMissing(error: unknown): boolean {
  return error instanceof StripeRefused && error.code === "resource_missing";
}

/**
 * Whether Stripe refused because the customer was deleted.
 *
 * With the key of another mode Stripe says that nothing is there either, and that "a similar object exists":
 * that is the operator's to mend, and no customer is lost.
 */
export function isMissingCustomer(error: unknown): boolean {
  return error instanceof StripeRefused && /no such customer/i.test(error.message) && isMissingHere(error);
}

/** Whether Stripe has no such object, and does not say either that the key is of the wrong mode. */
export function isMissingHere(error: unknown): boolean {
  return error instanceof StripeRefused && isMissing(error) && !/similar object exists/i.test(error.message);
}

/** What was asked for; undefined where Stripe has no such object. */
export async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isMissingHere(error)) return undefined;
    throw error;
  }
}

/** Whether Stripe refused because there is nothing to charge. It has no code of its own for that. */
export function isPaymentMethodMissing(error: unknown): boolean {
  return error instanceof StripeRefused && /no attached payment source|default payment method/i.test(error.message);
}

const worthAnotherTry = [409, 429];

function translate(error: unknown): unknown {
  if (!(error instanceof Stripe.errors.StripeError)) return error;
  const status = error.statusCode ?? 0;
  // A key that Stripe does not accept, or that may not do this, is an outage to the caller: only the operator can mend it.
  if (error instanceof Stripe.errors.StripeAuthenticationError) return new StripeUnavailable(error, false);
  if (error instanceof Stripe.errors.StripePermissionError) return new StripeUnavailable(error, false);
  if (status >= 500) return new StripeUnavailable(error, true);
  if (status < 400 || worthAnotherTry.includes(status)) return new StripeUnavailable(error, false);
  // API v2 has a word of its own for what is not there: https://docs.stripe.com/api-v2-overview
  const code = status === 404 && error.code === "not_found" ? "resource_missing" : error.code;
  return new StripeRefused(code ?? null, error.param ?? null, status, error);
}
