import type Stripe from "stripe";
import { invalidRequest, noSuch } from "../api/errors.js";
import { redeem } from "../billing/discounts.js";
import { purchaseOf } from "../billing/order.js";
import { intervalOf } from "../billing/periods.js";
import { idOf, isMetered, refuseUnlessOfferedIn } from "../billing/price-amounts.js";
import { addIntervals } from "../calendar.js";
import { nowInSeconds, type World } from "../world.js";
import { getPaymentMethod } from "./payment-methods.js";
import { getPrice } from "./prices.js";
import type { PhaseParams } from "./schedule-params.js";
import { refuseImpossible } from "./subscription-item-changes.js";

type Phase = Stripe.SubscriptionSchedule.Phase;

/** What phases are given for. */
interface PhasesOf {
  customer: string;
  /** null while nothing runs: then their own, or their prices'. */
  currency: string | null;
  /** When the first begins. */
  start: number;
  anchor: Phase["billing_cycle_anchor"];
  /** What the schedule has redeemed, or was to redeem, before. */
  redeemed: readonly Phase["discounts"][number][];
}

/** Phases one after another; each says how long it is, or when it ends. */
export function phasesFrom(world: World, given: PhaseParams[], of: PhasesOf): Phase[] {
  let from = of.start;
  return given.map((params, index) => {
    const at = `phases[${index}]`;
    const start = instantOf(world, params.start_date) ?? from;
    if (start !== from) {
      throw invalidRequest("A phase must start when the one before ends.", { param: `${at}[start_date]` });
    }
    const phase = phaseFrom(world, params, { ...of, start }, at);
    from = phase.end_date;
    return phase;
  });
}

function phaseFrom(
  world: World,
  params: PhaseParams,
  { customer, currency: known, start, anchor, redeemed }: PhasesOf,
  at: string,
): Phase {
  const prices = pricesOf(world, params, at);
  const currency = params.currency ?? known ?? prices[0].currency;
  for (const price of prices) refuseUnlessOfferedIn(price, currency);
  if (known !== null && currency !== known) {
    throw invalidRequest(`A phase must be in the currency of its subscription: \`${known}\`.`, {
      param: `${at}[currency]`,
    });
  }
  const end_date = endOf(world, params, start, prices[0], at);
  const billing_cycle_anchor = params.billing_cycle_anchor ?? anchor;
  const items = params.items.map((item, index) => itemFrom(item, prices[index] ?? prices[0]));
  const purchased = items.map(({ quantity }, index) => ({
    price: prices[index] ?? prices[0],
    quantity: quantity ?? 1,
  }));
  return {
    ...blankPhase,
    billing_cycle_anchor,
    currency,
    default_payment_method: methodOf(world, params.default_payment_method, customer, at),
    description: params.description ?? null,
    discounts: discountsOf(world, params, { customer, purchased, currency, redeemed }, at),
    end_date,
    items,
    metadata: params.metadata ?? {},
    proration_behavior: params.proration_behavior ?? "create_prorations",
    start_date: start,
    ...trialOf(world, params, { start, end: end_date, anchor: billing_cycle_anchor }, at),
  };
}

/** A phase that changes nothing, for others to be made of. */
export const blankPhase = {
  add_invoice_items: [],
  application_fee_percent: null,
  billing_cycle_anchor: null,
  billing_thresholds: null,
  collection_method: null,
  default_payment_method: null,
  default_tax_rates: [],
  description: null,
  discounts: [],
  invoice_settings: null,
  metadata: {},
  on_behalf_of: null,
  proration_behavior: "create_prorations",
  transfer_data: null,
  trial: false,
  trial_end: null,
} satisfies Partial<Phase>;

/** An item of a phase; what is metered has no quantity. */
export function phaseItem(price: Stripe.Price, quantity: number | undefined): Phase["items"][number] {
  return {
    billing_thresholds: null,
    discounts: [],
    metadata: {},
    plan: price.id,
    price: price.id,
    ...(isMetered(price) ? {} : { quantity: quantity ?? 1 }),
    tax_rates: [],
  };
}

/** A payment method that is to pay for a customer's subscription must be theirs. */
export function methodOf(world: World, given: string | undefined, customer: string, at: string): string | null {
  if (given === undefined) return null;
  const param = `${at}[default_payment_method]`;
  const method = getPaymentMethod(world, given, param);
  if (method.customer !== null && idOf(method.customer) === customer) return method.id;
  throw invalidRequest(
    `The customer does not have a payment method with the ID ${method.id}. The payment method must be attached to the customer.`,
    { code: "resource_missing", param },
  );
}

export function instantOf(world: World, given: "now" | number | undefined): number | undefined {
  return given === "now" ? nowInSeconds(world) : given;
}

function pricesOf(world: World, { items }: PhaseParams, at: string): [Stripe.Price, ...Stripe.Price[]] {
  const prices = items.map(({ price: id, plan, quantity }, index) => {
    const param = `${at}[items][${index}][price]`;
    const price = getPrice(world, id ?? plan ?? "", param);
    if (!price.recurring) {
      throw invalidRequest(
        "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.",
        { param },
      );
    }
    if (quantity === undefined || !isMetered(price)) return price;
    throw invalidRequest("You cannot set the quantity for metered prices.", {
      param: `${at}[items][${index}][quantity]`,
    });
  });
  const [first, ...others] = prices;
  if (!first) throw invalidRequest("A phase must have at least one item.", { param: `${at}[items]` });
  refuseImpossible(prices);
  return [first, ...others];
}

function itemFrom({ quantity, metadata }: PhaseParams["items"][number], price: Stripe.Price): Phase["items"][number] {
  return { ...phaseItem(price, quantity), metadata: metadata ?? {} };
}

function endOf(world: World, params: PhaseParams, start: number, first: Stripe.Price, at: string): number {
  const { duration, end_date } = params;
  if (duration && end_date !== undefined) {
    throw invalidRequest("You may only specify one of these parameters: duration, end_date.", { param: at });
  }
  const length = duration ? { ...duration, interval_count: duration.interval_count ?? 1 } : intervalOf(first);
  const end = instantOf(world, end_date) ?? addIntervals(start, length);
  if (end > start) return end;
  throw invalidRequest("A phase must end after it starts.", { param: `${at}[end_date]` });
}

/** `trial` makes a trial of the whole phase. https://docs.stripe.com/changelog/dahlia/2026-07-29/subscription-schedule-phases-trial-property */
function trialOf(
  world: World,
  { trial = false, trial_end }: PhaseParams,
  of: { start: number; end: number; anchor: Phase["billing_cycle_anchor"] },
  at: string,
): Pick<Phase, "trial" | "trial_end"> {
  const end = instantOf(world, trial_end) ?? (trial ? of.end : null);
  const param = `${at}[trial_end]`;
  if (end === null) return { trial, trial_end: null };
  if (trial && end !== of.end) {
    throw invalidRequest("With `trial=true`, `trial_end` must be the end of the phase.", { param });
  }
  if (end < of.start || end > of.end) throw invalidRequest("A trial must end within its phase.", { param });
  if (of.anchor === "phase_start") {
    throw invalidRequest("`billing_cycle_anchor` cannot be `phase_start` in a phase with a trial.", {
      param: `${at}[billing_cycle_anchor]`,
    });
  }
  return { trial: end === of.end, trial_end: end };
}

/** What is newly to be redeemed must be good now; a discount that is reused must be the customer's. */
function discountsOf(
  world: World,
  { discounts }: PhaseParams,
  by: {
    customer: string;
    purchased: { price: Stripe.Price; quantity: number }[];
    currency: string;
    redeemed: readonly Phase["discounts"][number][];
  },
  at: string,
): Phase["discounts"] {
  return (discounts ?? []).map((given, index) => {
    const param = `${at}[discounts][${index}]`;
    const known = by.redeemed.find(
      ({ coupon, promotion_code }) =>
        (coupon !== null && coupon === given.coupon) ||
        (promotion_code !== null && promotion_code === given.promotion_code),
    );
    if (known) return known;
    if (given.discount === undefined) {
      const purchase = purchaseOf({ items: by.purchased, currency: by.currency }, by.customer);
      const { coupon, promotionCode } = redeem(world, given, purchase, param);
      const promotion_code = promotionCode?.id ?? null;
      return { coupon: promotion_code === null ? coupon.id : null, discount: null, promotion_code };
    }
    const discount = world.tables.discount.find(given.discount);
    if (discount?.customer && idOf(discount.customer) === by.customer) {
      return { coupon: null, discount: discount.id, promotion_code: null };
    }
    throw noSuch("discount", given.discount, `${param}[discount]`);
  });
}
