import { expect, test } from "vitest";
import { clientOf, control, jsonOf, monthlyPrice, openReceiver, openSandbox } from "./support.js";

/** Posts a form without the SDK, and so without a version unless one is given. */
function post(url: string, form: Record<string, string>, version?: string): Promise<Response> {
  const headers = { authorization: "Bearer sk_test_x", ...(version && { "stripe-version": version }) };
  return fetch(url, { method: "POST", headers, body: new URLSearchParams(form) });
}

test("a version that Stripe has is answered in its name, another is refused, and none is the sandbox's own", async () => {
  const { url } = await openSandbox();
  const versionOf = async (version?: string) => {
    const answer = await post(`${url}/v1/customers`, {}, version);
    return [answer.status, answer.headers.get("stripe-version")];
  };
  expect(await versionOf()).toEqual([200, "2026-10-28.endive"]);
  expect(await versionOf("2025-10-29.clover")).toEqual([200, "2025-10-29.clover"]);
  expect(await versionOf("2025-10-30.clover")).toEqual([400, "2026-10-28.endive"]);
  const refused = await post(`${url}/v1/customers`, {}, "next");
  expect(await refused.json()).toMatchObject({ error: { message: "Invalid Stripe API version: next" } });
});

test("callers of older versions, and of none, may use the words of their time; others may not", async () => {
  const { url, stripe } = await openSandbox();
  const { id: coupon } = await stripe.coupons.create({ percent_off: 20 });
  const code = (version?: string) => post(`${url}/v1/promotion_codes`, { coupon }, version);
  expect(await (await code()).json()).toMatchObject({ promotion: { type: "coupon", coupon } });
  expect((await code("2025-08-27.basil")).status).toBe(200);
  expect(await (await code("2026-10-28.endive")).json()).toMatchObject({
    error: { code: "parameter_unknown", param: "coupon" },
  });

  const { id: price } = await monthlyPrice(stripe);
  const { id: customer } = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const form = { customer, "items[0][plan]": price, coupon };
  const subscribed = await post(`${url}/v1/subscriptions`, form, "2024-06-20");
  expect(await subscribed.json()).toMatchObject({
    items: { data: [{ price: { id: price } }] },
    discounts: [expect.stringMatching(/^di_/)],
  });
  const refused = await post(`${url}/v1/subscriptions`, form, "2026-10-28.endive");
  expect(await refused.json()).toMatchObject({ error: { code: "parameter_unknown", param: "coupon" } });
});

test("an endpoint's events are named after its version, and only known types and addresses are taken", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const receiver = await openReceiver();
  await stripe.webhookEndpoints.create({
    url: receiver.url,
    enabled_events: ["customer.created"],
    api_version: "2026-03-25.dahlia",
  });
  const { id } = await stripe.customers.create({ name: "Ada" });
  await stripe.customers.update(id, { name: "Bob" });
  await sandbox.settled();
  expect(receiver.received.map(({ body }) => JSON.parse(body))).toMatchObject([
    { type: "customer.created", api_version: "2026-03-25.dahlia", data: { object: { name: "Ada" } } },
  ]);
  const url = `${sandbox.url}/v1/webhook_endpoints`;
  const codeOf = async (form: Record<string, string>) =>
    (await jsonOf<{ error: { code: string } }>(await post(url, form))).error.code;
  expect(await codeOf({ url: receiver.url, "enabled_events[0]": "customer.*" })).toBe("parameter_invalid_enum");
  expect(await codeOf({ url: "shop.test", "enabled_events[0]": "*" })).toBe("url_invalid");
});

test("the request log has what came, in whose version, and how it ended, and errors lead to it", async () => {
  const sandbox = await openSandbox();
  const client = clientOf(sandbox);
  const failed = await client.customers.update("cus_none", { name: "Ada" }).catch((error: unknown) => error);
  expect(failed).toMatchObject({ raw: { request_log_url: expect.stringContaining(sandbox.url) } });
  const { data } = await jsonOf<{ data: object[] }>(await control(sandbox, "GET", "/requests"));
  expect(data).toMatchObject([
    {
      id: expect.stringMatching(/^req_/),
      method: "POST",
      path: "/v1/customers/cus_none",
      params: { name: "Ada" },
      version: "2026-10-28.endive",
      status: 404,
    },
  ]);
});

test("an event tells who asked for it, and what an update changed", async () => {
  const { stripe } = await openSandbox();
  const { id } = await stripe.customers.create({ name: "Ada", metadata: { plan: "a", seats: "1" } });
  const updated = await stripe.customers.update(
    id,
    { name: "Bob", metadata: { plan: "b" } },
    { idempotencyKey: "once" },
  );
  const [event] = (await stripe.events.list({ type: "customer.updated" })).data;
  expect(event).toMatchObject({
    object: "event",
    api_version: "2026-10-28.endive",
    livemode: false,
    pending_webhooks: 0,
    request: { id: updated.lastResponse.requestId, idempotency_key: "once" },
    data: { object: { id, name: "Bob", metadata: { plan: "b", seats: "1" } } },
  });
  expect(event?.data.previous_attributes).toEqual({ name: "Ada", metadata: { plan: "a" } });
  const [created] = (await stripe.events.list({ type: "customer.created" })).data;
  expect(created?.data).not.toHaveProperty("previous_attributes");
});
