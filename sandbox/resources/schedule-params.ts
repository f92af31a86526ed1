import type Stripe from "stripe";
import {
  bool,
  type Covers,
  clearable,
  hash,
  integer,
  listOf,
  metadata,
  notHere,
  oneOf,
  only,
  type Reader,
  required,
  text,
} from "../api/params.js";

/** An instant, or `now`. */
export const instant: Reader<"now" | number | undefined> = (value, at) =>
  value === "now" ? "now" : integer()(value, at);

export const endBehavior = oneOf("cancel", "release");
export const prorationBehavior = oneOf("always_invoice", "create_prorations", "none");

const phaseItem = hash({
  billing_thresholds: notHere,
  discounts: notHere,
  metadata,
  plan: text,
  price: text,
  price_data: notHere,
  quantity: integer({ min: 0 }),
  tax_rates: notHere,
} satisfies Covers<Stripe.SubscriptionScheduleUpdateParams.Phase.Item>);

const phaseFields = {
  add_invoice_items: notHere,
  application_fee_percent: notHere,
  automatic_tax: notHere,
  billing_cycle_anchor: oneOf("automatic", "phase_start"),
  billing_thresholds: notHere,
  collection_method: only("charge_automatically"),
  currency: text,
  default_payment_method: text,
  default_tax_rates: notHere,
  description: clearable(text),
  discounts: clearable(listOf(hash({ coupon: text, discount: text, promotion_code: text }))),
  duration: hash({ interval: required(oneOf("day", "week", "month", "year")), interval_count: integer({ min: 1 }) }),
  end_date: integer(),
  invoice_settings: notHere,
  items: required(listOf(phaseItem)),
  metadata,
  on_behalf_of: notHere,
  proration_behavior: prorationBehavior,
  transfer_data: notHere,
  trial: bool,
  trial_end: integer(),
} satisfies Covers<Stripe.SubscriptionScheduleCreateParams.Phase>;

/** Only where a schedule exists can a phase have a beginning of its own, or something be `now`. */
const phaseOfExisting = hash({
  ...phaseFields,
  end_date: instant,
  start_date: instant,
  trial_end: instant,
} satisfies Covers<Stripe.SubscriptionScheduleUpdateParams.Phase>);

type PhaseOfExisting = NonNullable<ReturnType<typeof phaseOfExisting>>;

export type PhaseParams = Omit<PhaseOfExisting, "start_date"> & Partial<Pick<PhaseOfExisting, "start_date">>;

export const defaultSettings = hash({
  application_fee_percent: notHere,
  automatic_tax: notHere,
  billing_cycle_anchor: oneOf("automatic", "phase_start"),
  billing_thresholds: notHere,
  collection_method: only("charge_automatically"),
  default_payment_method: text,
  description: clearable(text),
  invoice_settings: notHere,
  on_behalf_of: notHere,
  transfer_data: notHere,
} satisfies Covers<Stripe.SubscriptionScheduleUpdateParams.DefaultSettings>);

export type DefaultSettingsParams = NonNullable<ReturnType<typeof defaultSettings>>;

export const createParams = {
  billing_mode: hash({ type: only("flexible"), flexible: notHere }),
  customer: text,
  customer_account: notHere,
  default_settings: defaultSettings,
  end_behavior: endBehavior,
  from_subscription: text,
  metadata,
  pause_schedules: notHere,
  phases: listOf(hash(phaseFields)),
  start_date: instant,
} satisfies Covers<Stripe.SubscriptionScheduleCreateParams>;

export const updateParams = {
  default_settings: defaultSettings,
  end_behavior: endBehavior,
  metadata,
  pause_schedules: notHere,
  phases: listOf(phaseOfExisting),
  proration_behavior: prorationBehavior,
} satisfies Covers<Stripe.SubscriptionScheduleUpdateParams>;

/** `schedule_details` of a preview. */
export const scheduleDetails = hash({
  billing_mode: hash({ type: only("flexible"), flexible: notHere }),
  end_behavior: endBehavior,
  pause_schedules: notHere,
  phases: listOf(phaseOfExisting),
  proration_behavior: prorationBehavior,
} satisfies Covers<Stripe.InvoiceCreatePreviewParams.ScheduleDetails>);
