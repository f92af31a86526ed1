import { expect } from "vitest";
import { type TestApp, test } from "./support/app.js";
import { findPrice, type Person, returnUrl } from "./support/person.js";
import { apiRequests } from "./support/stripe.js";
import { expectStripesTruth } from "./support/truth.js";

const checkout = `mutation ($input: CreateCheckoutSessionInput!) {
  createCheckoutSession(input: $input) { checkoutSession { id url status } userErrors { code path } } }`;
const portal = `mutation ($input: CreatePortalSessionInput!) {
  createPortalSession(input: $input) { url userErrors { code path } } }`;
const register = `mutation ($input: RegisterCustomerInput!) {
  registerCustomer(input: $input) { customer { externalId email name } userErrors { code path } } }`;
const read =
  "query ($id: ID!) { checkoutSession(id: $id) { status subscription { tier { slug } customer { externalId } } } }";

/** Everything that a service does for a customer whom it names. */
async function forCustomer(app: TestApp, externalCustomerId: string | undefined) {
  const named = externalCustomerId === undefined ? {} : { externalCustomerId };
  const priceId = await findPrice(app, "starter");
  return [
    ["createCheckoutSession", checkout, { ...named, priceId, returnUrl }],
    ["createPortalSession", portal, { ...named, returnUrl }],
    ["registerCustomer", register, { ...named }],
  ] as const;
}

function serviceOf(app: TestApp): Person {
  return app.person("backend", { role: "service" });
}

test("a service registers a customer, starts a checkout for them and follows it, and they own what came of it", async ({
  app,
}) => {
  const service = serviceOf(app);
  const profile = { externalCustomerId: "ada", email: "ada@example.com", name: "Ada" };
  const { registerCustomer } = await service.ask(register, { input: profile });
  expect(registerCustomer).toEqual({
    customer: { externalId: "ada", email: "ada@example.com", name: "Ada" },
    userErrors: [],
  });

  const input = { externalCustomerId: "ada", priceId: await findPrice(app, "starter"), returnUrl };
  const { checkoutSession } = (await service.ask(checkout, { input })).createCheckoutSession;
  const stream = await service.subscribe("subscription ($id: ID!) { checkoutSessionUpdated(id: $id) { status } }", {
    id: checkoutSession.id,
  });
  expect((await stream.next()).data.checkoutSessionUpdated).toEqual({ status: "OPEN" });
  const ada = app.person("ada");
  expect(await ada.pay(checkoutSession.url)).toContain(checkoutSession.id);
  expect((await service.ask(read, { id: checkoutSession.id })).checkoutSession).toEqual({
    status: "COMPLETE",
    subscription: { tier: { slug: "starter" }, customer: { externalId: "ada" } },
  });
  expect((await stream.next()).data.checkoutSessionUpdated).toEqual({ status: "COMPLETE" });
  expect((await ada.ask(read, { id: checkoutSession.id })).checkoutSession).toMatchObject({ status: "COMPLETE" });
  expect((await ada.ask("{ viewer { customer { tier { slug } } } }")).viewer.customer.tier).toEqual({
    slug: "starter",
  });
});

test("a service and the customer are sent to the same page", async ({ app }) => {
  const input = { externalCustomerId: "bea", priceId: await findPrice(app, "starter"), returnUrl };
  const { checkoutSession } = (await serviceOf(app).ask(checkout, { input })).createCheckoutSession;
  expect((await app.person("bea").checkout("starter")).checkoutSession.id).toBe(checkoutSession.id);
});

test("a service opens the portal for a customer", async ({ app }) => {
  const cleo = await app.customerOn("professional", "cleo");
  const input = { externalCustomerId: cleo.sub, returnUrl, flow: "CANCEL" };
  const { createPortalSession } = await serviceOf(app).ask(portal, { input });
  expect(await (await fetch(createPortalSession.url)).text()).toContain("Cancel Professional?");
});

const refusal = [{ code: "INVALID_INPUT", path: ["input", "externalCustomerId"] }];

test("a service that names no customer, or one that cannot be, is refused", async ({ app }) => {
  for (const named of [undefined, "", "x".repeat(201), "a\u0000b"]) {
    for (const [field, mutation, input] of await forCustomer(app, named)) {
      const { [field]: payload } = await serviceOf(app).ask(mutation, { input });
      expect({ field, errors: payload.userErrors }).toEqual({ field, errors: refusal });
    }
  }
});

test.for(["customer", "admin"] as const)(
  "a %s who names a customer is refused, be it themselves",
  async (role, { app }) => {
    const caller = app.person(`eve-${role}`, role === "admin" ? { role } : {});
    const before = await apiRequests(app, "POST", "/v1/*");
    for (const named of ["ada", caller.sub]) {
      for (const [field, mutation, input] of await forCustomer(app, named)) {
        const { [field]: payload } = await caller.ask(mutation, { input });
        expect({ field, errors: payload.userErrors }).toEqual({ field, errors: refusal });
      }
    }
    expect(await apiRequests(app, "POST", "/v1/*")).toHaveLength(before.length);
  },
);

test("another customer does not see the checkout that a service started for somebody", async ({ app }) => {
  const input = { externalCustomerId: "dora", priceId: await findPrice(app, "starter"), returnUrl };
  const { checkoutSession } = (await serviceOf(app).ask(checkout, { input })).createCheckoutSession;
  expect(await app.person("eli").ask(read, { id: checkoutSession.id })).toEqual({ checkoutSession: null });
});

test("in the end everything is here as it is at Stripe", async ({ app }) => {
  await expectStripesTruth(app);
});
