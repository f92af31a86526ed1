import type Stripe from "stripe";
import { asking, everyPage } from "./stripe-errors.js";

/** Settings of the billing portal that this service made: https://docs.stripe.com/api/customer_portal/configurations/object */
export interface StoredPortalSettings {
  readonly id: string;
  readonly isActive: boolean;
  /** Whether the portal offers exactly what this service wants it to. */
  readonly isAsWanted: boolean;
}

/** The portal's part of the catalog's push. */
export interface PortalSettings {
  /** Those that this service made, the oldest first. */
  listPortalSettings(): Promise<StoredPortalSettings[]>;
  createPortalSettings(idempotencyKey: string): Promise<void>;
  /** Makes them what they should be again, and usable. */
  resetPortalSettings(id: string): Promise<void>;
}

/** The metadata that makes them ours; the account's default ones are the merchant's. */
const metadata = { billing_portal: "true" };

const reasons = [
  "too_expensive",
  "missing_features",
  "switched_service",
  "unused",
  "customer_service",
  "too_complex",
  "low_quality",
  "other",
] as const;

/**
 * What customers may do on Stripe's pages: look after their card, address and invoices, and stop at the end of
 * the period. Changing the plan stays here: only here are limits, seats and trials judged.
 */
const features = {
  customer_update: { enabled: true, allowed_updates: ["address", "email", "name", "tax_id"] },
  invoice_history: { enabled: true },
  payment_method_update: { enabled: true },
  subscription_cancel: {
    enabled: true,
    mode: "at_period_end",
    proration_behavior: "none",
    cancellation_reason: { enabled: true, options: [...reasons] },
  },
  subscription_update: { enabled: false },
} satisfies Stripe.BillingPortal.ConfigurationCreateParams.Features;

export function makePortalSettings(stripe: Stripe): PortalSettings {
  const { configurations } = stripe.billingPortal;
  return {
    listPortalSettings: () =>
      asking(async () => {
        const all = await everyPage(configurations.list({ limit: 100 }));
        return all
          .filter((configuration) => configuration.metadata?.["billing_portal"] === metadata.billing_portal)
          .toSorted((a, b) => a.created - b.created)
          .map((configuration) => ({
            id: configuration.id,
            isActive: configuration.active,
            isAsWanted: isAsWanted(configuration.features),
          }));
      }),
    createPortalSettings: (idempotencyKey) =>
      asking(async () => {
        await configurations.create({ features, metadata }, { idempotencyKey });
      }),
    resetPortalSettings: (id) =>
      asking(async () => {
        await configurations.update(id, { active: true, features });
      }),
  };
}

/** Lists in any order: Stripe does not promise to keep ours. */
function isAsWanted(stored: Stripe.BillingPortal.Configuration.Features): boolean {
  const { customer_update, invoice_history, payment_method_update, subscription_cancel, subscription_update } = stored;
  const { cancellation_reason } = subscription_cancel;
  return [
    customer_update.enabled,
    isSameSet(customer_update.allowed_updates, features.customer_update.allowed_updates),
    invoice_history.enabled,
    payment_method_update.enabled,
    subscription_cancel.enabled,
    subscription_cancel.mode === features.subscription_cancel.mode,
    subscription_cancel.proration_behavior === features.subscription_cancel.proration_behavior,
    cancellation_reason.enabled,
    isSameSet(cancellation_reason.options, reasons),
    !subscription_update.enabled,
  ].every(Boolean);
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((entry) => b.includes(entry));
}
