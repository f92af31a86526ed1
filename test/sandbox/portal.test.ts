import type Stripe from "stripe";
import { expect, test } from "vitest";
import { eventTypes, monthlyPrice, openSandbox, post, subscribe } from "./support.js";

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

test("cancelling at once gives unused time back where the configuration says so", async () => {
  const { stripe, setClock } = await openSandbox();
  const { customer, subscription } = await subscribe(stripe);
  const item = subscription.items.data[0];
  const { id: configuration } = await stripe.billingPortal.configurations.create({
    features: {
      subscription_cancel: { enabled: true, mode: "immediately", proration_behavior: "create_prorations" },
    },
  });
  const [start, end] = [item?.current_period_start ?? 0, item?.current_period_end ?? 0];
  // A minute before the half, so that no passing second changes the cent.
  await setClock(new Date((start + (end - start) / 2 - 60) * 1000));
  const portal = await stripe.billingPortal.sessions.create({ customer: customer.id, configuration });
  await post(portal.url, { action: "confirm_cancel" });
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ status: "canceled" });
  const { data: credits } = await stripe.invoiceItems.list({ customer: customer.id, pending: true });
  expect(credits.map(({ amount }) => amount)).toEqual([-1500]);
  expect((await eventTypes(stripe)).slice(-2)).toEqual(["invoiceitem.created", "customer.subscription.deleted"]);
});

type Update = Stripe.BillingPortal.ConfigurationCreateParams.Features.SubscriptionUpdate;

test("a configuration is refused where its features do not go together", async () => {
  const { stripe } = await openSandbox();
  const { product, id: price } = await monthlyPrice(stripe);
  const other = await stripe.products.create({ name: "Other" });
  const withFeatures = (features: Stripe.BillingPortal.ConfigurationCreateParams.Features) =>
    stripe.billingPortal.configurations.create({ features });
  const cancel = { enabled: true, mode: "at_period_end" } as const;
  await expect(
    withFeatures({ subscription_cancel: { ...cancel, proration_behavior: "create_prorations" } }),
  ).rejects.toThrow("immediately");
  await expect(
    withFeatures({ subscription_cancel: { ...cancel, proration_behavior: "always_invoice" } }),
  ).rejects.toThrow("always_invoice");
  const update = { enabled: true, default_allowed_updates: ["price"] } satisfies Update;
  const payment_method_update = { enabled: true };
  await expect(withFeatures({ payment_method_update, subscription_update: update })).rejects.toMatchObject({
    param: "features[subscription_update][products]",
  });
  await expect(
    withFeatures({
      payment_method_update,
      subscription_update: { ...update, products: [{ product: other.id, prices: [price] }] },
    }),
  ).rejects.toThrow("does not belong");
  const products = [{ product: String(product), prices: [price] }];
  await expect(withFeatures({ subscription_update: { ...update, products } })).rejects.toThrow(
    "Cannot enable subscription updates while payment method update is disabled.",
  );
  const made = await withFeatures({ payment_method_update, subscription_update: { ...update, products } });
  expect(made).toMatchObject({ features: { subscription_update: { enabled: true, products } } });
  await expect(
    stripe.billingPortal.configurations.update(made.id, { features: { payment_method_update: { enabled: false } } }),
  ).rejects.toThrow("while payment method update is disabled");
});

const redirect = { type: "redirect", redirect: { return_url: "http://shop.test/done" } } as const;
const card = { number: "5555 5555 5555 4444", expiry: "12/34", cvc: "123", name: "Ada Lovelace" };

test("the cancel flow shows only its question, and leads on once it is answered", async () => {
  const { stripe } = await openSandbox();
  const { customer, subscription } = await subscribe(stripe);
  const configuration = await stripe.billingPortal.configurations.create({
    features: {
      subscription_cancel: {
        enabled: true,
        cancellation_reason: { enabled: true, options: ["too_expensive", "unused"] },
      },
    },
  });
  const flow_data = {
    type: "subscription_cancel",
    subscription_cancel: { subscription: subscription.id },
    after_completion: redirect,
  } as const;
  const params = { customer: customer.id, configuration: configuration.id, flow_data };
  const portal = await stripe.billingPortal.sessions.create(params);
  expect(portal.flow).toMatchObject({ type: "subscription_cancel", after_completion: redirect });
  const page = await (await fetch(portal.url)).text();
  expect(page).toContain("Too expensive");
  expect(page).not.toContain("Payment method");
  const answer = await post(portal.url, { action: "confirm_cancel", feedback: "unused" });
  expect(answer.headers.get("location")).toBe("http://shop.test/done");
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
    cancel_at_period_end: true,
    cancellation_details: { reason: "cancellation_requested", feedback: "unused" },
  });
  await expect(stripe.billingPortal.sessions.create(params)).rejects.toThrow("already set to be canceled");
});

test("a flow is refused where the configuration does not have it, and for somebody else's subscription", async () => {
  const { stripe } = await openSandbox();
  const { customer, subscription } = await subscribe(stripe);
  const { id: configuration } = await stripe.billingPortal.configurations.create({
    features: { invoice_history: { enabled: true } },
  });
  const cancel = { type: "subscription_cancel", subscription_cancel: { subscription: subscription.id } } as const;
  for (const flow_data of [cancel, { type: "payment_method_update" } as const]) {
    await expect(
      stripe.billingPortal.sessions.create({ customer: customer.id, configuration, flow_data }),
    ).rejects.toThrow("disabled");
  }
  const stranger = await stripe.customers.create();
  await expect(
    stripe.billingPortal.sessions.create({ customer: stranger.id, flow_data: cancel }),
  ).rejects.toMatchObject({ code: "resource_missing" });
});

test("the payment method flow makes a good card the customer's own and leaves the subscription's alone", async () => {
  const { stripe } = await openSandbox();
  const { customer, subscription } = await subscribe(stripe);
  const portal = await stripe.billingPortal.sessions.create({
    customer: customer.id,
    flow_data: { type: "payment_method_update", after_completion: redirect },
  });
  expect((await post(portal.url, { action: "save_card", ...card, number: "4000000000000002" })).status).toBe(402);
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({
    invoice_settings: { default_payment_method: null },
  });
  const saved = await post(portal.url, { action: "save_card", ...card });
  expect(saved.headers.get("location")).toBe("http://shop.test/done");
  expect(
    await stripe.customers.retrieve(customer.id, { expand: ["invoice_settings.default_payment_method"] }),
  ).toMatchObject({ invoice_settings: { default_payment_method: { card: { last4: "4444", exp_year: 2034 } } } });
  expect((await eventTypes(stripe)).slice(-2)).toEqual(["payment_method.attached", "customer.updated"]);
  const own = (await stripe.subscriptions.retrieve(subscription.id)).default_payment_method;
  expect(own).toBe(subscription.default_payment_method);
  await stripe.subscriptions.update(subscription.id, { default_payment_method: "" });
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ default_payment_method: null });
});

test("a flow without a way on ends on the portal's home page, or on a page that says so", async () => {
  const { stripe } = await openSandbox();
  const { customer } = await subscribe(stripe);
  const type = "payment_method_update";
  const home = await stripe.billingPortal.sessions.create({ customer: customer.id, flow_data: { type } });
  const led = await post(home.url, { action: "save_card", ...card });
  expect(led.headers.get("location")).toBe(home.url);
  expect(await (await fetch(home.url)).text()).toContain("Invoice history");
  const after_completion = {
    type: "hosted_confirmation",
    hosted_confirmation: { custom_message: "All set." },
  } as const;
  const told = await stripe.billingPortal.sessions.create({
    customer: customer.id,
    flow_data: { type, after_completion },
  });
  expect(await (await post(told.url, { action: "save_card", ...card })).text()).toContain("All set.");
});

test("an invoice has a page and a PDF", async () => {
  const { stripe } = await openSandbox();
  await subscribe(stripe);
  const [invoice] = (await stripe.invoices.list()).data;
  expect(await (await fetch(invoice?.hosted_invoice_url ?? "")).text()).toContain(invoice?.number);
  const pdf = await (await fetch(invoice?.invoice_pdf ?? "")).text();
  expect(pdf).toMatch(/^%PDF-1\.4\n[\s\S]*%%EOF\n$/);
});
