import type Stripe from "stripe";
import type { TestSandbox } from "./support.js";
import { monthlyPrice } from "./support.js";

export const day = 24 * 3600;

/** The instant of a text, as Stripe writes it. */
export const at = (text: string) => Date.parse(text) / 1000;

/** A price of its own product, monthly unless said otherwise. */
export function priceOf(
  stripe: Stripe,
  amount: number,
  recurring: Stripe.PriceCreateParams.Recurring = { interval: "month" },
): Promise<Stripe.Price> {
  return stripe.prices.create({
    currency: "usd",
    unit_amount: amount,
    recurring,
    product_data: { name: `Plan of ${amount}` },
  });
}

/** A customer with a card, on a plan of $29.99 a month unless said otherwise. */
export async function subscribed(
  { stripe }: TestSandbox,
  { card = "pm_card_visa", ...more }: Partial<Stripe.SubscriptionCreateParams> & { card?: string | null } = {},
): Promise<Stripe.Subscription> {
  const { id: customer } = await stripe.customers.create({ email: "ada@example.com" });
  const method = card === null ? null : await stripe.paymentMethods.attach(card, { customer });
  const items = [{ price: (await monthlyPrice(stripe)).id }];
  return stripe.subscriptions.create({
    customer,
    items,
    ...(method ? { default_payment_method: method.id } : {}),
    ...more,
  });
}

/** The subscription's invoices, oldest first. */
export async function invoicesOf(stripe: Stripe, subscription: { id: string }): Promise<Stripe.Invoice[]> {
  const { data } = await stripe.invoices.list({ subscription: subscription.id, limit: 100 });
  return data.reverse();
}

/** Moves the clock to an instant; on a slow machine it may have ticked past it already. */
export function moveTo(sandbox: TestSandbox, seconds: number): Promise<Date> {
  return sandbox.advance(Math.max(0, seconds - sandbox.now().getTime() / 1000));
}

export function periodOf({ items }: Stripe.Subscription): { start: number; end: number } {
  const [item] = items.data;
  if (!item) throw new Error("a subscription has an item");
  return { start: item.current_period_start, end: item.current_period_end };
}

/** The types of events since the last of these was asked for, oldest first. */
export async function eventsOf(stripe: Stripe, work: () => Promise<unknown>): Promise<string[]> {
  const before = new Set((await stripe.events.list({ limit: 100 })).data.map(({ id }) => id));
  await work();
  const after = (await stripe.events.list({ limit: 100 })).data;
  return after.flatMap(({ id, type }) => (before.has(id) ? [] : [type])).reverse();
}
