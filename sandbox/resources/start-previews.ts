import type Stripe from "stripe";
import { invalidRequest, missingParameter } from "../api/errors.js";
import type { AppliedDiscount } from "../billing/applied-discounts.js";
import { chooseDiscounts, couponsOf } from "../billing/choose-discounts.js";
import { refuseOtherCurrency } from "../billing/customer-currency.js";
import { buildInvoice } from "../billing/invoice.js";
import { purchaseOf } from "../billing/order.js";
import { planStart, type StartPlan } from "../billing/plan-start.js";
import { buildRecurringInvoice } from "../billing/recurring-invoice.js";
import { asPreview } from "../billing/upcoming-invoice.js";
import { newId } from "../ids.js";
import type { World } from "../world.js";
import { buildCustomer, getCustomer } from "./customers.js";
import type { PreviewParams } from "./invoice-previews.js";
import { orderOf } from "./subscription-order.js";

/**
 * The first invoice of a subscription that does not exist yet; nothing is kept.
 *
 * It comes from the plan that a creation is made from, so it is what then happens.
 */
export function previewOfStart(world: World, params: PreviewParams): Stripe.Invoice {
  const details = params.subscription_details;
  if (!details?.items) throw missingParameter("subscription_details[items]");
  const { items, billing_cycle_anchor: anchor, cancel_now, proration_behavior, proration_date } = details;
  if (cancel_now || proration_date !== undefined || items.some(({ id, deleted }) => id !== undefined || deleted)) {
    throw invalidRequest("What changes a subscription needs to name it.", { param: "subscription" });
  }
  if (anchor?.type === "timestamp" && anchor.timestamp === undefined) {
    throw missingParameter("subscription_details[billing_cycle_anchor][timestamp]");
  }
  const customer = customerOf(world, params);
  const order = orderOf(
    world,
    {
      items: items.map(({ price, plan, quantity, metadata }) => ({ price: price ?? plan, quantity, metadata })),
      billing_cycle_anchor: anchor?.timestamp,
      currency: params.currency,
      proration_behavior,
      trial_end: details.trial_end,
    },
    customer,
  );
  const purchase = purchaseOf(order, customer.id);
  const discounts = chooseDiscounts(world, params.discounts ?? [], purchase, [customer.discount ?? null]);
  refuseOtherCurrency(world, customer, order.currency);
  const plan = planStart(world, {
    customer,
    order,
    terms: {
      customer: customer.id,
      defaultPaymentMethod: null,
      description: null,
      isTaxAutomatic: false,
      metadata: {},
    },
    discounts,
    checkoutSession: null,
  });
  if (params.preview_mode === "recurring") return recurringAfter(world, plan, params);
  const { draft } = plan;
  if (!draft) throw invalidRequest("There is nothing to invoice.", { code: "invoice_no_subscription_line_items" });
  // An empty `discounts` asks what it is without the customer's own.
  const off = params.discounts === null ? { discounts: [] } : {};
  return asPreview(buildInvoice(world, { ...draft, ...off, id: `upcoming_${newId.invoice()}` }));
}

/** What each period after the first comes to. Discounts that are to be given are known to the plan alone. */
function recurringAfter(world: World, plan: StartPlan, params: PreviewParams): Stripe.Invoice {
  const { customer, discounts: chosen } = plan.request;
  const coupons = couponsOf(chosen);
  const given = (at: number): AppliedDiscount[] =>
    plan.discounts.flatMap(({ id, end }, index) => {
      const coupon = coupons[index];
      return coupon && (end === null || end > at) ? [{ id, coupon }] : [];
    });
  const subscription = { ...plan.subscription, discounts: [] };
  return buildRecurringInvoice(world, subscription, customer, {
    shortPeriod: plan.shortPeriod,
    ...((chosen.length > 0 || params.discounts === null) && { discounts: given }),
  });
}

/** Whose it is to be: somebody new, if only details of theirs are given. */
function customerOf(world: World, { customer, customer_details }: PreviewParams): Stripe.Customer {
  if (customer !== undefined) return getCustomer(world, customer, "customer");
  if (customer_details) return buildCustomer(world, { id: newId.customer(), email: null, name: null });
  throw invalidRequest("You must provide one of `customer`, `customer_details`, `schedule` or `subscription`.", {
    code: "parameter_missing",
    param: "customer",
  });
}
