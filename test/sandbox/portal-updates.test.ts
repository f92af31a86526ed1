import type Stripe from "stripe";
import { expect, test } from "vitest";
import { hiddenFields, midMonth, review } from "./portal-support.js";
import { eventTypes, openSandbox, post } from "./support.js";

type Confirm = Stripe.BillingPortal.SessionCreateParams.FlowData.SubscriptionUpdateConfirm;

const dollars = (cents: number) => `$${(cents / 100).toFixed(2)}`;

test("choosing a dearer plan shows what is due today, charges just that, and posting it twice changes it once", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const { subscription, item, dearer, open } = await midMonth(sandbox);
  const { url } = await open();
  expect(await (await fetch(url)).text()).toContain('value="update"');
  const offers = await (await post(url, { action: "update" })).text();
  expect(offers).toContain("$59.99 / month");
  expect(offers).toContain("$9.99 / month");

  const { page, fields } = await review(url, { price: dearer.id });
  const preview = await stripe.invoices.createPreview({
    subscription: subscription.id,
    subscription_details: {
      items: [{ id: item.id, price: dearer.id }],
      proration_behavior: "always_invoice",
      proration_date: Number(fields.proration_date),
    },
  });
  expect(preview.lines.data.map(({ amount }) => amount)).toEqual([-1500, 3000]);
  expect(page).toContain("Total due today");
  for (const shown of ["-$15.00", "$30.00", dollars(preview.total), "$59.99 per month"]) expect(page).toContain(shown);

  const before = (await eventTypes(stripe)).length;
  expect(await (await post(url, fields)).text()).toContain("Your plan has been updated.");
  await post(url, fields);
  const changed = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
  expect(changed.items.data[0]?.price.id).toBe(dearer.id);
  expect(changed.latest_invoice).toMatchObject({ status: "paid", total: preview.total, amount_paid: 1500 });
  expect((await stripe.invoices.list({ subscription: subscription.id })).data).toHaveLength(2);
  const types = (await eventTypes(stripe)).slice(before);
  expect(types.slice(0, 3)).toEqual(["invoiceitem.created", "invoiceitem.created", "invoice.created"]);
  expect(types.filter((type) => type === "customer.subscription.updated")).toHaveLength(1);
  expect(types.at(-1)).toBe("customer.subscription.updated");
});

test("the time a change is counted from stays that of the page, but cannot be chosen", async () => {
  const sandbox = await openSandbox();
  const { stripe, advance } = sandbox;
  const { subscription, item, dearer, open } = await midMonth(sandbox);
  const { url } = await open();
  const { fields } = await review(url, { price: dearer.id });
  const shown = Number(fields.proration_date);
  await advance(1800);
  const late = await review(url, { price: dearer.id, proration_date: String(item.current_period_end) });
  expect(Number(late.fields.proration_date)).toBeGreaterThanOrEqual(shown + 1800);
  expect(Number(late.fields.proration_date)).toBeLessThan(shown + 1900);
  await post(url, fields);
  const invoice = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
  expect(invoice.latest_invoice).toMatchObject({ total: 1500, lines: { data: [{ period: { start: shown } }, {}] } });
});

test("a declined card changes nothing, and the page says so", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const { customer, subscription, item, dearer, open } = await midMonth(sandbox);
  const card = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer: customer.id });
  await stripe.subscriptions.update(subscription.id, { default_payment_method: card.id });
  const { url } = await open();
  const { fields } = await review(url, { price: dearer.id });
  const before = await eventTypes(stripe);
  const refused = await post(url, fields);
  expect(refused.status).toBe(402);
  expect(await refused.text()).toContain("Your card was declined.");
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
    status: "active",
    items: { data: [{ id: item.id, price: { id: item.price.id } }] },
  });
  expect(await eventTypes(stripe)).toEqual(before);
});

test("prorations that are not invoiced at once are shown on the next invoice, which comes to what was shown", async () => {
  const sandbox = await openSandbox();
  const { stripe, setClock } = sandbox;
  const { subscription, cheaper, open, end } = await midMonth(sandbox, { proration_behavior: "create_prorations" });
  const { url } = await open();
  const { page, fields } = await review(url, { price: cheaper.id });
  expect(page).not.toContain("due today");
  expect(page).toContain("-$15.00");
  // 9.99 + 5.00 for the rest of this month, and what is unused of 29.99.
  expect(page).toMatch(/Your balance<\/dt><dd>\$0\.01/);
  expect(page).toMatch(/Total due on [^<]*<\/dt><dd>\$0\.00/);
  await post(url, fields);
  expect((await stripe.invoices.list({ subscription: subscription.id })).data).toHaveLength(1);
  await setClock(new Date((end + 7200) * 1000));
  const renewed = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
  expect(renewed.latest_invoice).toMatchObject({ billing_reason: "subscription_cycle", total: -1500 + 500 + 999 });
});

test("quantities are offered within their bounds, at the price there is, and a promotion code comes off", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const { subscription, item, dearer, open } = await midMonth(sandbox, {
    default_allowed_updates: ["quantity", "promotion_code"],
    billing_cycle_anchor: "now",
    proration_behavior: "none",
  });
  const coupon = await stripe.coupons.create({ percent_off: 50, duration: "once" });
  await stripe.promotionCodes.create({ code: "HALF", promotion: { type: "coupon", coupon: coupon.id } });
  const { url } = await open();
  const price = item.price.id;
  expect((await review(url, { price: dearer.id, quantity: "3" })).status).toBe(400);
  expect((await review(url, { price, quantity: "0" })).page).toContain("This quantity is not offered.");
  expect((await review(url, { price, quantity: "3", promotion_code: "NONE" })).page).toContain("not valid");
  const { page, fields } = await review(url, { price, quantity: "3", promotion_code: "half" });
  for (const shown of ["3 × Professional", "<dd>HALF</dd>", "$89.97", "Discounts", "-$44.99", "$44.98"])
    expect(page).toContain(shown);
  await post(url, fields);
  await post(url, fields);
  const changed = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
  expect(changed).toMatchObject({
    items: { data: [{ quantity: 3 }] },
    latest_invoice: { total: 4498, status: "paid" },
  });
  expect(changed.discounts).toHaveLength(1);
  expect(await stripe.coupons.retrieve(coupon.id)).toMatchObject({ times_redeemed: 1 });
});

test("a trial is ended by a change or goes on, as the configuration says", async () => {
  for (const trial_update_behavior of ["end_trial", "continue_trial"] as const) {
    const sandbox = await openSandbox();
    const { stripe } = sandbox;
    const { subscription, dearer, open } = await midMonth(sandbox, { trial_update_behavior });
    const trial = await stripe.subscriptions.create({
      customer: String(subscription.customer),
      default_payment_method: String(subscription.default_payment_method),
      items: [{ price: String(subscription.items.data[0]?.price.id) }],
      trial_period_days: 7,
    });
    const { url } = await open({ type: "subscription_update", subscription_update: { subscription: trial.id } });
    const { page, fields } = await review(url, { price: dearer.id });
    expect(page.includes("Total due today")).toBe(trial_update_behavior === "end_trial");
    expect(page).toContain("$59.99");
    await post(url, fields);
    const status = trial_update_behavior === "end_trial" ? "active" : "trialing";
    expect(await stripe.subscriptions.retrieve(trial.id)).toMatchObject({
      status,
      items: { data: [{ price: { id: dearer.id } }] },
    });
  }
});

test("the flow to confirm a change says what it costs, makes just that change, and leads on", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const { subscription, item, dearer, cheaper, open } = await midMonth(sandbox);
  const { id: coupon } = await stripe.coupons.create({ amount_off: 1000, currency: "usd", duration: "forever" });
  const confirm = {
    subscription: subscription.id,
    items: [{ id: item.id, price: dearer.id, quantity: 1 }],
    discounts: [{ coupon }],
  };
  const return_url = "http://shop.test/done";
  const session = await open({
    type: "subscription_update_confirm",
    subscription_update_confirm: confirm,
    after_completion: { type: "redirect", redirect: { return_url } },
  });
  expect(session.flow).toMatchObject({
    type: "subscription_update_confirm",
    subscription_update: null,
    subscription_update_confirm: { ...confirm, discounts: [{ coupon, promotion_code: null }] },
  });
  const page = await (await fetch(session.url)).text();
  expect(page).toContain("Confirm your update");
  const fields = { ...hiddenFields(page), action: "confirm_update", price: cheaper.id };
  expect((await post(session.url, fields)).headers.get("location")).toBe(return_url);
  expect((await post(session.url, fields)).headers.get("location")).toBe(return_url);
  const changed = await stripe.subscriptions.retrieve(subscription.id, { expand: ["discounts"] });
  expect(changed.items.data[0]?.price.id).toBe(dearer.id);
  expect(changed.discounts).toMatchObject([{ source: { coupon } }]);
});

test("the flow to choose a change ends on the home page, or on a page that says so", async () => {
  const sandbox = await openSandbox();
  const { subscription, dearer, cheaper, open } = await midMonth(sandbox);
  const flow = { type: "subscription_update", subscription_update: { subscription: subscription.id } } as const;
  const home = await open(flow);
  expect(await (await fetch(home.url)).text()).toContain("Update your plan");
  const { fields } = await review(home.url, { price: dearer.id });
  expect((await post(home.url, fields)).headers.get("location")).toBe(home.url);
  expect(await (await fetch(home.url)).text()).toContain("Invoice history");
  const after_completion = {
    type: "hosted_confirmation",
    hosted_confirmation: { custom_message: "All set." },
  } as const;
  const told = await open({ ...flow, after_completion });
  expect(await (await post(told.url, (await review(told.url, { price: cheaper.id })).fields)).text()).toContain(
    "All set.",
  );
});

test("flows that change a subscription are refused by the parameter that is wrong", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const { customer, subscription, item, dearer, open } = await midMonth(sandbox);
  const { id: other } = await stripe.prices.create({
    currency: "usd",
    unit_amount: 100,
    recurring: { interval: "month" },
    product_data: { name: "Other" },
  });
  const at = "flow_data[subscription_update_confirm]";
  const confirm = (items: Confirm["items"], discounts?: { coupon: string }[]) =>
    open({
      type: "subscription_update_confirm",
      subscription_update_confirm: { subscription: subscription.id, items, ...(discounts && { discounts }) },
    });
  const change = { id: item.id, price: dearer.id };
  const wrong: [Promise<unknown>, string][] = [
    [confirm([{ id: item.id, price: other }]), `${at}[items][0][price]`],
    [confirm([{ ...change, quantity: 2 }]), `${at}[items][0][quantity]`],
    [confirm([{ id: item.id }]), `${at}[items]`],
    [confirm([change, change]), `${at}[items]`],
    [confirm([{ id: "si_none", price: dearer.id }]), `${at}[items][0][id]`],
    [confirm([change], [{ coupon: "none" }]), `${at}[discounts][0][coupon]`],
    [confirm([change], [{ coupon: "a" }, { coupon: "b" }]), `${at}[discounts]`],
    [open({ type: "subscription_update" }), "flow_data[subscription_update]"],
    [
      open({ type: "subscription_update", subscription_update: { subscription: "sub_none" } }),
      "flow_data[subscription_update][subscription]",
    ],
  ];
  for (const [asked, param] of wrong) await expect(asked).rejects.toMatchObject({ statusCode: 400, param });
  const flow = { type: "subscription_update", subscription_update: { subscription: subscription.id } } as const;
  const disabled = stripe.billingPortal.sessions.create({ customer: customer.id, flow_data: flow });
  await expect(disabled).rejects.toMatchObject({ statusCode: 400, param: "flow_data[type]" });
  await stripe.subscriptions.update(subscription.id, { items: [{ price: other }] });
  await expect(open(flow)).rejects.toThrow("multiple subscription items");
});
