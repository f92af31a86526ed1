import type Stripe from "stripe";
import type { World } from "../world.js";
import type { DefaultSettingsParams } from "./schedule-params.js";
import { methodOf } from "./schedule-phases.js";

type DefaultSettings = Stripe.SubscriptionSchedule.DefaultSettings;

/** A schedule's settings as long as nothing was said. */
export const blankSettings: DefaultSettings = {
  application_fee_percent: null,
  automatic_tax: { disabled_reason: null, enabled: false, liability: null },
  billing_cycle_anchor: "automatic",
  billing_thresholds: null,
  collection_method: "charge_automatically",
  default_payment_method: null,
  description: null,
  invoice_settings: {
    account_tax_ids: null,
    custom_fields: null,
    days_until_due: null,
    description: null,
    footer: null,
    issuer: { type: "self" },
  },
  on_behalf_of: null,
  transfer_data: null,
};

/** Settings with what a request says; what it leaves out stays. */
export function changedSettings(
  world: World,
  before: DefaultSettings,
  given: DefaultSettingsParams | undefined,
  customer: string,
): DefaultSettings {
  if (!given) return before;
  const { billing_cycle_anchor, default_payment_method, description } = given;
  return {
    ...before,
    billing_cycle_anchor: billing_cycle_anchor ?? before.billing_cycle_anchor,
    default_payment_method:
      methodOf(world, default_payment_method, customer, "default_settings") ?? before.default_payment_method,
    description: description === undefined ? before.description : description,
  };
}
