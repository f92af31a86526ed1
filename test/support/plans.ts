import { expect } from "vitest";
import type { TestApp } from "./app.js";
import { customerOf, subscriptionOf } from "./objects.js";
import type { Person } from "./person.js";
import { quiet } from "./quiet.js";
import { until } from "./until.js";

const shown = `id status quantity tier { slug } price { id interval } currentPeriod { start end } cancelsAt
  pendingChange { tier { slug } price { id } effectiveAt } availableActions`;

const previewQuery = `query ($input: PreviewPlanChangeInput!) { previewPlanChange(input: $input) {
  token direction dueNow { amount currency } lines { description amount { amount } isProration } recurring { amount }
  effectiveAt gained { feature { key } limit } lost { feature { key } limit } blockers { code message path } } }`;

const changeMutation = `mutation ($input: ChangePlanInput!) { changePlan(input: $input) {
  subscription { ${shown} } confirmationUrl userErrors { code message path } } }`;

const dropMutation = `mutation ($input: CancelPendingPlanChangeInput!) { cancelPendingPlanChange(input: $input) {
  subscription { ${shown} } userErrors { code } } }`;

/** Which price, and what else a plan change may say. */
export interface PlanInput {
  readonly interval?: "MONTH" | "YEAR";
  readonly currency?: string;
  readonly quantity?: number;
  readonly timing?: "AUTOMATIC" | "IMMEDIATE" | "PERIOD_END";
  readonly promotionCode?: string;
  readonly previewToken?: string;
  readonly idempotencyKey?: string;
}

async function inputOf(app: TestApp, tier: string, { interval = "MONTH", currency = "USD", ...rest }: PlanInput) {
  const query = `query ($slug: String!, $interval: BillingInterval!, $currency: CurrencyCode) {
    tier(slug: $slug) { price(interval: $interval, currency: $currency) { id } } }`;
  const { data } = await app.graphql(query, { slug: tier, interval, currency });
  return { priceId: data.tier.price.id, ...rest };
}

/** What a change would cost. */
// biome-ignore lint/suspicious/noExplicitAny: each test looks at another part
export async function preview(app: TestApp, person: Person, tier: string, input: PlanInput = {}): Promise<any> {
  return (await person.ask(previewQuery, { input: await inputOf(app, tier, input) })).previewPlanChange;
}

/** Asks for a change; gives the payload. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at refusals as well as at subscriptions
export async function change(app: TestApp, person: Person, tier: string, input: PlanInput = {}): Promise<any> {
  return (await person.ask(changeMutation, { input: await inputOf(app, tier, input) })).changePlan;
}

/** Drops the change that waits; gives the payload. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at refusals as well as at subscriptions
export async function dropChange(person: Person): Promise<any> {
  return (await person.ask(dropMutation, { input: {} })).cancelPendingPlanChange;
}

/** The subscription as its customer sees it. */
// biome-ignore lint/suspicious/noExplicitAny: each test looks at another part
export async function planOf(person: Person): Promise<any> {
  return (await person.ask(`{ currentSubscription { ${shown} } }`)).currentSubscription;
}

/** Lets Stripe charge another of its test cards from now on: https://docs.stripe.com/testing */
export async function chargeTo(app: TestApp, { sub }: Person, token: string): Promise<void> {
  const customer = await customerOf(app, sub);
  const { id } = await app.stripe.paymentMethods.attach(token, { customer: customer.id });
  await app.stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: id } });
  const subscription = await subscriptionOf(app, sub);
  if (subscription.default_payment_method)
    await app.stripe.subscriptions.update(subscription.id, { default_payment_method: id });
}

/** Somebody's newest invoice at Stripe. */
export async function newestInvoice(app: TestApp, { sub }: Person) {
  const { id: customer } = await customerOf(app, sub);
  const [invoice] = (await app.stripe.invoices.list({ customer, limit: 1 })).data;
  expect(invoice, `${sub} has no invoice`).toBeDefined();
  return invoice;
}

/**
 * Waits until nothing of a purchase is under way any more: the card of it is made the customer's own afterwards, which
 * asks Stripe for the subscription, and changes it.
 */
export async function purchaseIsOver(app: TestApp, sub: string): Promise<void> {
  await until(
    "the card is the customer's",
    async () => (await subscriptionOf(app, sub)).default_payment_method === null,
  );
  await quiet(app);
}
