import type Stripe from "stripe";

/** A meter event as it is kept: `id` is the sandbox's own and never answered. */
export interface StoredMeterEvent extends Stripe.Billing.MeterEvent {
  id: string;
}
