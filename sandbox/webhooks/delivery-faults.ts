import type Stripe from "stripe";
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

export interface DeliveryFault {
  /** A type of event, `*` standing for anything. */
  event: string;
  /** An endpoint's address, `*` standing for anything. */
  url: string;
  /** So many matching deliveries pass before it. */
  skip: number;
  /** And so many meet with it. */
  times: number;
  effect: DeliveryFaultEffect;
}

export interface DeliveryFaults {
  plant(fault: DeliveryFault): void;
  clear(): void;
  /** What is planted still, oldest first. */
  planted(): DeliveryFault[];
  /** The fault planted for this delivery, used up by it: `times` says for how many more it is. */
  take(event: StoredEvent, endpoint: Stripe.WebhookEndpoint): DeliveryFault | null;
}

export function createDeliveryFaults(): DeliveryFaults {
  let planted: DeliveryFault[] = [];
  return {
    plant: (fault) => planted.push({ ...fault }),
    clear: () => {
      planted = [];
    },
    planted: () => planted.map((fault) => ({ ...fault })),
    take: (event, endpoint) => {
      const matching = planted.filter(
        (fault) => pathMatches(fault.event, event.type) && pathMatches(fault.url, endpoint.url),
      );
      const fault = matching.find(({ skip }) => skip === 0);
      for (const passed of matching) if (passed.skip > 0) passed.skip -= 1;
      if (!fault) return null;
      fault.times -= 1;
      planted = planted.filter(({ times }) => times > 0);
      return fault;
    },
  };
}
