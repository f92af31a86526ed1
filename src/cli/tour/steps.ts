import type { Client } from "./client.js";
import { openPage, submitForm } from "./hosted-page.js";
import { expect, type Narrator, Surprise } from "./narrator.js";
import type { Place } from "./place.js";
import { billingPage, checkout, deliveries, gate, portal, priceList, returnPage, signUp } from "./shapes.js";

/** One tour under way. */
export interface Trip {
  readonly place: Place;
  readonly narrator: Narrator;
  /** Somebody who has not signed in. */
  readonly visitor: Client;
  /** The customer whom the tour follows. */
  readonly customer: Client;
  /** Somebody who looks after customers. */
  readonly staff: Client;
  readonly sub: string;
}

const returnUrl = "http://localhost:3000/billing";
const card = { expiry: "12/34", cvc: "123", name: "Tour Guest" };
const gated = "scenes_premium";

/** The price list; gives the ID of the price that the tour buys. */
export async function lookAtPrices({ visitor, narrator }: Trip): Promise<string> {
  narrator.step("A visitor who has not signed in looks at the price list.");
  const { tiers } = await visitor.ask(priceList.shape, priceList.query);
  for (const { name, price } of tiers)
    narrator.saw(`${name.padEnd(14)} ${price ? `${price.unitAmount.formatted} a month` : "free"}`);
  const price = tiers.find(({ slug }) => slug === "professional")?.price;
  expect(price, "There is no tier `professional` with a monthly price.");
  return price.id;
}

export async function register({ customer, narrator, sub }: Trip): Promise<void> {
  narrator.step(`${sub} signs up.`);
  const { registerCustomer } = await customer.ask(signUp.shape, signUp.query);
  narrator.saw(`account ${registerCustomer.customer.id}, on the tier \`${registerCustomer.customer.tier.slug}\``);
  expect(registerCustomer.customer.tier.slug === "free", "A new customer is not on the free tier.");
}

export async function meetTheGate({ customer, narrator }: Trip): Promise<void> {
  narrator.step("The product asks: may they use premium scenes?");
  const { entitlement } = await customer.ask(gate.shape, gate.query, { feature: gated });
  narrator.saw(`no: ${entitlement.denialReason}; \`${entitlement.upgradeTier?.slug}\` would include it`);
  expect(!entitlement.hasAccess, "The gate is open before anything was paid.");
}

/** Checkout, a card that is declined, a card that works, and the live update of the return page. */
export async function buy({ customer, narrator }: Trip, priceId: string): Promise<void> {
  narrator.step("They choose Professional and are sent to the payment page.");
  const { createCheckoutSession } = await customer.ask(checkout.shape, checkout.query, {
    input: { priceId, returnUrl },
  });
  const { id, url } = createCheckoutSession.checkoutSession;
  const page = await openPage(url);
  narrator.saw(`${url}`);
  expect(page.status === 200 && page.text.includes("$29.99"), "The payment page does not show the price.");
  narrator.saw("the page shows $29.99 a month and asks for a card");

  narrator.step("Their front end listens for the result over WebSocket.");
  const updates = customer.follow(returnPage.shape, returnPage.query, { id });
  const first = (await updates.next()).checkoutSessionUpdated;
  narrator.saw(`the stream begins with the present state: ${first.status}`);
  expect(first.status === "OPEN", `A checkout that nobody paid is ${first.status}.`);

  narrator.step("They try a card that is declined.");
  const declined = await submitForm(url, { ...card, number: "4000 0000 0000 0002", action: "pay" });
  expect(declined.location === null && declined.text.includes("declined"), "The declined card was not declined.");
  narrator.saw("the page says that the card was declined; nothing is charged");

  narrator.step("They pay with a card that works.");
  const paid = await submitForm(url, { ...card, number: "4242 4242 4242 4242", action: "pay" });
  expect(paid.status === 303 && paid.location?.includes(id), "The payment page did not lead back.");
  narrator.saw(`the page leads back to ${paid.location}`);

  narrator.step("The live update says when it is in force, without polling.");
  for (;;) {
    const { status, subscription } = (await updates.next()).checkoutSessionUpdated;
    narrator.saw(
      `${status}${subscription ? `: ${subscription.tier.slug}, ${subscription.status}, until ${subscription.currentPeriod.end}` : ""}`,
    );
    if (status === "PROCESSING") continue;
    expect(status === "COMPLETE" && subscription?.status === "ACTIVE", "The subscription is not active.");
    break;
  }
  await updates.close();
}

export async function passTheGate({ customer, narrator }: Trip): Promise<void> {
  narrator.step("The product asks again: may they use premium scenes?");
  const { entitlement, guests } = await customer.ask(gate.shape, gate.query, { feature: gated });
  narrator.saw(`yes, by ${entitlement.source}; and ${guests.limit} guests on a stream`);
  expect(entitlement.hasAccess && guests.limit === 6, "The gate is closed although it was paid.");
}

export async function lookAtBilling({ customer, narrator }: Trip): Promise<void> {
  narrator.step("They look at their payments and invoices.");
  const { payments, invoices } = await customer.ask(billingPage.shape, billingPage.query);
  for (const { amount, status, method, invoice } of payments.nodes) {
    narrator.saw(
      `payment ${amount.formatted} ${status}, ${method.brand} ending in ${method.last4}, invoice ${invoice.number}`,
    );
  }
  const [invoice] = invoices.nodes;
  expect(
    payments.totalCount === 1 && invoice?.status === "PAID",
    "There is not exactly one payment of one paid invoice.",
  );
  const page = await openPage(invoice.hostedUrl);
  expect(page.text.includes(invoice.number), "The invoice's page does not show its number.");
  narrator.saw(`invoice ${invoice.number} ${invoice.status}, ${invoice.total.formatted}; its page opens`);
}

export async function openPortal({ customer, narrator }: Trip): Promise<void> {
  narrator.step("They open the customer portal.");
  const { createPortalSession } = await customer.ask(portal.shape, portal.query, { input: { returnUrl } });
  const page = await openPage(createPortalSession.url);
  expect(page.status === 200 && page.text.includes("Professional"), "The portal does not show the plan.");
  narrator.saw("it shows the plan, the card and the invoice");
}

/** The same delivery once more changes nothing; an altered one is refused. */
export async function deliverAgain({ place, customer, narrator }: Trip): Promise<void> {
  narrator.step("Stripe delivers a webhook a second time.");
  const before = JSON.stringify(await customer.ask(billingPage.shape, billingPage.query));
  const [delivery] = await lastDeliveries(place, "checkout.session.completed");
  if (!delivery) throw new Surprise("The sandbox has no delivery to repeat.");
  const again = await deliver(place, delivery.body, delivery.signature);
  const after = JSON.stringify(await customer.ask(billingPage.shape, billingPage.query));
  expect(again === 200, `The second delivery was answered ${again}.`);
  expect(before === after, "The second delivery changed something.");
  narrator.saw(`answered ${again}; subscription, payments and invoices are as before`);

  narrator.step("Somebody sends the same webhook with one digit changed.");
  const altered = await deliver(
    place,
    delivery.body.replace(/(?<="created": \d+)\d(?!\d)/, (digit) => String((Number(digit) + 1) % 10)),
    delivery.signature,
  );
  expect(altered === 400, `The altered delivery was answered ${altered}.`);
  narrator.saw(`refused with ${altered}: the signature does not fit`);
}

async function lastDeliveries({ sandboxUrl }: Place, type: string) {
  const response = await fetch(`${sandboxUrl}/sandbox/deliveries?limit=200`);
  const { data } = deliveries.parse(JSON.parse(await response.text()));
  return data.filter(({ status, body }) => status === 200 && JSON.parse(body).type === type);
}

async function deliver({ url }: Place, body: string, signature: string): Promise<number> {
  const headers = { "content-type": "application/json", "stripe-signature": signature };
  return (await fetch(`${url}/webhooks/stripe`, { method: "POST", headers, body })).status;
}
