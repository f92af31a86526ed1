import Stripe from "stripe";
import { expect, test } from "vitest";
import { priceOf, subscribed } from "./subscribed.js";
import { eventTypes, monthlyPrice, openSandbox, subscribe } from "./support.js";

test("a repeated key gives the first answer again, other parameters are refused", async () => {
  const { stripe } = await openSandbox();
  const first = await stripe.customers.create({ name: "Ada" }, { idempotencyKey: "once" });
  const again = await stripe.customers.create({ name: "Ada" }, { idempotencyKey: "once" });
  expect(again.id).toBe(first.id);
  expect(again.lastResponse.headers["idempotent-replayed"]).toBe("true");
  expect(again.lastResponse.headers["original-request"]).toBe(first.lastResponse.requestId);
  await expect(stripe.customers.create({ name: "Bob" }, { idempotencyKey: "once" })).rejects.toMatchObject({
    statusCode: 400,
    type: "StripeIdempotencyError",
  });
  expect((await stripe.customers.list()).data).toHaveLength(1);
});

test("a key is free again after a validation error", async () => {
  const { stripe } = await openSandbox();
  await expect(stripe.customers.retrieve("cus_none")).rejects.toMatchObject({
    code: "resource_missing",
    statusCode: 404,
  });
  const invalid = { email: "ada@example.com", tax_exempt: "perhaps" };
  await expect(stripe.customers.create(invalid, { idempotencyKey: "k" })).rejects.toMatchObject({
    statusCode: 400,
    param: "tax_exempt",
  });
  expect(await stripe.customers.create({ name: "Ada" }, { idempotencyKey: "k" })).toMatchObject({ name: "Ada" });
});

test("an unknown parameter is named, a missing one too, and one the sandbox lacks as well", async () => {
  const { url, stripe } = await openSandbox();
  const answer = await fetch(`${url}/v1/customers`, {
    method: "POST",
    headers: { authorization: "Bearer sk_test_x" },
    body: new URLSearchParams({ nickname: "Countess" }),
  });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({
    error: {
      type: "invalid_request_error",
      code: "parameter_unknown",
      param: "nickname",
      message: "Received unknown parameter: nickname",
    },
  });
  await expect(stripe.checkout.sessions.create({ mode: "subscription" })).rejects.toMatchObject({
    code: "parameter_missing",
  });
  await expect(stripe.customers.create({ validate: true })).rejects.toMatchObject({
    statusCode: 400,
    param: "validate",
  });
});

test("what the sandbox does not have is answered in Stripe's own words", async () => {
  const { stripe } = await openSandbox();
  await expect(stripe.payouts.list()).rejects.toThrow("Unrecognized request URL (GET: /v1/payouts)");
});

test("a card that is not there cannot be attached: 404, by the parameter's name", async () => {
  const { stripe } = await openSandbox();
  const { id: customer } = await stripe.customers.create();
  await expect(stripe.paymentMethods.attach("abcd", { customer })).rejects.toMatchObject({
    statusCode: 404,
    code: "resource_missing",
    param: "payment_method",
  });
});

test("only test keys get in", async () => {
  const sandbox = await openSandbox();
  const call = (authorization?: string) =>
    fetch(`${sandbox.url}/v1/account`, authorization === undefined ? {} : { headers: { authorization } });
  expect((await call()).status).toBe(401);
  expect((await call("Bearer nonsense")).status).toBe(401);
  expect((await call(`Basic ${Buffer.from("rk_test_1:").toString("base64")}`)).status).toBe(200);
  const live = await call("Bearer sk_live_1");
  expect(live.status).toBe(401);
  expect(await live.text()).toContain("Do not send it a live key");
});

test("lists page forwards and backwards and through the SDK's iterator", async () => {
  const { stripe } = await openSandbox();
  for (const name of ["a", "b", "c", "d", "e"]) await stripe.customers.create({ name });
  const names = (list: Stripe.ApiList<Stripe.Customer>) => list.data.map(({ name }) => name);
  const first = await stripe.customers.list({ limit: 2 });
  expect([names(first), first.has_more]).toEqual([["e", "d"], true]);
  const next = await stripe.customers.list({ limit: 2, starting_after: first.data[1]?.id ?? "" });
  expect([names(next), next.has_more]).toEqual([["c", "b"], true]);
  const back = await stripe.customers.list({ limit: 2, ending_before: next.data[0]?.id ?? "" });
  expect([names(back), back.has_more]).toEqual([["e", "d"], false]);
  const all: (string | null | undefined)[] = [];
  for await (const customer of stripe.customers.list({ limit: 2 })) all.push(customer.name);
  expect(all).toEqual(["e", "d", "c", "b", "a"]);
});

test("expand reaches through lists and refuses what it cannot expand", async () => {
  const { stripe } = await openSandbox();
  const { customer, subscription } = await subscribe(stripe);
  const listed = await stripe.subscriptions.list({
    customer: customer.id,
    expand: ["data.latest_invoice.payments", "data.customer"],
  });
  expect(listed.data[0]).toMatchObject({
    customer: { email: "ada@example.com" },
    latest_invoice: { payments: { data: [{ object: "invoice_payment" }] } },
  });
  const plain = await stripe.subscriptions.retrieve(subscription.id, {
    expand: ["latest_invoice", "items.data.price.product"],
  });
  expect(plain.items.data[0]?.price.product).toMatchObject({ name: "Professional" });
  expect(plain.latest_invoice).not.toHaveProperty("payments");
  await expect(stripe.subscriptions.retrieve(subscription.id, { expand: ["metadata"] })).rejects.toThrow(
    "This property cannot be expanded (metadata).",
  );
  await expect(stripe.subscriptions.list({ expand: ["data.items.data.price.product"] })).rejects.toThrow(
    "more than 4 levels",
  );
});

test("a subscription of one item shows its plan and quantity, and lists of an object's own their length", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const one = await subscribed(sandbox, { expand: ["latest_invoice"] });
  const [item] = one.items.data;
  expect(one).toMatchObject({
    plan: { id: item?.price.id, amount: 2999 },
    quantity: 1,
    items: { total_count: 1 },
    latest_invoice: { lines: { total_count: 1 } },
  });
  const [created] = (await stripe.events.list({ type: "customer.subscription.created" })).data;
  expect(created?.data.object).toMatchObject({ plan: { id: item?.price.id }, items: { total_count: 1 } });

  const second = await priceOf(stripe, 500);
  const two = await stripe.subscriptions.update(one.id, { items: [{ price: second.id }] });
  expect(two).toMatchObject({ plan: null, quantity: null, items: { total_count: 2 } });
});

test("currency options are answered only when asked for", async () => {
  const { stripe } = await openSandbox();
  const price = await stripe.prices.create({
    currency: "usd",
    unit_amount: 1000,
    product_data: { name: "Thing" },
    currency_options: { eur: { unit_amount: 900 } },
  });
  expect(price).not.toHaveProperty("currency_options");
  const full = await stripe.prices.retrieve(price.id, { expand: ["currency_options"] });
  expect(full.currency_options).toMatchObject({ usd: { unit_amount: 1000 }, eur: { unit_amount: 900 } });
  expect(String(full.unit_amount_decimal)).toBe("1000");
});

test("a lookup key moves to another price only when told to", async () => {
  const { stripe } = await openSandbox();
  const base = { currency: "usd", unit_amount: 1000, product_data: { name: "Thing" }, lookup_key: "pro" };
  const first = await stripe.prices.create(base);
  await expect(stripe.prices.create(base)).rejects.toThrow("already uses that lookup key");
  const second = await stripe.prices.create({ ...base, transfer_lookup_key: true });
  expect((await stripe.prices.list({ lookup_keys: ["pro"] })).data.map(({ id }) => id)).toEqual([second.id]);
  expect(await stripe.prices.retrieve(first.id)).toMatchObject({ lookup_key: null });
});

test("metadata is merged key by key", async () => {
  const { stripe } = await openSandbox();
  const { id } = await stripe.customers.create({ metadata: { a: "1", b: "2" } });
  expect((await stripe.customers.update(id, { metadata: { b: "", c: "3" } })).metadata).toEqual({ a: "1", c: "3" });
  expect((await stripe.customers.update(id, { metadata: "" })).metadata).toEqual({});
});

test("a stored card subscribes through the API, a declining one leaves the subscription incomplete", async () => {
  const { stripe, advance } = await openSandbox();
  const price = await monthlyPrice(stripe);
  const good = await stripe.customers.create({ payment_method: "pm_card_visa" });
  const [card] = (await stripe.paymentMethods.list({ customer: good.id })).data;
  const active = await stripe.subscriptions.create({
    customer: good.id,
    items: [{ price: price.id }],
    default_payment_method: card?.id ?? "",
  });
  expect(active).toMatchObject({ status: "active" });
  expect((await eventTypes(stripe)).slice(-10)).toEqual([
    "charge.succeeded",
    "customer.updated",
    "customer.subscription.created",
    "payment_intent.succeeded",
    "payment_intent.created",
    "invoice.created",
    "invoice.finalized",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice_payment.paid",
  ]);

  const poor = await stripe.customers.create();
  const method = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer: poor.id });
  const request = { customer: poor.id, items: [{ price: price.id }], default_payment_method: method.id };
  await expect(
    stripe.subscriptions.create({ ...request, payment_behavior: "error_if_incomplete" }),
  ).rejects.toMatchObject({
    statusCode: 402,
    code: "card_declined",
  });
  const incomplete = await stripe.subscriptions.create({ ...request, expand: ["latest_invoice"] });
  expect(incomplete).toMatchObject({ status: "incomplete", latest_invoice: { status: "open", attempt_count: 1 } });
  await advance(24 * 3600);
  expect(await stripe.subscriptions.retrieve(incomplete.id)).toMatchObject({ status: "incomplete_expired" });
  await expect(stripe.paymentMethods.attach("pm_card_chargeDeclined", { customer: poor.id })).rejects.toMatchObject({
    statusCode: 402,
    code: "card_declined",
    decline_code: "generic_decline",
  });
});

test("refunds give back a part, then the rest, and no more", async () => {
  const { stripe } = await openSandbox();
  await subscribe(stripe);
  const [charge] = (await stripe.charges.list()).data;
  const id = charge?.id ?? "";
  await stripe.refunds.create({ charge: id, amount: 1000 });
  expect(await stripe.charges.retrieve(id, { expand: ["refunds"] })).toMatchObject({
    amount_refunded: 1000,
    refunded: false,
    refunds: { data: [{ amount: 1000, status: "succeeded" }] },
  });
  await expect(stripe.refunds.create({ charge: id, amount: 2000 })).rejects.toThrow(
    "is greater than unrefunded amount",
  );
  await stripe.refunds.create({ payment_intent: String(charge?.payment_intent) });
  expect(await stripe.charges.retrieve(id)).toMatchObject({ amount_refunded: 2999, refunded: true });
  await expect(stripe.refunds.create({ charge: id })).rejects.toMatchObject({ code: "charge_already_refunded" });
});

test("cancelling now ends the subscription, and it is not found again", async () => {
  const { stripe } = await openSandbox();
  const { customer, subscription } = await subscribe(stripe);
  expect(await stripe.subscriptions.cancel(subscription.id)).toMatchObject({ status: "canceled" });
  await expect(stripe.subscriptions.cancel(subscription.id)).rejects.toMatchObject({ statusCode: 404 });
  expect((await stripe.subscriptions.list({ customer: customer.id })).data).toEqual([]);
  expect((await stripe.subscriptions.list({ customer: customer.id, status: "all" })).data).toHaveLength(1);
});

test("a deleted customer is still answered for, as deleted, and their subscription has ended", async () => {
  const { stripe } = await openSandbox();
  const { customer, subscription } = await subscribe(stripe);
  await stripe.customers.del(customer.id);
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ id: customer.id, deleted: true });
  await expect(stripe.customers.update(customer.id, { name: "B" })).rejects.toMatchObject({ code: "resource_missing" });
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ status: "canceled" });
});

test("a body or an address it cannot read is refused in Stripe's error form", async () => {
  const { url } = await openSandbox();
  const headers = { authorization: "Bearer sk_test_x", "content-type": "text/csv" };
  const odd = await fetch(`${url}/v1/customers`, { method: "POST", headers, body: "a,b" });
  expect(odd.status).toBe(400);
  expect(await odd.json()).toMatchObject({ error: { type: "invalid_request_error" } });
  expect((await fetch(`${url}/nowhere`)).status).toBe(404);
});
