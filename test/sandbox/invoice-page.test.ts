import { expect, test } from "vitest";
import { eventsOf, invoicesOf, moveTo, periodOf, subscribed } from "./subscribed.js";
import { openSandbox, pay, post, type TestSandbox } from "./support.js";

/** A renewal that its customer's card did not pay. */
async function owed(sandbox: TestSandbox) {
  const { stripe } = sandbox;
  const subscription = await subscribed(sandbox);
  const broken = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", {
    customer: String(subscription.customer),
  });
  await stripe.subscriptions.update(subscription.id, { default_payment_method: broken.id });
  await moveTo(sandbox, periodOf(subscription).end + 3600);
  const [, invoice] = await invoicesOf(stripe, subscription);
  if (!invoice?.hosted_invoice_url) throw new Error("A renewal has a page.");
  return { stripe, subscription, invoice, url: invoice.hosted_invoice_url };
}

test("what is owed is paid on the invoice's page, and the subscription is active again", async () => {
  const { stripe, subscription, invoice, url } = await owed(await openSandbox());
  const page = await (await fetch(url)).text();
  expect(page).toContain("Pay $29.99");
  const types = await eventsOf(stripe, () => pay(url));
  expect(types).toEqual(expect.arrayContaining(["charge.succeeded", "payment_intent.succeeded", "invoice.paid"]));
  expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: "paid", amount_paid: 2999 });
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe("active");
  const after = await (await fetch(url)).text();
  expect(after).not.toContain("Card number");

  // Paid once, however often the form is sent.
  await pay(url);
  expect((await stripe.charges.list({ customer: String(subscription.customer) })).data.map(({ paid }) => paid)).toEqual(
    [true, false, true],
  );
});

test("a card that is declined there says so, and the next one pays", async () => {
  const { stripe, invoice, url } = await owed(await openSandbox());
  const declined = await pay(url, { number: "4000 0000 0000 0002" });
  expect(declined.status).toBe(402);
  expect(await declined.text()).toContain("Your card was declined.");
  const wrong = await pay(url, { number: "4242 4242 4242 4241" });
  expect(await wrong.text()).toContain("Your card number is invalid.");
  expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: "open", amount_paid: 0 });
  await pay(url);
  expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: "paid", amount_paid: 2999 });
});

test("a bank that asks is answered on the way, and leads back to the invoice", async () => {
  const { stripe, invoice, url } = await owed(await openSandbox());
  const question = leadsTo(await pay(url, { number: "4000 0027 6000 3184" }));
  expect(question).toContain("/3d_secure/pi_");
  const back = leadsTo(await post(question, { action: "fail" }));
  expect(back).toContain(url);
  expect(await (await fetch(back)).text()).toContain("Your bank did not confirm the payment.");
  expect((await stripe.invoices.retrieve(invoice.id)).status).toBe("open");

  const again = leadsTo(await pay(url, { number: "4000 0027 6000 3184" }));
  expect(leadsTo(await post(again, { action: "authorize" }))).toContain(url);
  expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: "paid", amount_paid: 2999 });
});

test("a first invoice that waits for its customer is paid on its page, and the subscription begins", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const waiting = await subscribed(sandbox, { card: null, payment_behavior: "default_incomplete" });
  const [invoice] = await invoicesOf(stripe, waiting);
  await pay(invoice?.hosted_invoice_url ?? "");
  expect((await stripe.subscriptions.retrieve(waiting.id)).status).toBe("active");
});

function leadsTo(response: Response): string {
  return response.headers.get("location") ?? "nowhere";
}
