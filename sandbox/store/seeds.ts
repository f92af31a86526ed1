import { loadObjects } from "./state-file.js";
import type { Tables } from "./tables.js";

/** A plan in Stripe's JSON form, as far as a price has the same. */
interface Plan {
  id: string;
  object: "plan";
  active: boolean;
  amount: number | null;
  amount_decimal: string | null;
  billing_scheme: string;
  created: number;
  currency: string;
  interval: string;
  interval_count: number;
  livemode: boolean;
  metadata: Record<string, string> | null;
  meter?: string | null;
  nickname: string | null;
  product: string | null;
  tiers_mode: string | null;
  trial_period_days: number | null;
  usage_type: string;
}

/**
 * Loads Stripe objects as they are, save those that are there already.
 *
 * A plan is the older view of the recurring price of its id, so it is loaded as that price, unless the price is
 * there itself. https://docs.stripe.com/api/plans
 */
export function loadSeed(tables: Tables, seed: object[]): void {
  const plans = seed.filter(isPlan);
  loadObjects(tables, seed.filter((record) => !isPlan(record)).map(withMeter));
  loadObjects(tables, plans.map(priceOf));
}

/** A recurring price of before there were meters is billed by none. */
function withMeter(record: object): object {
  const isPrice = "object" in record && record.object === "price";
  if (!isPrice || !("recurring" in record) || !record.recurring) return record;
  return { ...record, recurring: { meter: null, ...record.recurring } };
}

function isPlan(record: object): record is Plan {
  return "object" in record && record.object === "plan";
}

function priceOf(plan: Plan): object {
  return {
    id: plan.id,
    object: "price",
    active: plan.active,
    billing_scheme: plan.billing_scheme,
    created: plan.created,
    currency: plan.currency,
    custom_unit_amount: null,
    livemode: plan.livemode,
    lookup_key: null,
    metadata: plan.metadata ?? {},
    nickname: plan.nickname,
    product: plan.product,
    recurring: {
      interval: plan.interval,
      interval_count: plan.interval_count,
      meter: plan.meter ?? null,
      trial_period_days: plan.trial_period_days,
      usage_type: plan.usage_type,
    },
    tax_behavior: "unspecified",
    tiers_mode: plan.tiers_mode,
    transform_quantity: null,
    type: "recurring",
    unit_amount: plan.amount,
    unit_amount_decimal: plan.amount_decimal,
  };
}
