import { expect, test } from "vitest";
import { midMonth } from "./portal-support.js";
import { eventTypes, openSandbox, post } from "./support.js";

const pausing = { subscription_pause: { enabled: true, duration: { type: "indefinite" } } } as const;

test("pausing in the portal gives unused time back once, and resuming charges a new period less that", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const { subscription, configuration, open } = await midMonth(sandbox);
  await stripe.billingPortal.configurations.update(configuration, { features: pausing });
  const { url } = await open();
  expect(await (await fetch(url)).text()).toContain('value="pause"');
  expect(await (await post(url, { action: "pause" })).text()).toContain("Pause Professional?");
  const before = (await eventTypes(stripe)).length;
  await post(url, { action: "confirm_pause" });
  await post(url, { action: "confirm_pause" });
  expect((await eventTypes(stripe)).slice(before)).toEqual([
    "invoiceitem.created",
    "customer.subscription.paused",
    "customer.subscription.updated",
  ]);
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ status: "paused" });
  const { data: credits } = await stripe.invoiceItems.list({ customer: String(subscription.customer), pending: true });
  expect(credits.map(({ amount }) => amount)).toEqual([-1500]);
  const paused = await (await fetch(url)).text();
  expect(paused).toContain('value="unpause"');
  expect(paused).not.toContain("Renews on");
  expect(await (await post(url, { action: "unpause" })).text()).toContain("Your subscription continues.");
  await post(url, { action: "unpause" });
  expect(await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] })).toMatchObject({
    status: "active",
    latest_invoice: { total: 1499, status: "paid" },
  });
  expect((await stripe.invoices.list({ subscription: subscription.id })).data).toHaveLength(2);
});

test("the pause flow asks only that and leads on, and is refused where it does not fit", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const { subscription, configuration, open } = await midMonth(sandbox);
  const flow = {
    type: "subscription_pause",
    subscription_pause: { subscription: subscription.id },
    after_completion: { type: "redirect", redirect: { return_url: "http://shop.test/done" } },
  } as const;
  await expect(open(flow)).rejects.toMatchObject({ statusCode: 400, param: "flow_data[type]" });
  await expect(
    stripe.billingPortal.configurations.update(configuration, { features: { subscription_pause: { enabled: true } } }),
  ).rejects.toMatchObject({ param: "features[subscription_pause][duration]" });
  await stripe.billingPortal.configurations.update(configuration, { features: pausing });
  const { url, ...session } = await open(flow);
  expect(session.flow).toMatchObject({ subscription_pause: { subscription: subscription.id } });
  expect(await (await fetch(url)).text()).toContain("Pause your subscription");
  expect((await post(url, { action: "confirm_pause" })).headers.get("location")).toBe("http://shop.test/done");
  await expect(open(flow)).rejects.toMatchObject({ param: "flow_data[subscription_pause][subscription]" });
});

test("resuming with a card that declines says so", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const { customer, subscription, configuration, open } = await midMonth(sandbox);
  await stripe.billingPortal.configurations.update(configuration, { features: pausing });
  const { url } = await open();
  await post(url, { action: "confirm_pause" });
  const card = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer: customer.id });
  await stripe.subscriptions.update(subscription.id, { default_payment_method: card.id });
  expect(await (await post(url, { action: "unpause" })).text()).toContain("its payment failed");
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ status: "past_due" });
});
