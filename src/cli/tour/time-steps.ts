import { randomUUID } from "node:crypto";
import { openPage, submitForm } from "./hosted-page.js";
import { expect, Surprise } from "./narrator.js";
import type { Trip } from "./steps.js";
import { cancel, changePlan, gate, plan, portal, preview, priceList, refund } from "./time-shapes.js";

const returnUrl = "http://localhost:3000/billing";
const declinedLater = "4000 0000 0000 0341";
const good = "4242 4242 4242 4242";
const day = 24 * 60 * 60;
const hour = 60 * 60 * 1000;
const months = 36;
const patienceMs = 10_000;

/** A better plan at once, at the price that was shown before. */
export async function upgrade(trip: Trip): Promise<void> {
  const { customer, narrator } = trip;
  narrator.step("Ten days later they ask what Enterprise would cost.");
  await pass(trip, { advance_seconds: 10 * day });
  const { previewPlanChange: shown } = await customer.ask(preview.shape, preview.query, {
    input: { priceId: await priceOf(trip, "enterprise") },
  });
  narrator.saw(`${shown.dueNow.formatted} now, then ${shown.recurring.formatted} a month`);
  for (const { description, amount } of shown.lines) narrator.saw(`  ${description}: ${amount.formatted}`);

  narrator.step("They agree, and are charged just that.");
  const priceId = await priceOf(trip, "enterprise");
  const { subscription } = await change(trip, { priceId, previewToken: shown.token });
  expect(subscription.tier.slug === "enterprise", "The better plan is not in force.");
  const { payments } = await look(trip);
  expect(payments.nodes[0]?.amount.formatted === shown.dueNow.formatted, "Something else was charged than was shown.");
  narrator.saw(`on ${subscription.tier.slug}; charged ${payments.nodes[0]?.amount.formatted}`);
}

/** A lesser plan when the period ends. */
export async function downgrade(trip: Trip): Promise<void> {
  const { narrator } = trip;
  narrator.step("They go back to Professional; what was paid for is theirs until the period ends.");
  const { subscription } = await change(trip, { priceId: await priceOf(trip, "professional") });
  const { pendingChange } = subscription;
  expect(subscription.tier.slug === "enterprise" && pendingChange, "The downgrade does not wait for the period's end.");
  narrator.saw(`still on ${subscription.tier.slug}; ${pendingChange.tier.slug} from ${pendingChange.effectiveAt}`);
  await passPeriod(trip);
  await until("The downgrade did not come about.", async () => {
    const { tier, pendingChange: waiting } = (await look(trip)).currentSubscription;
    return tier.slug === "professional" && waiting === null;
  });
  narrator.saw("a month later: on professional");
}

/** A renewal that the card does not pay: grace, the free tier, and everything back once it is paid. */
export async function fallBehind(trip: Trip): Promise<void> {
  const { customer, narrator } = trip;
  narrator.step("Their card stops working; the next renewal is not paid.");
  await leaveCard(trip, declinedLater);
  await passPeriod(trip);
  await until(
    "A renewal that failed is not known.",
    async () => (await look(trip)).currentSubscription.status === "PAST_DUE",
  );
  const { graceEndsAt } = (await look(trip)).currentSubscription;
  const during = (await customer.ask(gate.shape, gate.query)).entitlement;
  expect(during.hasAccess && during.source === "GRACE", "The first failed card locked them out.");
  narrator.saw(`PAST_DUE; premium scenes still work, until ${graceEndsAt}`);

  narrator.step("A week later the grace is over.");
  await pass(trip, { advance_seconds: 8 * day });
  const after = (await customer.ask(gate.shape, gate.query)).entitlement;
  expect(!after.hasAccess, "The grace has no end.");
  narrator.saw(`no premium scenes any more: ${after.denialReason}`);

  narrator.step("They leave another card and pay what is owed.");
  await leaveCard(trip, good);
  const owed = (await look(trip)).invoices.nodes.find(({ status }) => status === "OPEN");
  expect(owed?.hostedUrl, "There is no invoice to pay.");
  expect((await openPage(owed.hostedUrl)).text.includes(owed.total.formatted), "The invoice's page shows another sum.");
  const paid = { number: good, expiry: "12/34", cvc: "123", name: "Tour Guest", action: "pay" };
  await submitForm(owed.hostedUrl, paid);
  await until("The payment did not bring everything back.", async () => {
    const { entitlement } = await customer.ask(gate.shape, gate.query);
    return entitlement.hasAccess && (await look(trip)).currentSubscription.status === "ACTIVE";
  });
  narrator.saw(`paid ${owed.total.formatted}; ACTIVE, and premium scenes are back`);
}

/** Three years of renewals. */
export async function goOn(trip: Trip): Promise<void> {
  const { narrator } = trip;
  narrator.step("Three years go by.");
  const { totalCount: before } = (await look(trip)).payments;
  for (let month = 0; month < months; month += 1) await pass(trip, { advance_seconds: 30 * day });
  // Months have 30 days here, and a bit more in the calendar.
  const renewals = months - 1;
  await until("Not every renewal was paid.", async () => (await look(trip)).payments.totalCount >= before + renewals);
  const { payments, currentSubscription } = await look(trip);
  expect(currentSubscription.status === "ACTIVE", "The subscription did not go on.");
  narrator.saw(`${payments.totalCount - before} renewals, each paid once; ${currentSubscription.status}`);
}

/** The end of it: at the period's end, and something is given back. */
export async function leave(trip: Trip): Promise<void> {
  const { customer, staff, narrator } = trip;
  narrator.step("They cancel; what was paid for is theirs until the period ends.");
  const input = { reason: "TOO_EXPENSIVE" };
  const { subscription } = (await customer.ask(cancel.shape, cancel.query, { input })).cancelSubscription;
  expect(subscription.status === "ACTIVE" && subscription.cancelsAt, "The cancellation ended it at once.");
  narrator.saw(`${subscription.status} until ${subscription.cancelsAt}`);

  narrator.step("Staff give half of the last payment back.");
  const [payment] = (await look(trip)).payments.nodes;
  expect(payment, "There is no payment.");
  const wish = { paymentId: payment.id, amount: 1500, reason: "goodwill", idempotencyKey: randomUUID() };
  const { adminRefundPayment } = await staff.ask(refund.shape, refund.query, { input: wish });
  expect(adminRefundPayment.payment.status === "PARTIALLY_REFUNDED", "The money was not given back.");
  narrator.saw(`${adminRefundPayment.payment.refundedAmount.formatted} of ${payment.amount.formatted}`);

  narrator.step("The period ends.");
  await passPeriod(trip);
  await until("The subscription did not end.", async () => {
    return (await look(trip)).currentSubscription.status === "CANCELED";
  });
  const { entitlement } = await customer.ask(gate.shape, gate.query);
  expect(!entitlement.hasAccess, "The gate is open although the subscription has ended.");
  narrator.saw("CANCELED; back on the free tier");
}

/** Moves the sandbox's clock; what falls due in between happens on the way, and all that was told of it has arrived. */
export async function pass({ place }: Trip, span: { advance_seconds: number } | { to: string }): Promise<void> {
  const answer = await fetch(`${place.sandboxUrl}/sandbox/clock`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(span),
  });
  expect(answer.ok, `The sandbox's clock answered ${answer.status}.`);
}

/** To the end of the period and the few hours in which its renewal is paid: an invoice is a draft for one of them. */
export async function passPeriod(trip: Trip): Promise<void> {
  const { currentPeriod } = (await look(trip)).currentSubscription;
  expect(currentPeriod, "There is no period that could end.");
  await pass(trip, { to: new Date(Date.parse(currentPeriod.end) + 2 * hour).toISOString() });
}

/** The subscription, the payments and the invoices, as their customer sees them. */
export function look({ customer }: Trip) {
  return customer.ask(plan.shape, plan.query);
}

async function change({ customer }: Trip, input: { priceId: string; previewToken?: string }) {
  const { changePlan: changed } = await customer.ask(changePlan.shape, changePlan.query, { input });
  return { subscription: changed.subscription };
}

async function priceOf({ visitor }: Trip, slug: string): Promise<string> {
  const { tiers } = await visitor.ask(priceList.shape, priceList.query);
  const price = tiers.find((tier) => tier.slug === slug)?.price;
  expect(price, `There is no tier \`${slug}\` with a monthly price.`);
  return price.id;
}

async function leaveCard({ customer, narrator }: Trip, number: string): Promise<void> {
  const input = { returnUrl, flow: "PAYMENT_METHOD" };
  const { createPortalSession } = await customer.ask(portal.shape, portal.query, { input });
  const fields = { action: "save_card", number, expiry: "12/34", cvc: "123", name: "Tour Guest" };
  const { location } = await submitForm(createPortalSession.url, fields);
  expect(location === returnUrl, "The portal did not take the card.");
  narrator.saw(`a card ending in ${number.slice(-4)}`);
}

/** Looks again and again; a surprise if it does not hold in time. */
export async function until(problem: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Surprise(problem);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
