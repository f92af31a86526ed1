import { afterAll, expect } from "vitest";
import { makeStripeClient } from "../src/stripe/client.js";
import { otherProcesses } from "./support/another-process.js";
import { type TestApp, test } from "./support/app.js";
import { cloneDatabase } from "./support/database.js";
import type { Run } from "./support/dev-process.js";
import { sendGraphql } from "./support/graphql.js";
import { findPrice, returnUrl } from "./support/person.js";
import { register, registerMutation, rowsOf } from "./support/registration.js";
import { startJudgedSandbox } from "./support/sandbox.js";
import { type AtStripe, plantFault, requestFaultsMet } from "./support/stripe.js";

const processes = otherProcesses();
afterAll(() => processes.clear());

test("a process killed between Stripe's answer and the commit leaves one customer and one page, which the next one goes on with", async ({
  app,
}) => {
  const ada = app.person("ada");
  const first = await processes.serve(app);
  await cutOff(app, "/v1/customers");
  const registered = expect(sendGraphql(first.url, registerMutation, { input: {} }, ada.token)).rejects.toThrow();
  await killCutOff(app, first.process);
  await registered;
  const [made, ...others] = await customersOf(app, "ada");
  expect(made).toMatch(/^cus_/);
  expect(others).toEqual([]);
  // Unless Stripe's event has told of it already, nobody knows whose it is.
  const rows = await rowsOf(app, "ada");
  expect(rows).toHaveLength(1);
  expect([null, made]).toContain(rows[0]?.stripeCustomerId);

  expect((await register(ada)).customer.externalId).toBe("ada");
  expect(await customersOf(app, "ada")).toEqual([made]);
  expect((await rowsOf(app, "ada")).map((row) => row.stripeCustomerId)).toEqual([made]);

  const second = await processes.serve(app);
  await cutOff(app, "/v1/checkout/sessions");
  const checkout =
    "mutation ($input: CreateCheckoutSessionInput!) { createCheckoutSession(input: $input) { userErrors { code } } }";
  const input = { priceId: await findPrice(app, "starter"), returnUrl };
  const opened = expect(sendGraphql(second.url, checkout, { input }, ada.token)).rejects.toThrow();
  await killCutOff(app, second.process);
  await opened;
  const { checkoutSession } = await ada.checkout("starter");
  const sessions = (await app.stripe.checkout.sessions.list({ customer: made ?? "none", limit: 100 })).data;
  expect(sessions.map(({ url }) => url)).toEqual([checkoutSession.url]);
});

test("a push that is killed again and again is finished by the next, with nothing made twice", async () => {
  const [sandbox, untroubled] = await Promise.all([startJudgedSandbox(), startJudgedSandbox()]);
  const [database, other] = await Promise.all([cloneDatabase(), cloneDatabase()]);
  const push = (databaseUrl: string, apiBase: string) =>
    processes.run("src/cli/catalog.ts", { DATABASE_URL: databaseUrl, STRIPE_API_BASE: apiBase }, ["push"]);
  for (const [path, nth] of [
    ["/v1/products", 1],
    ["/v1/prices", 1],
    ["/v1/prices", 3],
    ["/v1/billing_portal/configurations", 1],
  ] as const) {
    await cutOff({ sandbox }, path, nth);
    await killCutOff({ sandbox }, await push(database.url, sandbox.url));
  }
  const last = await push(database.url, sandbox.url);
  const once = await push(other.url, untroubled.url);
  expect([await last.ended, await once.ended], last.output() + once.output()).toEqual([0, 0]);
  expect(await holdings(sandbox.url)).toEqual(await holdings(untroubled.url));

  const again = await push(database.url, sandbox.url);
  await again.ended;
  expect(again.output()).toContain("Stripe had it all.");
  await Promise.all([sandbox.close(), untroubled.close()]);
  await Promise.all([database.drop(), other.drop()]);
});

/** Stripe does what the nth such request asks for, and nobody hears of it. */
async function cutOff(at: AtStripe, path: string, nth = 1): Promise<void> {
  await plantFault(at, { method: "POST", path, skip: nth - 1, hang: true, after: true });
}

/** Kills a process that waits for an answer it is cut off from. */
async function killCutOff(at: AtStripe, { child, ended, output }: Run): Promise<void> {
  await Promise.race([requestFaultsMet(at), ended]);
  child.kill("SIGKILL");
  await ended;
  expect(child.signalCode, output()).toBe("SIGKILL");
}

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
