import type Stripe from "stripe";
import { invoicesOf, priceOf, subscribed } from "./subscribed.js";
import { openSandbox, type TestSandbox } from "./support.js";

export const april = new Date("2027-04-01T00:00:00Z");

/** A subscription of $10 a month since the first of April, run by a schedule. */
export async function scheduled(more: Partial<Stripe.SubscriptionCreateParams> = {}) {
  const sandbox = await openSandbox({ startAt: april });
  const { stripe } = sandbox;
  const ten = await priceOf(stripe, 1000);
  const subscription = await subscribed(sandbox, { items: [{ price: ten.id }], ...more });
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: subscription.id });
  const [current] = schedule.phases;
  if (!current) throw new Error("a schedule of a subscription has a phase");
  const { start_date, end_date } = current;
  return { sandbox, stripe, ten, subscription, schedule, current: { start_date, end_date } };
}

/** A customer with a card, and no subscription. */
export async function customerWithCard({ stripe }: Pick<TestSandbox, "stripe">): Promise<Stripe.Customer> {
  const { id } = await stripe.customers.create();
  const card = await stripe.paymentMethods.attach("pm_card_visa", { customer: id });
  return stripe.customers.update(id, { invoice_settings: { default_payment_method: card.id } });
}

/** What an invoice asks for, line by line. */
export function askedBy({ lines, total, amount_due }: Stripe.Invoice) {
  const asked = lines.data.map(({ amount, description, period }) => ({ amount, description, period }));
  return { total, amount_due, asked };
}

/** The subscription's newest invoice. */
export async function lastInvoice(stripe: Stripe, subscription: { id: string }): Promise<Stripe.Invoice> {
  const last = (await invoicesOf(stripe, subscription)).at(-1);
  if (!last) throw new Error("there is no invoice");
  return last;
}
