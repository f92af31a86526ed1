import { setTimeout as sleep } from "node:timers/promises";
import Stripe from "stripe";
import { expect, test } from "vitest";
import { until } from "../support/until.js";
import { control, jsonOf, openSandbox, type TestSandbox } from "./support.js";

const plant = (sandbox: TestSandbox, fault: object) => control(sandbox, "POST", "/faults", fault);

/** Creates a customer without the SDK, so that what comes over the wire can be looked at. */
function create({ url }: TestSandbox, key = "once", signal?: AbortSignal): Promise<Response> {
  return fetch(`${url}/v1/customers`, {
    method: "POST",
    headers: { authorization: "Bearer sk_test_x", "idempotency-key": key },
    body: new URLSearchParams({ name: "Ada" }),
    ...(signal && { signal }),
  });
}

const customersOf = async ({ stripe }: TestSandbox) => (await stripe.customers.list()).data.length;

test.for([
  [{ reset: true }, 0],
  [{ reset: true, after: true }, 1],
  [{ after: true }, 1],
] as const)(
  "a connection reset by %o leaves %i customers, and the same key then makes it one",
  async ([effect, made]) => {
    const sandbox = await openSandbox();
    await plant(sandbox, { method: "POST", path: "/v1/customers", ...effect });
    await expect(create(sandbox)).rejects.toThrow();
    expect(await customersOf(sandbox)).toBe(made);
    const again = await create(sandbox);
    expect([again.status, again.headers.get("idempotent-replayed")]).toEqual([200, made === 1 ? "true" : null]);
    expect(await customersOf(sandbox)).toBe(1);
  },
);

test.for([
  [{ status: 503 }, 0],
  [{ status: 503, after: true }, 1],
  [{ garbage: true, after: false }, 0],
  [{ garbage: true }, 1],
  [{ status: 502, body: "<h1>Bad Gateway</h1>", headers: { "content-type": "text/html" } }, 0],
  [{ status: 200, body: "[]", after: true }, 1],
] as const)("an answer spoiled by %o leaves %i customers", async ([effect, made]) => {
  const sandbox = await openSandbox();
  await plant(sandbox, { path: "/v1/customers", ...effect });
  const answer = await create(sandbox);
  expect(answer.status).toBe("status" in effect ? effect.status : 200);
  const body = await answer.text();
  if ("body" in effect) expect(body).toBe(effect.body);
  if ("garbage" in effect) expect(() => JSON.parse(body)).toThrow();
  expect(await customersOf(sandbox)).toBe(made);
});

test("after a gateway's error the work that was done is found again by its key", async () => {
  const sandbox = await openSandbox();
  await plant(sandbox, { method: "POST", path: "/v1/customers", status: 504, after: true });
  expect((await create(sandbox)).status).toBe(504);
  const again = await create(sandbox);
  expect([again.status, again.headers.get("idempotent-replayed")]).toEqual([200, "true"]);
});

test.for([true, false])(
  "a delay comes before the work or after it, and the key is in use meanwhile (after: %s)",
  async (after) => {
    const sandbox = await openSandbox();
    await plant(sandbox, { method: "POST", path: "/v1/customers", delay_ms: 150, after });
    const slow = create(sandbox);
    await sleep(60);
    expect(await customersOf(sandbox)).toBe(after ? 1 : 0);
    // Once the work is done its answer is kept; before that the key is in use.
    const meanwhile = await create(sandbox);
    expect(meanwhile.status).toBe(after ? 200 : 409);
    if (!after) {
      expect(await meanwhile.json()).toMatchObject({
        error: { type: "idempotency_error", code: "idempotency_key_in_use" },
      });
    }
    expect((await slow).status).toBe(200);
    expect(await customersOf(sandbox)).toBe(1);
  },
);

test.for([true, false])("an answer that never comes leaves the work done or not (after: %s)", async (after) => {
  const sandbox = await openSandbox();
  await plant(sandbox, { method: "POST", path: "/v1/customers", hang: true, after });
  await expect(create(sandbox, "once", AbortSignal.timeout(100))).rejects.toThrow();
  expect(await customersOf(sandbox)).toBe(after ? 1 : 0);
});

test("once a fault is no longer planted, the work is done of which nobody has heard yet", async () => {
  const sandbox = await openSandbox();
  await plant(sandbox, { method: "POST", path: "/v1/customers", skip: 1, hang: true, after: true });
  const planted = async () => jsonOf<{ requests: object[] }>(await control(sandbox, "GET", "/faults"));
  await create(sandbox, "first");
  expect((await planted()).requests).toHaveLength(1);
  const client = new AbortController();
  let isAnswered = false;
  const second = create(sandbox, "second", client.signal).finally(() => {
    isAnswered = true;
  });
  const cutOff = expect(second).rejects.toThrow();
  await until("the fault to be met", async () => (await planted()).requests.length === 0);
  expect([await customersOf(sandbox), isAnswered]).toEqual([2, false]);
  client.abort();
  await cutOff;
});

test("an answer can come a byte at a time and have no end", async () => {
  const sandbox = await openSandbox();
  await plant(sandbox, { method: "POST", path: "/v1/customers", trickle: true });
  const answer = await create(sandbox, "once", AbortSignal.timeout(500));
  expect(answer.status).toBe(200);
  await expect(answer.text()).rejects.toThrow();
  expect(await customersOf(sandbox)).toBe(1);
});

test("a status brings the error that Stripe sends with it, or the one that was given", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const errorAt = async (fault: object) => {
    await plant(sandbox, { method: "GET", path: "/v1/customers", ...fault });
    return stripe.customers.list().catch((error: unknown) => error);
  };
  expect(await errorAt({ status: 402 })).toMatchObject({ type: "StripeCardError", code: "card_declined" });
  expect(await errorAt({ status: 409 })).toMatchObject({ code: "idempotency_key_in_use" });
  const limited = await errorAt({ status: 429, headers: { "retry-after": "2" } });
  expect(limited).toBeInstanceOf(Stripe.errors.StripeRateLimitError);
  expect(limited).toMatchObject({
    code: "rate_limit",
    headers: { "retry-after": "2", "stripe-rate-limited-reason": "global-rate" },
  });
  expect(await errorAt({ status: 429, error: { code: "lock_timeout" } })).toMatchObject({
    code: "lock_timeout",
    message: expect.stringContaining("cannot be accessed right now"),
  });
  expect(await errorAt({ status: 500 })).toMatchObject({ type: "StripeAPIError" });
  expect(await errorAt({ status: 400, error: { code: "resource_missing", param: "customer" } })).toMatchObject({
    type: "StripeInvalidRequestError",
    code: "resource_missing",
    param: "customer",
  });
});

test("faults let some requests pass, count down, and can be looked at", async () => {
  const sandbox = await openSandbox();
  await plant(sandbox, { method: "POST", path: "/v1/customers", status: 500, skip: 1, times: 2 });
  const statuses: number[] = [];
  for (const key of ["a", "b", "c", "d"]) {
    statuses.push((await create(sandbox, key)).status);
    if (key !== "b") continue;
    const { requests } = await jsonOf<{ requests: object[] }>(await control(sandbox, "GET", "/faults"));
    expect(requests).toMatchObject([{ method: "POST", path: "/v1/customers", skip: 0, times: 1 }]);
  }
  expect(statuses).toEqual([200, 500, 500, 200]);
});

test("a fault nobody can make sense of is refused", async () => {
  const sandbox = await openSandbox();
  const refused = [
    {},
    { path: "/v1/customers" },
    { path: "/v1/customers", status: 200 },
    { path: "/v1/customers", status: 500, reset: true },
    { path: "/v1/customers", reset: "yes" },
    { path: "/v1/customers", reset: true, body: "x" },
    { path: "/v1/customers", status: 500, times: 1.5 },
    { path: "/v1/customers", status: 500, error: { type: "odd" } },
    { path: "/v1/customers", status: 500, on: "Tuesday" },
    { deliveries: "eat" },
    { deliveries: "hold", copies: 2 },
    { deliveries: "delay" },
  ];
  const statuses = await Promise.all(refused.map(async (fault) => (await plant(sandbox, fault)).status));
  expect(statuses).toEqual(refused.map(() => 400));
});
