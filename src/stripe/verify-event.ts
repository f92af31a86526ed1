import { isUtf8 } from "node:buffer";
import Stripe from "stripe";
import { readEvent } from "./read-event.js";
import { type Delivery, UnverifiedEvent } from "./stripe-event.js";

/** How far a signature's time may be from ours, either way. Stripe's own libraries take the same 5 minutes for the past. */
const toleranceSeconds = 300;

const webhooks = new Stripe("sk_test_unused").webhooks;

/**
 * Checks a signature over the raw bytes and reads the event in them, be it classic or thin.
 *
 * `secrets` are all accepted, so that a secret can be rolled without losing a delivery. `now` is the
 * wall clock. Throws `UnverifiedEvent`.
 */
export function verifyEvent(
  bytes: Buffer,
  signature: string | undefined,
  secrets: readonly string[],
  now: Date,
): Delivery {
  if (!signature) throw new UnverifiedEvent("missing_signature", "The Stripe-Signature header is missing.");
  // The SDK signs the text that it makes of the bytes: what it had to guess at would pass for what Stripe sent.
  if (!isUtf8(bytes)) throw new UnverifiedEvent("bad_body", "The body is not UTF-8.");
  const body = bytes.toString("utf8");
  const age = now.getTime() / 1000 - signedAt(signature);
  if (age < -toleranceSeconds) throw new UnverifiedEvent("too_new", "The signature is from the future.");
  if (!secrets.some((secret) => isSignedBy(body, signature, secret))) {
    throw new UnverifiedEvent("bad_signature", "The signature does not match this body and secret.");
  }
  if (age > toleranceSeconds) throw new UnverifiedEvent("too_old", "The signature is older than 5 minutes.");
  return { event: readEvent(body), body };
}

function signedAt(signature: string): number {
  const seconds = Number(/(?:^|,)t=(\d+)(?:,|$)/.exec(signature)?.[1]);
  if (!Number.isSafeInteger(seconds)) {
    throw new UnverifiedEvent("bad_signature", "The Stripe-Signature header is malformed.");
  }
  return seconds;
}

function isSignedBy(body: string, signature: string, secret: string): boolean {
  try {
    // Age is judged by the caller, both ways; 0 switches the SDK's own look at the past off.
    return webhooks.signature?.verifyHeader(body, signature, secret, 0) ?? false;
  } catch {
    return false; // the SDK throws for every mismatch; which one it was makes no difference
  }
}
