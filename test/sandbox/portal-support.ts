import type Stripe from "stripe";
import { post, subscribe, type TestSandbox } from "./support.js";

type Update = Stripe.BillingPortal.ConfigurationCreateParams.Features.SubscriptionUpdate;
type FlowData = Stripe.BillingPortal.SessionCreateParams.FlowData;

/** A customer a minute before the middle of a month at $29.99, so that no passing second changes a cent. */
export async function midMonth(sandbox: TestSandbox, allowed: Partial<Update> = {}) {
  const { stripe, setClock } = sandbox;
  const { customer, subscription } = await subscribe(stripe);
  const [item] = subscription.items.data;
  if (!item) throw new Error("a subscription has an item");
  const product = String(item.price.product);
  const recurring = { interval: "month" } as const;
  const dearer = await stripe.prices.create({ product, currency: "usd", unit_amount: 5999, recurring });
  const cheaper = await stripe.prices.create({ product, currency: "usd", unit_amount: 999, recurring });
  const weekly = await stripe.prices.create({
    product,
    currency: "usd",
    unit_amount: 3500,
    recurring: { interval: "week" },
  });
  const { id: configuration } = await stripe.billingPortal.configurations.create({
    features: {
      payment_method_update: { enabled: true },
      subscription_update: {
        enabled: true,
        default_allowed_updates: ["price"],
        products: [{ product, prices: [item.price.id, dearer.id, cheaper.id, weekly.id] }],
        proration_behavior: "always_invoice",
        ...allowed,
      },
    },
  });
  const { current_period_start: start, current_period_end: end } = item;
  await setClock(new Date((start + (end - start) / 2 - 60) * 1000));
  const open = (flow_data?: FlowData) =>
    stripe.billingPortal.sessions.create({ customer: customer.id, configuration, ...(flow_data && { flow_data }) });
  return { customer, subscription, item, product, dearer, cheaper, weekly, configuration, open, end };
}

/** The fields a confirmation page posts back. */
export function hiddenFields(page: string): Record<string, string> {
  return Object.fromEntries(
    [...page.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)].map(([, k, v]) => [k, v]),
  );
}

/** Chooses on the portal's page, and answers with the confirmation page and the fields it posts. */
export async function review(url: string, fields: Record<string, string>) {
  const answer = await post(url, { action: "review", ...fields });
  const page = await answer.text();
  const confirm: Record<string, string> = { ...hiddenFields(page), action: "confirm_update" };
  return { status: answer.status, page, fields: confirm };
}
