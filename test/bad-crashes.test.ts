import { afterAll, expect } from "vitest";
import { startSandbox } from "../sandbox/sandbox.js";
import { makeStripeClient } from "../src/stripe/client.js";
import { otherProcesses } from "./support/another-process.js";
import { type TestApp, test } from "./support/app.js";
import { cloneDatabase } from "./support/database.js";
import { sendGraphql } from "./support/graphql.js";
import { findPrice, returnUrl } from "./support/person.js";
import { register, registerMutation, rowsOf } from "./support/registration.js";
import { openStripeProxy, type StripeProxy } from "./support/stripe-proxy.js";

const processes = otherProcesses();
afterAll(() => processes.clear());

async function withWire<T>(target: URL, work: (wire: StripeProxy) => Promise<T>): Promise<T> {
  const wire = await openStripeProxy(target);
  try {
    return await work(wire);
  } finally {
    await wire.close();
  }
}

test("a process killed between Stripe's answer and the commit leaves one customer and one page, which the next one goes on with", async ({
  app,
}) => {
  await withWire(new URL(app.sandbox.url), async (wire) => {
    const ada = app.person("ada");
    const first = await processes.serve(app, { stripeBase: wire.url.origin });
    wire.spoil("POST", /^\/v1\/customers$/, { onAnswer: () => first.process.child.kill("SIGKILL") });
    await expect(sendGraphql(first.url, registerMutation, { input: {} }, ada.token)).rejects.toThrow();
    await first.process.ended;
    const [made, ...others] = await customersOf(app, "ada");
    expect(others).toEqual([]);
    // Unless Stripe's event has told of it already, nobody knows whose it is.
    const rows = await rowsOf(app, "ada");
    expect(rows).toHaveLength(1);
    expect([null, made]).toContain(rows[0]?.stripeCustomerId);

    expect((await register(ada)).customer.externalId).toBe("ada");
    expect(await customersOf(app, "ada")).toEqual([made]);
    expect((await rowsOf(app, "ada")).map((row) => row.stripeCustomerId)).toEqual([made]);

    wire.mend();
    const second = await processes.serve(app, { stripeBase: wire.url.origin });
    wire.spoil("POST", /^\/v1\/checkout\/sessions$/, { onAnswer: () => second.process.child.kill("SIGKILL") });
    const checkout =
      "mutation ($input: CreateCheckoutSessionInput!) { createCheckoutSession(input: $input) { userErrors { code } } }";
    const input = { priceId: await findPrice(app, "starter"), returnUrl };
    await expect(sendGraphql(second.url, checkout, { input }, ada.token)).rejects.toThrow();
    const { checkoutSession } = await ada.checkout("starter");
    const sessions = (await app.stripe.checkout.sessions.list({ customer: made ?? "none", limit: 100 })).data;
    expect(sessions.map(({ url }) => url)).toEqual([checkoutSession.url]);
  });
});

test("a push that is killed again and again is finished by the next, with nothing made twice", async () => {
  const [sandbox, untroubled] = await Promise.all([startSandbox(), startSandbox()]);
  const [database, other] = await Promise.all([cloneDatabase(), cloneDatabase()]);
  await withWire(new URL(sandbox.url), async (wire) => {
    const push = (databaseUrl: string, apiBase: string) =>
      processes.run("src/cli/catalog.ts", { DATABASE_URL: databaseUrl, STRIPE_API_BASE: apiBase }, ["push"]);
    for (const [path, nth] of [
      [/^\/v1\/products$/, 1],
      [/^\/v1\/prices$/, 1],
      [/^\/v1\/prices$/, 3],
      [/^\/v1\/billing_portal\/configurations$/, 1],
    ] as const) {
      const killed = await push(database.url, wire.url.origin);
      let answers = 0;
      wire.spoil("POST", path, { onAnswer: () => ++answers === nth && killed.child.kill("SIGKILL") });
      await killed.ended;
      expect(killed.child.signalCode, killed.output()).toBe("SIGKILL");
      wire.mend();
    }
    const last = await push(database.url, wire.url.origin);
    const once = await push(other.url, untroubled.url);
    expect([await last.ended, await once.ended], last.output() + once.output()).toEqual([0, 0]);
    expect(await holdings(sandbox.url)).toEqual(await holdings(untroubled.url));

    const again = await push(database.url, wire.url.origin);
    await again.ended;
    expect(again.output()).toContain("Stripe had it all.");
  });
  await Promise.all([sandbox.close(), untroubled.close()]);
  await Promise.all([database.drop(), other.drop()]);
}, 120_000);

/** Stripe's ids of the customers made for one of our users. */
async function customersOf(app: TestApp, externalId: string): Promise<string[]> {
  const { data } = await app.stripe.customers.list({ limit: 100 });
  return data.filter(({ metadata }) => metadata["billing_external_id"] === externalId).map(({ id }) => id);
}

/** What Stripe has of a catalog, but for ids and times. */
async function holdings(url: string) {
  const stripe = makeStripeClient({ secretKey: "sk_test_sandbox", apiBase: new URL(url), timeoutMs: 5_000 });
  const [products, prices, portals] = await Promise.all([
    stripe.products.list({ limit: 100 }),
    stripe.prices.list({ limit: 100, expand: ["data.currency_options"] }),
    stripe.billingPortal.configurations.list({ limit: 100 }),
  ]);
  return {
    products: products.data.map(({ name, active, metadata }) => ({ name, active, metadata })).sort(byText),
    prices: prices.data
      .map(({ lookup_key, active, currency, unit_amount, currency_options }) => ({
        lookup_key,
        active,
        currency,
        unit_amount,
        currency_options,
      }))
      .sort(byText),
    portals: portals.data.map(({ active, features, metadata }) => ({ active, features, metadata })),
  };
}

function byText(a: object, b: object): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
