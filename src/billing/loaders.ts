import DataLoader from "dataloader";
import type { Deps } from "../deps.js";
import { loadInvoices, loadPaymentsOfInvoices } from "./history/history.service.js";
import type { InvoiceRow } from "./history/invoice.table.js";
import type { PaymentRow } from "./history/payment.table.js";
import { loadCurrentSubscriptions } from "./subscriptions/subscription.service.js";
import type { SubscriptionRow } from "./subscriptions/subscription.table.js";
import { loadUsed, type UsedByFeature } from "./usage/usage.service.js";
import { loadCustomers } from "./users/user.service.js";
import type { UserRow } from "./users/user.table.js";

/** One request's batches: what is asked for many times is read once. */
export interface Loaders {
  readonly users: DataLoader<string, UserRow | undefined>;
  /** The running or last subscription, by user. */
  readonly subscriptions: DataLoader<string, SubscriptionRow | undefined>;
  /** What is used in running periods, by user. */
  readonly used: DataLoader<string, UsedByFeature>;
  readonly invoices: DataLoader<string, InvoiceRow | undefined>;
  readonly paymentsOfInvoice: DataLoader<string, PaymentRow[]>;
  /** Forgets what was read: after a write, and before each event of a stream. */
  forget(): void;
}

/** Fresh loaders; one set for each request. */
export function makeLoaders(deps: Deps): Loaders {
  const loaders = {
    users: new DataLoader((ids: readonly string[]) => loadCustomers(deps, ids)),
    subscriptions: new DataLoader((ids: readonly string[]) => loadCurrentSubscriptions(deps, ids)),
    used: new DataLoader((ids: readonly string[]) => loadUsed(deps, ids)),
    invoices: new DataLoader((ids: readonly string[]) => loadInvoices(deps, ids)),
    paymentsOfInvoice: new DataLoader((ids: readonly string[]) => loadPaymentsOfInvoices(deps, ids)),
  };
  return {
    ...loaders,
    forget() {
      for (const loader of Object.values(loaders)) loader.clearAll();
    },
  };
}
