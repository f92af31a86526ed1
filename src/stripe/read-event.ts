import { type StripeEvent, UnverifiedEvent } from "./stripe-event.js";

/**
 * Reads a classic event or a thin event notification from its JSON. Throws `UnverifiedEvent`.
 *
 * The SDK's `parseEventNotification` believes the shape of what it is given; here nothing is believed,
 * as one odd event must not spoil those that are stored with it.
 */
export function readEvent(body: string): StripeEvent {
  const event = parse(body);
  return event["object"] === "v2.core.event" ? readThin(event) : readClassic(event);
}

/** https://docs.stripe.com/api/events/object */
function readClassic(event: Fields): StripeEvent {
  const object = record(record(event["data"])["object"]);
  const objectType = text(object["object"]);
  const objectId = text(object["id"]);
  return {
    ...whatAndWhen(text(event["id"]), text(event["type"]), instant(event["created"])),
    apiVersion: text(event["api_version"]),
    isLive: event["livemode"] === true,
    isThin: false,
    accountId: text(event["account"]),
    objectId,
    objectType,
    customerId: objectType === "customer" ? objectId : (reference(object["customer"]) ?? formerCustomer(event)),
    paymentIntentId: reference(object["payment_intent"]),
    invoiceId: reference(object["invoice"]),
    subscriptionId: reference(object["subscription"]) ?? text(object["released_subscription"]),
    productId: reference(object["product"]),
  };
}

/** https://docs.stripe.com/api/v2/core/events/object */
function readThin(event: Fields): StripeEvent {
  const related = record(event["related_object"]);
  const objectId = text(related["id"]);
  const objectType = text(related["type"]);
  const type = text(event["type"])?.replace(/^v1\./, "") ?? null;
  return {
    ...whatAndWhen(text(event["id"]), type, moment(event["created"])),
    apiVersion: null,
    isLive: event["livemode"] === true,
    isThin: true,
    accountId: innermost(text(event["context"])),
    objectId,
    objectType,
    customerId: objectType === "customer" ? objectId : null,
    paymentIntentId: null,
    invoiceId: null,
    subscriptionId: null,
    productId: null,
  };
}

function whatAndWhen(id: string | null, type: string | null, createdAt: Date | null) {
  if (!id || !type || !createdAt) throw new UnverifiedEvent("bad_body", "The body is not a Stripe event.");
  return { id, type, createdAt };
}

/** An organisation's context is a path that ends with the account: https://docs.stripe.com/context */
function innermost(context: string | null): string | null {
  return context?.split("/").at(-1) || null;
}

/** Whose it was: what was detached from a customer names none any more. */
function formerCustomer(event: Fields): string | null {
  return reference(record(record(event["data"])["previous_attributes"])["customer"]);
}

type Fields = Record<string, unknown>;

function parse(body: string): Fields {
  try {
    return record(JSON.parse(body));
  } catch {
    throw new UnverifiedEvent("bad_body", "The body is not JSON.");
  }
}

const nothing: Fields = {};

/** An object as it is: a copy of each would cost as much as reading them. */
function record(value: unknown): Fields {
  return isRecord(value) ? value : nothing;
}

function isRecord(value: unknown): value is Fields {
  return value !== null && typeof value === "object";
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

function moment(value: unknown): Date | null {
  return instant(Date.parse(text(value) ?? "") / 1000);
}

function reference(value: unknown): string | null {
  return text(value) ?? text(record(value)["id"]);
}
