import Stripe from "stripe";

/** What the inbox keeps of a Stripe event. */
export interface StripeEvent {
  readonly id: string;
  readonly type: string;
  readonly apiVersion: string | null;
  readonly isLive: boolean;
  /** When Stripe says it happened. */
  readonly createdAt: Date;
  /** The object that it is about, and what kind it is. */
  readonly objectId: string | null;
  readonly objectType: string | null;
  /** The Stripe customer that it is about. */
  readonly customerId: string | null;
  /** The object that a charge, refund or invoice payment belongs to and that is synced in its place. */
  readonly paymentIntentId: string | null;
  readonly invoiceId: string | null;
}

/** A delivery that did not prove to be Stripe's. `reason` is for counters and logs. */
export class UnverifiedEvent extends Error {
  override readonly name = "UnverifiedEvent";
  constructor(
    readonly reason: "missing_signature" | "bad_signature" | "too_old" | "too_new" | "bad_body",
    message: string,
  ) {
    super(message);
  }
}

/** How far a signature's time may be from ours, either way. Stripe's own libraries take the same 5 minutes for the past. */
const toleranceSeconds = 300;

const webhooks = new Stripe("sk_test_unused").webhooks;

/**
 * Checks a delivery's signature over its raw bytes and reads the event in it.
 *
 * `secrets` are all accepted, so that a secret can be rolled without losing a delivery. `now` is the
 * wall clock. Throws `UnverifiedEvent`.
 */
export function verifyEvent(body: Buffer, signature: string | undefined, secrets: readonly string[], now: Date) {
  if (!signature) throw new UnverifiedEvent("missing_signature", "The Stripe-Signature header is missing.");
  const age = now.getTime() / 1000 - signedAt(signature);
  if (age < -toleranceSeconds) throw new UnverifiedEvent("too_new", "The signature is from the future.");
  if (!secrets.some((secret) => isSignedBy(body, signature, secret))) {
    throw new UnverifiedEvent("bad_signature", "The signature does not match this body and secret.");
  }
  if (age > toleranceSeconds) throw new UnverifiedEvent("too_old", "The signature is older than 5 minutes.");
  return readEvent(body);
}

function signedAt(signature: string): number {
  const seconds = Number(/(?:^|,)t=(\d+)(?:,|$)/.exec(signature)?.[1]);
  if (!Number.isSafeInteger(seconds)) {
    throw new UnverifiedEvent("bad_signature", "The Stripe-Signature header is malformed.");
  }
  return seconds;
}

function isSignedBy(body: Buffer, signature: string, secret: string): boolean {
  try {
    // Age is judged by the caller, both ways; 0 switches the SDK's own look at the past off.
    return webhooks.signature?.verifyHeader(body, signature, secret, 0) ?? false;
  } catch {
    return false; // the SDK throws for every mismatch; which one it was makes no difference
  }
}

function readEvent(body: Buffer): StripeEvent {
  const event = parse(body);
  const object = record(record(event["data"])["object"]);
  const id = text(event["id"]);
  const type = text(event["type"]);
  const createdAt = instant(event["created"]);
  if (!id || !type || !createdAt) throw new UnverifiedEvent("bad_body", "The body is not a Stripe event.");
  const objectType = text(object["object"]);
  const objectId = text(object["id"]);
  return {
    id,
    type,
    apiVersion: text(event["api_version"]),
    isLive: event["livemode"] === true,
    createdAt,
    objectId,
    objectType,
    customerId: objectType === "customer" ? objectId : (reference(object["customer"]) ?? formerCustomer(event)),
    paymentIntentId: reference(object["payment_intent"]),
    invoiceId: reference(object["invoice"]),
  };
}

/** Whose it was: what was detached from a customer names none any more. */
function formerCustomer(event: Record<string, unknown>): string | null {
  return reference(record(record(event["data"])["previous_attributes"])["customer"]);
}

function parse(body: Buffer): Record<string, unknown> {
  try {
    return record(JSON.parse(body.toString("utf8")));
  } catch {
    throw new UnverifiedEvent("bad_body", "The body is not JSON.");
  }
}

function record(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === "object" ? { ...value } : {};
}

const longestText = 255;

/** A short text that the database can hold: events are stored many at a time, and none may spoil the others. */
function text(value: unknown): string | null {
  const isText = typeof value === "string" && value !== "" && value.length <= longestText && !/\p{Cc}/u.test(value);
  return isText ? value : null;
}

/** The last second of the year 9999. */
const lastSecond = 253_402_300_799;

function instant(seconds: unknown): Date | null {
  return typeof seconds === "number" && seconds >= 0 && seconds <= lastSecond ? new Date(seconds * 1000) : null;
}

function reference(value: unknown): string | null {
  return text(value) ?? text(record(value)["id"]);
}
