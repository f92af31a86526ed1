import type Stripe from "stripe";
import { expect, test } from "vitest";
import { midMonth, review } from "./portal-support.js";
import { eventTypes, openSandbox, post } from "./support.js";

const later = (type: "decreasing_item_amount" | "shortening_interval") => ({
  schedule_at_period_end: { conditions: [{ type }] },
});

const schedulesOf = async (stripe: Stripe, customer: Stripe.Customer) =>
  (await stripe.subscriptionSchedules.list({ customer: customer.id })).data;

test("a cheaper plan waits for the period's end where the configuration says so, and costs nothing until then", async () => {
  const sandbox = await openSandbox();
  const { stripe, setClock } = sandbox;
  const { customer, subscription, item, cheaper, open, end } = await midMonth(sandbox, later("decreasing_item_amount"));
  const { url } = await open();
  const { page, fields } = await review(url, { price: cheaper.id });
  const [, date = ""] = /From ([^<]*) you pay/.exec(page) ?? [];
  expect(Date.parse(`${date} UTC`)).toBe(Math.floor(end / 86400) * 86_400_000);
  expect(page).toContain(`Nothing is due today. From ${date} you pay $9.99 per month.`);
  const before = (await eventTypes(stripe)).length;
  expect(await (await post(url, fields)).text()).toContain("Your plan will change");
  await post(url, fields);
  expect((await eventTypes(stripe)).slice(before)).toEqual([
    "customer.subscription.updated",
    "subscription_schedule.created",
    "subscription_schedule.updated",
  ]);
  const [schedule, ...more] = await schedulesOf(stripe, customer);
  expect(more).toEqual([]);
  expect(schedule).toMatchObject({
    status: "active",
    subscription: subscription.id,
    phases: [
      { end_date: end, items: [{ price: item.price.id, quantity: 1 }] },
      { start_date: end, items: [{ price: cheaper.id, quantity: 1 }] },
    ],
  });
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
    schedule: schedule?.id,
    items: { data: [{ price: { id: item.price.id } }] },
  });
  expect(await (await fetch(url)).text()).toContain(`Your plan changes to Professional, $9.99 / month on ${date}.`);
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
  expect(preview.total).toBe(999);
  await setClock(new Date((end + 7200) * 1000));
  const renewed = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
  expect(renewed).toMatchObject({
    status: "active",
    items: { data: [{ id: item.id, price: { id: cheaper.id }, current_period_start: end }] },
    latest_invoice: { total: 999, status: "paid" },
  });
  expect((await stripe.invoices.list({ subscription: subscription.id })).data).toHaveLength(2);
});

test("a shorter interval waits too, while what is dearer at the same interval is changed at once", async () => {
  const sandbox = await openSandbox();
  const { stripe, setClock } = sandbox;
  const { customer, subscription, dearer, weekly, open, end } = await midMonth(sandbox, later("shortening_interval"));
  const { url } = await open();
  expect((await review(url, { price: dearer.id })).page).toContain("Total due today");
  const { page, fields } = await review(url, { price: weekly.id });
  expect(page).toContain("you pay $35.00 per week");
  await post(url, fields);
  expect(await schedulesOf(stripe, customer)).toHaveLength(1);
  await setClock(new Date((end + 7200) * 1000));
  const renewed = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
  expect(renewed).toMatchObject({
    items: { data: [{ price: { id: weekly.id }, current_period_start: end, current_period_end: end + 7 * 86400 }] },
    latest_invoice: { total: 3500, status: "paid" },
  });
});

test("a later choice replaces the one that waits, at the price its page shows", async () => {
  const sandbox = await openSandbox();
  const { stripe, setClock } = sandbox;
  const { customer, subscription, dearer, cheaper, open, end } = await midMonth(
    sandbox,
    later("decreasing_item_amount"),
  );
  const { url } = await open();
  await post(url, (await review(url, { price: cheaper.id })).fields);
  const { page, fields } = await review(url, { price: dearer.id });
  expect(page).toMatch(/Total due today<\/dt><dd>\$15\.00/);
  await post(url, fields);
  expect(await schedulesOf(stripe, customer)).toMatchObject([{ status: "released" }]);
  const changed = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
  expect(changed).toMatchObject({ schedule: null, latest_invoice: { total: 1500, status: "paid" } });
  await setClock(new Date((end + 7200) * 1000));
  const renewed = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
  expect(renewed.latest_invoice).toMatchObject({ total: 5999 });
});

test("choosing the plan there is takes back the one that waits, and cancelling does too", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const { customer, subscription, item, cheaper, configuration, open } = await midMonth(
    sandbox,
    later("decreasing_item_amount"),
  );
  await stripe.billingPortal.configurations.update(configuration, {
    features: { subscription_cancel: { enabled: true } },
  });
  const { url } = await open();
  const wait = async () => post(url, (await review(url, { price: cheaper.id })).fields);
  await wait();
  const { page, fields } = await review(url, { price: item.price.id });
  expect(page).toContain("You go on paying $29.99 per month");
  await post(url, fields);
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ schedule: null, cancel_at: null });
  await wait();
  await post(url, { action: "confirm_cancel" });
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
    schedule: null,
    cancel_at_period_end: true,
  });
  expect((await schedulesOf(stripe, customer)).map(({ status }) => status)).toEqual(["released", "released"]);
});

test("a declined card leaves the change that waits, and a schedule of others is left alone", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const { customer, subscription, dearer, cheaper, open } = await midMonth(sandbox, later("decreasing_item_amount"));
  const { url } = await open();
  await post(url, (await review(url, { price: cheaper.id })).fields);
  const card = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer: customer.id });
  await stripe.subscriptions.update(subscription.id, { default_payment_method: card.id });
  const { fields } = await review(url, { price: dearer.id });
  expect((await post(url, fields)).status).toBe(402);
  const [schedule] = await schedulesOf(stripe, customer);
  expect(schedule?.status).toBe("active");
  await stripe.subscriptionSchedules.release(schedule?.id ?? "");
  await stripe.subscriptionSchedules.create({ from_subscription: subscription.id });
  const flow = { type: "subscription_update", subscription_update: { subscription: subscription.id } } as const;
  await expect(open(flow)).rejects.toThrow("managed by a subscription schedule");
  expect(await (await fetch(url)).text()).not.toContain('value="update"');
});
