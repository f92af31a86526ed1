import type { Logger } from "pino";
import type { Catalog } from "./billing/catalog/catalog.js";
import type { Db } from "./db/client.js";
import type { Locks } from "./db/locks.js";
import type { Metrics } from "./metrics.js";
import type { CatalogGateway } from "./stripe/catalog-gateway.js";
import type { StripeEventSource } from "./stripe/event-source.js";
import type { StripeGateway } from "./stripe/gateway.js";

/** What domain code may reach. Always the first argument; a transaction is the same with another `db`. */
export interface Deps {
  readonly db: Db;
  readonly stripe: StripeGateway;
  /** What Stripe is asked about its events. */
  readonly stripeEvents: StripeEventSource;
  /** What Stripe is asked about the catalog. A running service reads it; only a push changes anything. */
  readonly stripeCatalog: CatalogGateway;
  readonly locks: Locks;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly settings: Settings;
  /** The catalog in force, from memory. Throws UPSTREAM_UNAVAILABLE before the first push. */
  catalog(): Catalog;
  /** The billing clock: periods, trials, everything that falls due. Pass it to SQL; never use `now()` there. */
  now(): Date;
}

/** Whether there is one, and whether it also repairs. */
export type NightlyReconciliation = "off" | "report" | "repair";

/** The settings that domain rules depend on. */
export interface Settings {
  /** Exact origins that a customer may be sent back to. */
  readonly returnUrlOrigins: readonly string[];
  /** How many days a payment that failed is put up with. */
  readonly gracePeriodDays: number;
  /** Whether a subscription ends when all that its running period was paid with is given back, or lost to a dispute. */
  readonly endsAccess: { readonly onRefund: boolean; readonly onLostDispute: boolean };
  /** What becomes of a change to a tier that allows less than is in use. */
  readonly downgradeBelowUsage: "block" | "warn";
  /** Whether canceling at once credits the time that was paid for and not used. */
  readonly cancelNowCredit: boolean;
  /** Whether a trial is once for a person, by e-mail address and card, or once for an account. */
  readonly trialOnce: "account" | "person";
  /** What e-mail addresses and cards in the record of trials are hidden with. */
  readonly trialKey: Uint8Array;
  /** What tokens of previews are signed with. */
  readonly previewKey: Uint8Array;
  /** How many whole months the single events of use are kept. */
  readonly usageRetentionMonths: number;
  /** How many days the bodies of Stripe's events are kept, by the wall clock. */
  readonly payloadRetentionDays: number;
  /** Whether the key is one of Stripe's live mode; events of the other mode are none of our business. */
  readonly isLiveMode: boolean;
  /** What the nightly comparison of our records with Stripe's does. */
  readonly nightlyReconciliation: NightlyReconciliation;
  /** Where staff find a customer in Stripe's dashboard, by Stripe's id. */
  readonly stripeCustomerPage: (stripeCustomerId: string) => string;
}

/** Runs a write in one transaction: everything in it happens, or nothing does. */
export function inTransaction<T>(deps: Deps, write: (inside: Deps) => Promise<T>): Promise<T> {
  return deps.db.transaction((db) => write({ ...deps, db }));
}
