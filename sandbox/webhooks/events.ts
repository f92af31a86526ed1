import type Stripe from "stripe";
import { newId } from "../ids.js";
import { apiVersion, nowInSeconds, type World } from "../world.js";
import { changedAttributes } from "./changed-attributes.js";
import { subscribedEndpoints } from "./subscribers.js";

/** An event with its object frozen as it was; the SDK's union says which object belongs to which type. */
export type StoredEvent = Pick<
  Stripe.Event,
  "id" | "object" | "api_version" | "created" | "livemode" | "pending_webhooks" | "request" | "type"
> & { data: { object: object; previous_attributes?: object } };

type EventType = Stripe.Event["type"];
type Subject<T extends EventType> = Extract<Stripe.Event, { type: T }>["data"]["object"];

/**
 * Records what happened and hands it to the webhook endpoints.
 *
 * `before` is the object's earlier state, for the types that say what changed.
 */
export function recordEvent<T extends EventType>(
  world: World,
  type: T,
  subject: Subject<T>,
  before?: Subject<T>,
): void {
  // Shared with the tables, not copied: objects are never changed in place, so it stays as it is now.
  const object = withoutInclusions(subject);
  const event: StoredEvent = {
    id: isOfPaymentsFamily(type) ? newId.paymentEvent() : newId.event(),
    object: "event",
    api_version: apiVersion,
    created: nowInSeconds(world),
    data: before ? { object, previous_attributes: changedAttributes(withoutInclusions(before), object) } : { object },
    livemode: false,
    pending_webhooks: subscribedEndpoints(world.tables, type).length,
    request: world.cause ?? { id: null, idempotency_key: null },
    type,
  };
  world.tables.event.put(event);
  world.onEvent?.(event);
  world.deliveries.send(event);
}

/** Leaves out what Stripe only includes on request, and secrets. */
function withoutInclusions(subject: object): object {
  const {
    applies_to,
    currency_options,
    secret,
    ...rest
  }: { applies_to?: unknown; currency_options?: unknown; secret?: unknown } = { ...subject };
  return rest;
}

function isOfPaymentsFamily(type: string): boolean {
  return /^(charge|payment_intent|refund)\./.test(type);
}
