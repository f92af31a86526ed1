import type Stripe from "stripe";
import { createFaultList, type FaultList, type Timed } from "../api/fault-list.js";
import { pathMatches } from "../api/request-log.js";
import type { StoredEvent } from "./events.js";

/** What goes wrong with a delivery. */
export type DeliveryFaultEffect =
  /** It waits until the faults are taken back. */
  | { kind: "hold" }
  /** It never comes, and is not tried again. */
  | { kind: "drop" }
  /** It comes so many times more, in parallel. */
  | { kind: "repeat"; copies: number }
  /** It waits until the last that this fault is for, and they come one after another, the newest first. */
  | { kind: "reorder" }
  /** It comes so much later; others overtake it. */
  | { kind: "delay"; ms: number };

export interface DeliveryFault extends Timed {
  /** A type of event, `*` standing for anything. */
  event: string;
  /** An endpoint's address, `*` standing for anything. */
  url: string;
  effect: DeliveryFaultEffect;
}

/** Faults of deliveries, found by the event and the endpoint. */
export type DeliveryFaults = FaultList<DeliveryFault, [event: StoredEvent, endpoint: Stripe.WebhookEndpoint]>;

export function createDeliveryFaults(): DeliveryFaults {
  return createFaultList(
    (fault, event, endpoint) => pathMatches(fault.event, event.type) && pathMatches(fault.url, endpoint.url),
  );
}
