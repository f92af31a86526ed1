import type Stripe from "stripe";
import type { TestApp } from "./app.js";
import { quiet } from "./quiet.js";

/** Puts an object into the sandbox as it is, and waits until the service has heard of it. */
export async function putObject(
  app: TestApp,
  object: Stripe.Customer | Stripe.Invoice | Stripe.PaymentMethod | Stripe.Subscription,
): Promise<void> {
  await app.control("PUT", "/sandbox/objects", { object });
  await quiet(app);
}

/** Somebody's Stripe customer, by the e-mail address that goes with their name. */
export async function customerOf(app: TestApp, sub: string): Promise<Stripe.Customer> {
  const [customer] = (await app.stripe.customers.list({ email: `${sub}@example.com` })).data;
  if (!customer) throw new Error(`${sub} has no Stripe customer.`);
  return customer;
}

/** What Stripe has of somebody's credit, in minor units. */
export async function creditOf(app: TestApp, sub: string): Promise<number> {
  return 0 - (await customerOf(app, sub)).balance;
}

/** Somebody's newest subscription at Stripe. */
export async function subscriptionOf(app: TestApp, sub: string): Promise<Stripe.Subscription> {
  const { id: customer } = await customerOf(app, sub);
  const [subscription] = (await app.stripe.subscriptions.list({ customer, status: "all" })).data;
  if (!subscription) throw new Error(`${sub} has no subscription.`);
  return subscription;
}

/** Lets the renewal of somebody's subscription fail now: another invoice that stays open, and a subscription past due. */
export async function fallBehind(app: TestApp, sub: string): Promise<Stripe.Invoice> {
  const subscription = await subscriptionOf(app, sub);
  const [last] = (await app.stripe.invoices.list({ subscription: subscription.id })).data;
  if (!last) throw new Error(`${sub} has no invoice.`);
  const now = Math.floor(app.now().getTime() / 1000);
  const transitions = { finalized_at: now, marked_uncollectible_at: null, paid_at: null, voided_at: null };
  const unpaid: Stripe.Invoice = {
    ...last,
    id: `${last.id}${now}`,
    amount_paid: 0,
    amount_remaining: last.amount_due,
    attempted: true,
    attempt_count: 1,
    billing_reason: "subscription_cycle",
    created: now,
    status: "open",
    status_transitions: transitions,
  };
  await putObject(app, unpaid);
  await putObject(app, { ...subscription, status: "past_due", latest_invoice: String(unpaid.id) });
  return unpaid;
}

/** Lets an unpaid renewal be paid after all. */
export async function catchUp(app: TestApp, sub: string, unpaid: Stripe.Invoice): Promise<void> {
  const paidAt = Math.floor(app.now().getTime() / 1000);
  const status_transitions = { ...unpaid.status_transitions, paid_at: paidAt };
  await putObject(app, {
    ...unpaid,
    status: "paid",
    amount_paid: unpaid.amount_due,
    amount_remaining: 0,
    status_transitions,
  });
  await putObject(app, { ...(await subscriptionOf(app, sub)), status: "active" });
}
