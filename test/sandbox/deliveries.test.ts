import Stripe from "stripe";
import { expect, test, vi } from "vitest";
import { control, jsonOf, openReceiver, openSandbox } from "./support.js";

const secret = "whsec_sandboxtest";

/** A sandbox with one endpoint that wants everything, and what it was sent. */
async function openWired(retryDelaysMs: number[] = []) {
  const receiver = await openReceiver();
  const sandbox = await openSandbox({ webhookEndpoint: { url: receiver.url, secret }, retryDelaysMs });
  const plant = (fault: object) => control(sandbox, "POST", "/faults", fault);
  const customer = (name: string) => sandbox.stripe.customers.create({ name });
  const names = () => receiver.received.map(({ body }) => JSON.parse(body).data.object.name);
  return { sandbox, receiver, plant, customer, names };
}

const undelivered = async (stripe: Stripe) =>
  (await stripe.events.list({ delivery_success: false })).data.map(({ id }) => id);

test("a delivery can be lost: it is not tried again, and the event says so until it is sent again", async () => {
  const { sandbox, receiver, plant, customer, names } = await openWired();
  await plant({ deliveries: "drop", event: "customer.*" });
  await customer("Ada");
  await customer("Bob");
  await sandbox.settled();
  expect(names()).toEqual(["Bob"]);
  const [lost = ""] = await undelivered(sandbox.stripe);
  expect(await sandbox.stripe.events.retrieve(lost)).toMatchObject({
    pending_webhooks: 1,
    data: { object: { name: "Ada" } },
  });

  receiver.answer.status = 500;
  await control(sandbox, "POST", `/events/${lost}/resend`, {});
  expect(await undelivered(sandbox.stripe)).toEqual([lost]);
  receiver.answer.status = 200;
  await control(sandbox, "POST", `/events/${lost}/resend`, {});
  await control(sandbox, "POST", `/events/${lost}/resend`, {});
  expect(names()).toEqual(["Bob", "Ada", "Ada", "Ada"]);
  expect(await undelivered(sandbox.stripe)).toEqual([]);
  expect((await sandbox.stripe.events.retrieve(lost)).pending_webhooks).toBe(0);
});

test("a delivery can come more than once, and counts once", async () => {
  const { sandbox, plant, customer, names } = await openWired();
  await plant({ deliveries: "repeat", copies: 2 });
  await customer("Ada");
  await sandbox.settled();
  expect(names()).toEqual(["Ada", "Ada", "Ada"]);
  const [event] = (await sandbox.stripe.events.list()).data;
  expect(event?.pending_webhooks).toBe(0);
});

test("deliveries can come the other way round", async () => {
  const { sandbox, plant, customer, names } = await openWired();
  await plant({ deliveries: "reorder", times: 3 });
  for (const name of ["Ada", "Bob", "Cyd"]) await customer(name);
  await sandbox.settled();
  await customer("Dan");
  await sandbox.settled();
  expect(names()).toEqual(["Cyd", "Bob", "Ada", "Dan"]);
});

test("a delivery can be late, so that others overtake it", async () => {
  const { sandbox, plant, customer, names } = await openWired();
  await plant({ deliveries: "delay", delay_ms: 1_500 });
  await customer("Ada");
  await customer("Bob");
  await sandbox.answered();
  expect(names()).toEqual(["Bob"]);
  await sandbox.settled();
  expect(names()).toEqual(["Bob", "Ada"]);
});

test("deliveries can be held until the faults are taken back, and nobody waits for them to be answered", async () => {
  const { sandbox, plant, customer, names } = await openWired();
  await plant({ deliveries: "hold", event: "customer.created", skip: 1 });
  await plant({ deliveries: "reorder", event: "product.*", times: 5 });
  for (const name of ["Ada", "Bob", "Cyd"]) await customer(name);
  await sandbox.stripe.products.create({ name: "Thing" });
  await sandbox.answered();
  expect(names().sort()).toEqual(["Ada", "Cyd"]);
  await control(sandbox, "DELETE", "/faults");
  await sandbox.settled();
  expect(names().sort()).toEqual(["Ada", "Bob", "Cyd", "Thing"]);
});

test("a fault can be for one of several endpoints", async () => {
  const { sandbox, plant, customer, names } = await openWired();
  const other = await openReceiver();
  await sandbox.stripe.webhookEndpoints.create({ url: other.url, enabled_events: ["*"] });
  await plant({ deliveries: "drop", url: other.url });
  await customer("Ada");
  await sandbox.settled();
  expect([names(), other.received]).toEqual([["Ada"], []]);
});

test("retries wait longer and longer, end, and leave the event undelivered", async () => {
  const { sandbox, receiver, customer } = await openWired([50, 600]);
  receiver.answer.status = 302;
  await customer("Ada");
  await sandbox.settled();
  const { data } = await jsonOf<{ data: { attempt: number; status: number; at: string }[] }>(
    await control(sandbox, "GET", "/deliveries"),
  );
  expect(data.map(({ attempt, status }) => [attempt, status])).toEqual([
    [3, 302],
    [2, 302],
    [1, 302],
  ]);
  const [third = 0, second = 0, first = 0] = data.map(({ at }) => Date.parse(at));
  expect(third - second).toBeGreaterThan(second - first);
  expect(await undelivered(sandbox.stripe)).toHaveLength(1);
});

test("disabling or deleting an endpoint ends its retries", async () => {
  const { sandbox, receiver, customer } = await openWired([50, 50, 50, 50]);
  receiver.answer.status = 500;
  await customer("Ada");
  await vi.waitFor(() => expect(receiver.received.length).toBeGreaterThan(0));
  const [endpoint] = (await sandbox.stripe.webhookEndpoints.list()).data;
  await sandbox.stripe.webhookEndpoints.update(endpoint?.id ?? "", { disabled: true });
  await sandbox.settled();
  expect(receiver.received.length).toBeLessThan(5);
});

test("an address that is made known to the sandbox gets all events, signed with the secret that it came with", async () => {
  const { sandbox, receiver, customer } = await openWired();
  const [known] = (await sandbox.stripe.webhookEndpoints.list()).data;
  const add = (body: object) => control(sandbox, "POST", "/webhook_endpoints", body);
  for (const url of ["somewhere", "ftp://127.0.0.1", ""]) expect((await add({ url, secret })).status).toBe(400);
  const added = await jsonOf<{ webhook_endpoint: string }>(await add({ url: known?.url, secret: "whsec_of_its_own" }));
  expect(added.webhook_endpoint).toBe(known?.id);
  await customer("Ada");
  await sandbox.settled();
  const { body = "", headers } = receiver.received.at(-1) ?? {};
  const signature = String(headers?.["stripe-signature"]);
  expect(sandbox.stripe.webhooks.constructEvent(body, signature, "whsec_of_its_own").type).toBe("customer.created");
  const elsewhere = await jsonOf<{ webhook_endpoint: string }>(await add({ url: `${known?.url}/other`, secret }));
  expect(elsewhere.webhook_endpoint).not.toBe(known?.id);
});

test("after its secret was rolled an endpoint is signed for with both, until the old one's time is up", async () => {
  const { sandbox, receiver, customer } = await openWired();
  const [endpoint] = (await sandbox.stripe.webhookEndpoints.list()).data;
  const roll = (body: object) => control(sandbox, "POST", `/webhook_endpoints/${endpoint?.id}/roll_secret`, body);
  const rolled = await jsonOf<{ secret: string }>(await roll({ overlap_seconds: 3600 }));
  expect((await roll({ overlap_seconds: 90_000 })).status).toBe(400);

  const sign = async (name: string) => {
    await customer(name);
    await sandbox.settled();
    const { body = "", headers } = receiver.received.at(-1) ?? {};
    const signature = String(headers?.["stripe-signature"]);
    const passes = (key: string) => {
      try {
        return sandbox.stripe.webhooks.constructEvent(body, signature, key).type === "customer.created";
      } catch (error) {
        if (error instanceof Stripe.errors.StripeSignatureVerificationError) return false;
        throw error;
      }
    };
    return { old: passes(secret), new: passes(rolled.secret), signatures: signature.match(/v1=/g)?.length };
  };
  expect(await sign("Ada")).toEqual({ old: true, new: true, signatures: 2 });
  await sandbox.advance(3601);
  expect(await sign("Bob")).toEqual({ old: false, new: true, signatures: 1 });
});
