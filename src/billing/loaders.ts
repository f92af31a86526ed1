import DataLoader from "dataloader";
import type { Deps } from "../deps.js";
import type { Holder, Standing } from "./allowances/allowance.js";
import type { GrantRow } from "./allowances/allowance.table.js";
import { loadNewestGrants } from "./allowances/grant.service.js";
import {
  holderName,
  loadStandings,
  loadTiersInForce,
  type Question,
  questionName,
} from "./allowances/standing.service.js";
import {
  type LifetimeValue,
  loadInvoices,
  loadLifetimeValues,
  loadPaymentsOfInvoices,
} from "./history/history.service.js";
import type { InvoiceRow } from "./history/invoice.table.js";
import type { PaymentRow } from "./history/payment.table.js";
import { loadDifferences } from "./reconciliation/reconciliation.service.js";
import type { DifferenceRow } from "./reconciliation/reconciliation.table.js";
import { loadCurrentSubscriptions, loadSubscriptions } from "./subscriptions/subscription.service.js";
import type { SubscriptionRow } from "./subscriptions/subscription.table.js";
import { loadTrialHistory, type TrialSeeker } from "./subscriptions/trial.js";
import { loadCustomers, loadCustomersByStripeId } from "./users/user.service.js";
import type { UserRow } from "./users/user.table.js";
import { loadPayloads } from "./webhook-events/webhook-event.service.js";

/** One request's batches: what is asked for many times is read once. */
export interface Loaders {
  readonly users: DataLoader<string, UserRow | undefined>;
  /** By the Stripe customer that they have or had. */
  readonly usersByStripeId: DataLoader<string, UserRow | undefined>;
  /** The running or last subscription, by user. */
  readonly subscriptions: DataLoader<string, SubscriptionRow | undefined>;
  /** The newest tier that a user was given, running or over. */
  readonly grants: DataLoader<string, GrantRow | undefined>;
  /** By our id; whoever's it is, so only for an id that came from a row the caller may see. */
  readonly subscriptionsById: DataLoader<string, SubscriptionRow | undefined>;
  /** Whether somebody ever had a trial. */
  readonly hadTrial: DataLoader<TrialSeeker, boolean, string>;
  /** How customers stand with one feature or all. */
  readonly standings: DataLoader<Question, Standing[], string>;
  /** The slug of the tier in force. */
  readonly tiers: DataLoader<Holder, string, string>;
  readonly invoices: DataLoader<string, InvoiceRow | undefined>;
  readonly paymentsOfInvoice: DataLoader<string, PaymentRow[]>;
  /** What a user has paid so far, less what was given back. */
  readonly lifetimeValues: DataLoader<string, LifetimeValue | undefined>;
  /** What a comparison with Stripe found. */
  readonly differences: DataLoader<string, DifferenceRow[]>;
  /** Bodies of Stripe's events, by our id; null for what is kept no longer. */
  readonly webhookPayloads: DataLoader<string, unknown>;
  /** Forgets what was read: after a write, and before each event of a stream. */
  forget(): void;
  /** Makes what this request reads wait for `work`, so that one answer never mixes the time before with the time after. */
  readAfter<T>(work: Promise<T>): Promise<T>;
  /** Resolves when nothing is left to wait for; who reads without a loader waits for it. */
  ready(): Promise<void>;
}

/** Fresh loaders; one set for each request. */
export function makeLoaders(deps: Deps): Loaders {
  let works: Promise<unknown>[] = [];
  const ready = async () => {
    // Every root field has been started by then, also the one that has something to wait for.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    await Promise.allSettled(works);
  };
  const batched = <T>(load: (deps: Deps, ids: readonly string[]) => Promise<T[]>) =>
    new DataLoader<string, T>((ids) => ready().then(() => load(deps, ids)));
  const standings = new DataLoader<Question, Standing[], string>(
    (questions) => ready().then(() => loadStandings(deps, questions)),
    { cacheKeyFn: questionName },
  );
  const tiers = new DataLoader<Holder, string, string>(
    (holders) => ready().then(() => loadTiersInForce(deps, holders)),
    { cacheKeyFn: holderName },
  );
  const hadTrial = new DataLoader<TrialSeeker, boolean, string>(
    (seekers) => ready().then(() => loadTrialHistory(deps, seekers)),
    { cacheKeyFn: ({ userId }) => userId },
  );
  const loaders = {
    users: batched(loadCustomers),
    usersByStripeId: batched(loadCustomersByStripeId),
    subscriptions: batched(loadCurrentSubscriptions),
    grants: batched(loadNewestGrants),
    subscriptionsById: batched(loadSubscriptions),
    hadTrial,
    standings,
    tiers,
    invoices: batched(loadInvoices),
    paymentsOfInvoice: batched(loadPaymentsOfInvoices),
    lifetimeValues: batched(loadLifetimeValues),
    differences: batched(loadDifferences),
    webhookPayloads: batched(loadPayloads),
  };
  return {
    ...loaders,
    ready,
    readAfter(work) {
      works = [...works, work];
      return work;
    },
    forget() {
      for (const loader of Object.values(loaders)) loader.clearAll();
    },
  };
}
