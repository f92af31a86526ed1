import { afterEach, beforeEach, expect, test } from "vitest";
import { apiVersion } from "../sandbox/world.js";
import { pushCatalog, type WantedWebhook } from "../src/billing/catalog/catalog-push.js";
import { stripeApiVersion } from "../src/stripe/client.js";
import { handledEvents } from "../src/webhooks/handled-events.js";
import { targetOf } from "../src/webhooks/stripe-event-handlers.js";
import { type Bench, openBench, priceList } from "./catalog-fixtures.js";

const url = "https://billing.example.com/webhooks/stripe";

let bench: Bench;
let secrets: string[];

beforeEach(async () => {
  bench = await openBench();
  secrets = [];
});
afterEach(() => bench.close());

function push(events: WantedWebhook["events"] = handledEvents) {
  return pushCatalog(bench.deps, priceList(), { url, events, onSecret: (secret) => secrets.push(secret) });
}

async function endpoints() {
  return (await bench.stripe.webhookEndpoints.list()).data;
}

async function portals() {
  return (await bench.stripe.billingPortal.configurations.list()).data;
}

test("a push gives the billing portal its settings, and the catalog names them", async () => {
  await push();

  const [portal, ...more] = await portals();
  expect(more).toEqual([]);
  expect((await bench.catalog()).portalConfigurationId).toBe(portal?.id);
  expect(portal?.features).toMatchObject({
    payment_method_update: { enabled: true },
    invoice_history: { enabled: true },
    customer_update: { enabled: true, allowed_updates: ["address", "email", "name", "tax_id"] },
    subscription_cancel: { enabled: true, mode: "at_period_end", cancellation_reason: { enabled: true } },
    subscription_update: { enabled: false },
  });
});

test("settings of the portal that were changed in Stripe are set right, and those of others left alone", async () => {
  const features = { invoice_history: { enabled: false } };
  const others = await bench.stripe.billingPortal.configurations.create({ features });
  await push();
  const ours = (await bench.catalog()).portalConfigurationId ?? "";
  expect(ours).not.toBe(others.id);
  const [price] = (await bench.stripe.prices.list({ active: true, limit: 1 })).data;
  const products = [{ product: String(price?.product), prices: [price?.id ?? ""] }];
  await bench.stripe.billingPortal.configurations.update(ours, {
    features: {
      subscription_cancel: { enabled: true, mode: "immediately" },
      subscription_update: { enabled: true, default_allowed_updates: ["price"], products },
    },
  });

  expect((await push()).changes).toEqual([expect.stringContaining(`reset settings ${ours} of the billing portal`)]);
  expect(await bench.stripe.billingPortal.configurations.retrieve(ours)).toMatchObject({
    features: { subscription_cancel: { mode: "at_period_end" }, subscription_update: { enabled: false } },
  });
  expect(await bench.stripe.billingPortal.configurations.retrieve(others.id)).toMatchObject({ features });
  expect((await push()).changes).toEqual([]);
});

test("a catalog that is in force already learns the portal's settings without a new version", async () => {
  await push();
  const { portalConfigurationId, version } = await bench.catalog();
  const another = await openBench();
  try {
    // The same database, and another account of Stripe's.
    await pushCatalog({ ...bench.deps, stripe: another.deps.stripe }, priceList());
    const after = await bench.catalog();
    expect(after.version).toBe(version);
    expect(after.portalConfigurationId).not.toBe(portalConfigurationId);
  } finally {
    await another.close();
  }
});

test("a push makes the webhook endpoint with the SDK's version and our events, and tells its secret once", async () => {
  const { changes } = await push();

  expect(changes).toContain(`create webhook endpoint ${url} for ${handledEvents.length} types of event`);
  expect(await endpoints()).toEqual([
    expect.objectContaining({ url, status: "enabled", api_version: stripeApiVersion, enabled_events: handledEvents }),
  ]);
  expect(secrets).toEqual([expect.stringMatching(/^whsec_/)]);
  expect((await push()).changes).toEqual([]);
  expect(secrets).toHaveLength(1);
});

test("without an address nothing is registered, and what is there is left alone", async () => {
  await bench.stripe.webhookEndpoints.create({ url, enabled_events: ["charge.failed"] });
  const { changes } = await pushCatalog(bench.deps, priceList());

  expect(changes.join()).not.toContain("webhook");
  expect(await endpoints()).toEqual([
    expect.objectContaining({ status: "enabled", enabled_events: ["charge.failed"] }),
  ]);
});

test("an endpoint at our address is given our events and switched on again; its secret stays", async () => {
  const { id } = await bench.stripe.webhookEndpoints.create({ url, enabled_events: ["*"], api_version: apiVersion });
  await bench.stripe.webhookEndpoints.update(id, { disabled: true });
  const elsewhere = `${url}/other`;
  await bench.stripe.webhookEndpoints.create({ url: elsewhere, enabled_events: ["*"] });

  expect((await push()).changes).toContain(`let webhook endpoint ${id} send events again`);
  expect(await bench.stripe.webhookEndpoints.retrieve(id)).toMatchObject({
    status: "enabled",
    enabled_events: handledEvents,
  });
  expect((await endpoints()).find((endpoint) => endpoint.url === elsewhere)).toMatchObject({ enabled_events: ["*"] });
  expect(secrets).toEqual([]);
  expect((await push(handledEvents.slice(1))).changes).toEqual([
    `let webhook endpoint ${id} send ${handledEvents.length - 1} types of event`,
  ]);
});

test("an endpoint of another API version is replaced, and disabled after that", async () => {
  const old = { ...(await bench.stripe.webhookEndpoints.create({ url, enabled_events: ["*"] })) };
  const [seed] = await endpoints();
  await bench.close();
  if (!seed) throw new Error("there is no endpoint to begin with");
  bench = await openBench({ seed: [{ ...seed, api_version: "2025-09-30.clover" }] });

  const { changes } = await push();
  expect(changes.slice(-2)).toEqual([
    `create webhook endpoint ${url} for ${handledEvents.length} types of event`,
    `disable webhook endpoint ${old.id}: its API version is another`,
  ]);
  expect(secrets).toHaveLength(1);
  const shown = (await endpoints()).map(({ id, status, api_version }) => [id === old.id, status, api_version]);
  expect(shown.toSorted()).toEqual([
    [false, "enabled", stripeApiVersion],
    [true, "disabled", "2025-09-30.clover"],
  ]);
  expect((await push()).changes).toEqual([]);
});

test("the secret is told even when the push fails after it, for Stripe's API will not tell it again", async () => {
  const deps = {
    ...bench.deps,
    now: () => {
      throw new Error("the database is away");
    },
  };
  await expect(
    pushCatalog(deps, priceList(), { url, events: handledEvents, onSecret: (secret) => secrets.push(secret) }),
  ).rejects.toThrow("away");
  expect(secrets).toHaveLength(1);
  expect((await push()).changes).toEqual([]);
});

test("Stripe is asked for every type of event that something is done for, and for no other", () => {
  const event = {
    id: "evt_1",
    apiVersion: null,
    isLive: false,
    isThin: false,
    accountId: null,
    createdAt: new Date(),
    objectId: "obj_1",
    objectType: null,
    customerId: null,
    paymentIntentId: "pi_1",
    invoiceId: "in_1",
    subscriptionId: "sub_1",
    productId: "prod_1",
  };
  expect(handledEvents.filter((type) => !targetOf({ ...event, type }))).toEqual([]);
  const thin = {
    ...event,
    isThin: true,
    paymentIntentId: null,
    invoiceId: null,
    subscriptionId: null,
    productId: null,
  };
  expect(handledEvents.filter((type) => !targetOf({ ...thin, type }))).toEqual([]);
  expect(targetOf({ ...event, type: "invoice.upcoming" })).toBeUndefined();
  expect(new Set(handledEvents).size).toBe(handledEvents.length);
});
