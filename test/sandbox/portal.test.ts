import { expect, test } from "vitest";
import { eventTypes, openSandbox, post, subscribe } from "./support.js";

test("the portal cancels at the end of the period, takes it back, and the end comes by the clock", async () => {
  const { stripe, setClock } = await openSandbox();
  const { customer, subscription } = await subscribe(stripe);
  const periodEnd = subscription.items.data[0]?.current_period_end ?? 0;
  const portal = await stripe.billingPortal.sessions.create({
    customer: customer.id,
    return_url: "http://shop.test/account",
  });
  const page = await (await fetch(portal.url)).text();
  expect(page).toContain("Professional");
  expect(page).toContain("http://shop.test/account");

  await post(portal.url, { action: "cancel" });
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ cancel_at_period_end: false });
  await post(portal.url, { action: "confirm_cancel" });
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
    status: "active",
    cancel_at_period_end: true,
    cancel_at: periodEnd,
    cancellation_details: { reason: "cancellation_requested" },
  });
  const [updated] = (await stripe.events.list({ type: "customer.subscription.updated" })).data;
  expect(updated?.data.previous_attributes).toMatchObject({
    cancel_at_period_end: false,
    cancel_at: null,
    canceled_at: null,
  });

  await post(portal.url, { action: "resume" });
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
    cancel_at_period_end: false,
    cancel_at: null,
  });

  await post(portal.url, { action: "confirm_cancel" });
  await setClock(new Date((periodEnd + 1) * 1000));
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
    status: "canceled",
    ended_at: periodEnd,
  });
  expect((await eventTypes(stripe)).at(-1)).toBe("customer.subscription.deleted");
  expect((await fetch(portal.url)).status).toBe(410);
});

test("the first portal session makes the default configuration", async () => {
  const { stripe } = await openSandbox();
  const customer = await stripe.customers.create();
  await stripe.billingPortal.sessions.create({ customer: customer.id });
  await stripe.billingPortal.sessions.create({ customer: customer.id });
  expect((await eventTypes(stripe)).filter((type) => type.startsWith("billing_portal"))).toEqual([
    "billing_portal.configuration.created",
    "billing_portal.session.created",
    "billing_portal.session.created",
  ]);
});

test("a configuration without cancelling offers none and refuses it", async () => {
  const { stripe } = await openSandbox();
  const { customer, subscription } = await subscribe(stripe);
  const configuration = await stripe.billingPortal.configurations.create({
    features: { invoice_history: { enabled: true } },
  });
  const portal = await stripe.billingPortal.sessions.create({ customer: customer.id, configuration: configuration.id });
  expect(await (await fetch(portal.url)).text()).not.toContain('value="cancel"');
  await post(portal.url, { action: "confirm_cancel" });
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ cancel_at: null });
});

test("an invoice has a page and a PDF", async () => {
  const { stripe } = await openSandbox();
  await subscribe(stripe);
  const [invoice] = (await stripe.invoices.list()).data;
  expect(await (await fetch(invoice?.hosted_invoice_url ?? "")).text()).toContain(invoice?.number);
  const pdf = await (await fetch(invoice?.invoice_pdf ?? "")).text();
  expect(pdf).toMatch(/^%PDF-1\.4\n[\s\S]*%%EOF\n$/);
});
