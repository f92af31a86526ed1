import { mkdtempSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { clientOf, control, jsonOf, openCheckout, openReceiver, openSandbox, pay, subscribe } from "./support.js";

const secret = "whsec_sandboxtest";

test("the state survives a restart: objects, clock, idempotency keys and open checkouts", async () => {
  const stateFile = join(mkdtempSync(join(tmpdir(), "sandbox-")), "state.json");
  const first = await openSandbox({ stateFile });
  const customer = await first.stripe.customers.create({ name: "Ada" }, { idempotencyKey: "once" });
  const session = await openCheckout(first.stripe, { customer: customer.id });
  await first.advance(3600);
  const before = first.now();
  await first.close();

  const second = await openSandbox({ stateFile });
  expect(second.now().getTime()).toBeGreaterThanOrEqual(before.getTime());
  expect((await second.stripe.customers.create({ name: "Ada" }, { idempotencyKey: "once" })).id).toBe(customer.id);
  expect((await pay(`${second.url}/c/pay/${session.id}`)).status).toBe(303);
  const [price] = (await second.stripe.prices.list()).data;
  expect(String(price?.unit_amount_decimal)).toBe("2999");
});

test("the clock moves forward only, and by what was asked", async () => {
  const sandbox = await openSandbox({ startAt: new Date("2027-01-31T12:00:00Z") });
  const moved = await control(sandbox, "POST", "/clock", { to: "2027-03-01T00:00:00Z" });
  expect(moved.status).toBe(200);
  expect((await jsonOf<{ now: string }>(moved)).now).toMatch(/^2027-03-01T00:00:0/);
  expect((await control(sandbox, "POST", "/clock", { to: "2027-02-01T00:00:00Z" })).status).toBe(400);
  expect((await control(sandbox, "POST", "/clock", { to: "soon" })).status).toBe(400);
  expect((await control(sandbox, "POST", "/clock", { advance_seconds: 5, to: "2028-01-01T00:00:00Z" })).status).toBe(
    400,
  );
});

test("the clock answers only once its followers have the new time", async () => {
  const sandbox = await openSandbox();
  const follow = async (version: number) =>
    jsonOf<{ version: number; offset_ms: number }>(
      await control(sandbox, "GET", `/clock?follower=billing&version=${version}`),
    );
  const start = await follow(-1);
  expect(start).toMatchObject({ version: 0, offset_ms: 0 });

  const hanging = follow(start.version);
  let isMoved = false;
  const moving = sandbox.advance(3600).then(() => {
    isMoved = true;
  });
  const news = await hanging;
  expect(news.version).toBe(1);
  expect(Math.round(news.offset_ms / 1000)).toBe(3600);
  expect(isMoved).toBe(false);
  const acknowledging = follow(news.version);
  await moving;
  await sandbox.close();
  await acknowledging.catch(() => undefined);
});

test("deliveries can be held back, lost, and sent again", async () => {
  const receiver = await openReceiver();
  const sandbox = await openSandbox({ webhookEndpoint: { url: receiver.url, secret } });
  await control(sandbox, "POST", "/deliveries", { mode: "hold" });
  await sandbox.stripe.customers.create({ name: "Ada" });
  await control(sandbox, "POST", "/deliveries", { mode: "drop" });
  await sandbox.settled();
  expect(receiver.received).toEqual([]);

  await control(sandbox, "POST", "/deliveries", { mode: "send" });
  const [event] = (await sandbox.stripe.events.list({ type: "customer.created" })).data;
  const resent = await control(sandbox, "POST", `/events/${event?.id}/resend`, {});
  expect(await resent.json()).toEqual({ deliveries: [{ url: receiver.url, status: 200 }] });
  const { data } = await jsonOf<{ data: [{ body: string; signature: string }] }>(
    await control(sandbox, "GET", `/deliveries?event=${event?.id}`),
  );
  const [delivery] = data;
  expect(sandbox.stripe.webhooks.constructEvent(delivery.body, delivery.signature, secret).id).toBe(event?.id);
});

test("an endpoint that fails is tried again with a new signature until it takes the event", async () => {
  const receiver = await openReceiver();
  receiver.answer.status = 500;
  const sandbox = await openSandbox({
    webhookEndpoint: { url: receiver.url, secret },
    retryDelaysMs: [10, 10, 10, 10, 10],
  });
  await sandbox.stripe.customers.create({ name: "Ada" });
  await vi.waitFor(() => expect(receiver.received.length).toBeGreaterThan(1));
  const [waiting] = (await sandbox.stripe.events.list({ delivery_success: false })).data;
  expect(waiting?.pending_webhooks).toBe(1);
  receiver.answer.status = 200;
  await sandbox.settled();
  expect((await sandbox.stripe.events.list({ delivery_success: false })).data).toEqual([]);
});

test("planted faults hit the next matching requests and no others", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const plant = (fault: object) => control(sandbox, "POST", "/faults", fault);
  await plant({ method: "GET", path: "/v1/customers/*", times: 1, status: 503 });
  const { id } = await stripe.customers.create();
  await expect(stripe.customers.retrieve(id)).rejects.toMatchObject({ statusCode: 503, type: "StripeAPIError" });
  expect(await stripe.customers.retrieve(id)).toMatchObject({ id });

  await plant({ method: "GET", path: "/v1/customers/*", times: 1, garbage: true });
  await expect(stripe.customers.retrieve(id)).rejects.toThrow("Invalid JSON");

  await plant({ method: "GET", path: "/v1/customers/*", times: 5, status: 500 });
  await control(sandbox, "DELETE", "/faults");
  expect(await stripe.customers.retrieve(id)).toMatchObject({ id });
  expect((await plant({ method: "GET", path: "/v1/x", times: 1 })).status).toBe(400);
});

test("a connection lost after the effect leaves the effect, and the retry with the same key finds it", async () => {
  const sandbox = await openSandbox();
  await control(sandbox, "POST", "/faults", { method: "POST", path: "/v1/customers", times: 1, after: true });
  const create = () =>
    fetch(`${sandbox.url}/v1/customers`, {
      method: "POST",
      headers: { authorization: "Bearer sk_test_x", "idempotency-key": "once" },
      body: new URLSearchParams({ name: "Ada" }),
    });
  await expect(create()).rejects.toThrow();
  const again = await create();
  expect(again.headers.get("idempotent-replayed")).toBe("true");
  expect((await sandbox.stripe.customers.list()).data).toHaveLength(1);
  const log = await jsonOf<{ data: object[] }>(
    await control(sandbox, "GET", "/requests?method=POST&path=/v1/customers"),
  );
  expect(log.data).toMatchObject([{ replayed: true, idempotency_key: "once" }, { replayed: false }]);
});

test("a hanging request holds its idempotency key", async () => {
  const sandbox = await openSandbox();
  await control(sandbox, "POST", "/faults", { method: "POST", path: "/v1/customers", times: 1, hang: true });
  const giveUp = new AbortController();
  const create = (signal?: AbortSignal) =>
    fetch(`${sandbox.url}/v1/customers`, {
      method: "POST",
      headers: { authorization: "Bearer sk_test_x", "idempotency-key": "once" },
      body: new URLSearchParams({ name: "Ada" }),
      ...(signal ? { signal } : {}),
    });
  const hanging = create(giveUp.signal).catch(() => undefined);
  await vi.waitFor(async () =>
    expect((await jsonOf<{ data: object[] }>(await control(sandbox, "GET", "/requests"))).data).toHaveLength(1),
  );
  expect((await create()).status).toBe(409);
  giveUp.abort();
  await hanging;
});

test("the control API refuses other hosts and anything but JSON", async () => {
  const sandbox = await openSandbox();
  const rebound = await new Promise<number | undefined>((resolve, reject) => {
    const options = {
      port: sandbox.port,
      host: "127.0.0.1",
      path: "/sandbox/clock",
      headers: { host: "evil.example" },
    };
    request(options, (response) => resolve(response.resume().statusCode))
      .on("error", reject)
      .end();
  });
  expect(rebound).toBe(403);
  const form = await fetch(`${sandbox.url}/sandbox/clock`, {
    method: "POST",
    body: new URLSearchParams({ advance_seconds: "5" }),
  });
  expect(form.status).toBe(403);
  const headers = { "content-type": "application/json" };
  const garbled = await fetch(`${sandbox.url}/sandbox/clock`, { method: "POST", headers, body: "{" });
  expect(garbled.status).toBe(400);
  const empty = await fetch(`${sandbox.url}/sandbox/events/evt_none/resend`, { method: "POST", headers });
  expect(empty.status).toBe(404);
  expect(await form.json()).toHaveProperty("error.message");
});

test("a disabled endpoint and one that did not ask get nothing", async () => {
  const receiver = await openReceiver();
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const made = await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ["product.created"] });
  expect(made.secret).toMatch(/^whsec_/);
  expect(await stripe.webhookEndpoints.retrieve(made.id)).not.toHaveProperty("secret");
  await stripe.customers.create();
  await stripe.products.create({ name: "Thing" });
  await sandbox.settled();
  await stripe.webhookEndpoints.update(made.id, { disabled: true });
  await stripe.products.create({ name: "Other" });
  await sandbox.settled();
  expect(receiver.received.map(({ body }) => JSON.parse(body).type)).toEqual(["product.created"]);
});

test("seeded objects are there at the start as they are", async () => {
  const donor = await openSandbox();
  const { customer } = await subscribe(donor.stripe);
  const sandbox = await openSandbox({ seed: [customer] });
  expect(await clientOf(sandbox).customers.retrieve(customer.id)).toMatchObject({ email: "ada@example.com" });
});
