import type Stripe from "stripe";
import type { BillingSettings } from "./billing/retry-schedule.js";
import type { SubscriptionMemory } from "./billing/subscription-memory.js";
import type { CheckoutPlan } from "./checkout/plan.js";
import type { Tables } from "./store/tables.js";
import type { Agenda } from "./time/agenda.js";
import type { Clock } from "./time/clock.js";
import type { Imagined } from "./time/imagined-world.js";
import type { Deliveries } from "./webhooks/deliveries.js";
import type { StoredEvent } from "./webhooks/events.js";
import type { FormerSecret } from "./webhooks/former-secrets.js";

/** The API version every answer and event is shaped after. */
export const apiVersion = "2026-10-28.endive" satisfies Stripe.LatestApiVersion;

/** Everything one running sandbox knows; the first argument of whatever reads or changes it. */
export interface World {
  tables: Tables;
  clock: Clock;
  /** What is to happen by itself. */
  agenda: Agenda;
  deliveries: Deliveries;
  /** A copy to try things in. */
  imagine: (what: Imagined) => World;
  /** Told of every event that was recorded. */
  onEvent?: ((event: StoredEvent) => void) | undefined;
  /** Where the hosted pages are, without a trailing slash. */
  origin: string;
  /** The API request being answered, named on the events it causes; null while time or a page acts. */
  cause: Stripe.Event.Request | null;
  /** What Checkout Sessions remember and do not show, by session. */
  checkouts: Map<string, CheckoutPlan>;
  /** What subscriptions remember and do not show, by subscription. */
  subscriptionMemories: Map<string, SubscriptionMemory>;
  /** What the account decided about payments that fail. */
  billing: BillingSettings;
  /** Stripe goes on answering for these, with `deleted: true`. */
  deletedCustomers: Set<string>;
  /** Webhook secrets that were replaced and sign along for a while. */
  formerSecrets: FormerSecret[];
}

export function nowInSeconds(world: World): number {
  return Math.floor(world.clock.now().getTime() / 1000);
}
