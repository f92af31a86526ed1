import { expect, test as plain } from "vitest";
import { isMissingCustomer, StripeRefused } from "../src/stripe/stripe-errors.js";
import { type TestApp, test } from "./support/app.js";
import type { Person } from "./support/person.js";
import { quiet } from "./support/quiet.js";
import { apiRequests } from "./support/stripe.js";
import { until } from "./support/until.js";

const returnUrl = "http://localhost:3000/billing";
const register =
  "mutation ($input: RegisterCustomerInput!) { registerCustomer(input: $input) { customer { id } userErrors { code } } }";
const portal = `mutation ($input: CreatePortalSessionInput!) {
  createPortalSession(input: $input) { url userErrors { code } } }`;

async function stripeCustomerOf(app: TestApp, person: Person): Promise<string> {
  const { data } = await app.stripe.customers.list({ email: `${person.sub}@example.com` });
  expect(data).toHaveLength(1);
  return String(data[0]?.id);
}

async function deleteInDashboard(app: TestApp, person: Person): Promise<string> {
  const id = await stripeCustomerOf(app, person);
  await app.stripe.customers.del(id);
  return id;
}

async function customersMade(app: TestApp): Promise<number> {
  return (await apiRequests(app, "POST", "/v1/customers")).length;
}

test("whose Stripe customer was deleted can buy again, with another one, and keeps their history", async ({ app }) => {
  const ada = app.person("ada");
  await ada.buy("starter");
  const deleted = await deleteInDashboard(app, ada);
  await until("the subscription is over", async () => {
    const { currentSubscription } = await ada.ask("{ currentSubscription { status } }");
    return currentSubscription.status === "CANCELED";
  });
  const before = await customersMade(app);
  await ada.buy("professional");
  expect(await customersMade(app)).toBe(before + 1);
  expect(await stripeCustomerOf(app, ada)).not.toBe(deleted);
  const { viewer } = await ada.ask(`{ viewer { customer { tier { slug }
    invoices { nodes { status } } payments { nodes { amount { amount } } } } } }`);
  expect(viewer.customer.tier).toEqual({ slug: "professional" });
  expect(viewer.customer.invoices.nodes).toHaveLength(2);
  expect(viewer.customer.payments.nodes.map(({ amount }: { amount: { amount: number } }) => amount.amount)).toEqual([
    2999, 999,
  ]);
  expect(app.logged.filter((line) => line.includes("gets another one") && line.includes(deleted))).toHaveLength(1);
});

test("what Stripe tells late of the deleted customer is still theirs", async ({ app }) => {
  const bea = app.person("bea");
  await bea.buy("starter");
  await quiet(app);
  await app.control("POST", "/sandbox/deliveries", { mode: "hold" });
  await deleteInDashboard(app, bea);
  const { registerCustomer } = await bea.ask(register, { input: { name: "Bea B." } });
  expect(registerCustomer.userErrors).toEqual([]);
  await app.control("POST", "/sandbox/deliveries", { mode: "send" });
  await until("the end of the subscription is here", async () => {
    const { currentSubscription } = await bea.ask("{ currentSubscription { status } }");
    return currentSubscription.status === "CANCELED";
  });
  const { viewer } = await bea.ask("{ viewer { customer { name } } }");
  expect(viewer.customer).toEqual({ name: "Bea B." });
});

test("a page of the deleted customer, which nobody can pay on, is closed and another one opened", async ({ app }) => {
  const cleo = app.person("cleo");
  const first = (await cleo.checkout("starter")).checkoutSession;
  await deleteInDashboard(app, cleo);
  expect(await cleo.pay(first.url)).toBeNull();
  const { checkoutSession: second, userErrors } = await cleo.checkout("starter");
  expect(userErrors).toEqual([]);
  expect(second.id).not.toBe(first.id);
  expect(await cleo.pay(second.url)).toContain(second.id);
});

test("the portal opens for the new customer, and no second one is made by opening it again", async ({ app }) => {
  const dora = await app.customerOn("starter", "dora");
  const deleted = await deleteInDashboard(app, dora);
  const before = await customersMade(app);
  for (const flow of ["HOME", "PAYMENT_METHOD"]) {
    const { createPortalSession } = await dora.ask(portal, { input: { returnUrl, flow } });
    expect(createPortalSession.userErrors).toEqual([]);
    expect((await fetch(createPortalSession.url)).status).toBe(200);
  }
  expect(await customersMade(app)).toBe(before + 1);
  expect(await stripeCustomerOf(app, dora)).not.toBe(deleted);
});

test("there is nothing to cancel for a deleted customer, and no other one is made for that", async ({ app }) => {
  const eli = await app.customerOn("starter", "eli");
  await quiet(app);
  await app.control("POST", "/sandbox/deliveries", { mode: "hold" });
  await deleteInDashboard(app, eli);
  const before = await customersMade(app);
  const { createPortalSession } = await eli.ask(portal, { input: { returnUrl, flow: "CANCEL" } });
  expect(createPortalSession).toEqual({ url: null, userErrors: [{ code: "NO_SUBSCRIPTION" }] });
  expect(await customersMade(app)).toBe(before);
  await app.control("POST", "/sandbox/deliveries", { mode: "send" });
});

test("a customer that is deleted again and again is made again once for each request, and no more", async ({ app }) => {
  const fay = app.person("fay");
  await fay.ask(register, { input: {} });
  for (const tier of ["starter", "professional"]) {
    await deleteInDashboard(app, fay);
    const before = await customersMade(app);
    expect((await fay.checkout(tier)).userErrors).toEqual([]);
    expect(await customersMade(app)).toBe(before + 1);
  }
});

plain.for([
  ["No such customer: 'cus_1'", "resource_missing", true],
  [
    "No such customer: 'cus_1'; a similar object exists in test mode, but a live mode key was used",
    "resource_missing",
    false,
  ],
  ["No such price: 'price_1'", "resource_missing", false],
  ["No such customer, said for another reason", null, false],
] as const)("that Stripe says %j means a deleted customer only when it is one", ([message, code, isMissing]) => {
  expect(isMissingCustomer(new StripeRefused(code, "customer", 400, new Error(message)))).toBe(isMissing);
});
