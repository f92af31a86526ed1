import { expect } from "vitest";
import { test } from "./support/app.js";

const gate = `query ($feature: String!) {
  entitlement(feature: $feature) { hasAccess denialReason source upgradeTier { slug } } }`;

const returnPage = `subscription ($id: ID!) {
  checkoutSessionUpdated(id: $id) { id status subscription {
    status isEntitling tier { slug } price { unitAmount { formatted } }
    customer { externalId entitlements(features: ["guests"]) { hasAccess limit used remaining } } } } }`;

const billingPage = `{
  viewer { roles customer { externalId email currency tier { slug }
    payments { totalCount nodes { status amount { amount currency decimal } method { kind brand last4 } invoice { number } } }
    invoices { nodes { number status total { formatted } amountDue { amount } lines { amount { amount } isProration } payments { status } } } } } }`;

test("a customer goes from the price list to a paid subscription and opens the gate", async ({ app }) => {
  const visitor = await app.graphql("{ tiers { slug price { unitAmount { formatted } } } }");
  expect(visitor.data.tiers).toEqual([
    { slug: "free", price: null },
    { slug: "starter", price: { unitAmount: { formatted: "$9.99" } } },
    { slug: "professional", price: { unitAmount: { formatted: "$29.99" } } },
    { slug: "enterprise", price: { unitAmount: { formatted: "$99.99" } } },
  ]);

  const ada = app.person("ada");
  const closed = await ada.ask(gate, { feature: "scenes_premium" });
  expect(closed.entitlement).toEqual({
    hasAccess: false,
    denialReason: "NO_SUBSCRIPTION",
    source: null,
    upgradeTier: { slug: "professional" },
  });

  const { checkoutSession, userErrors } = await ada.checkout("professional");
  expect(userErrors).toEqual([]);
  const stream = await ada.subscribe(returnPage, { id: checkoutSession.id });
  expect((await stream.next()).data.checkoutSessionUpdated).toMatchObject({ status: "OPEN", subscription: null });

  const target = await ada.pay(checkoutSession.url);
  expect(target).toBe(`http://localhost:3000/billing?tab=plan&checkout_session=${checkoutSession.id}`);
  expect((await stream.next()).data.checkoutSessionUpdated).toEqual({
    id: checkoutSession.id,
    status: "COMPLETE",
    subscription: {
      status: "ACTIVE",
      isEntitling: true,
      tier: { slug: "professional" },
      price: { unitAmount: { formatted: "$29.99" } },
      customer: {
        externalId: "ada",
        entitlements: [{ hasAccess: true, limit: 6, used: 0, remaining: 6 }],
      },
    },
  });
  await stream.ended;

  const open = await ada.ask(gate, { feature: "scenes_premium" });
  expect(open.entitlement).toEqual({ hasAccess: true, denialReason: null, source: "SUBSCRIPTION", upgradeTier: null });
  const { viewer } = await ada.ask(billingPage);
  expect(viewer).toMatchObject({
    roles: ["CUSTOMER"],
    customer: { externalId: "ada", email: "ada@example.com", currency: "USD", tier: { slug: "professional" } },
  });
  expect(viewer.customer.payments).toEqual({
    totalCount: 1,
    nodes: [
      {
        status: "SUCCEEDED",
        amount: { amount: 2999, currency: "USD", decimal: "29.99" },
        method: { kind: "card", brand: "visa", last4: "4242" },
        invoice: { number: viewer.customer.invoices.nodes[0].number },
      },
    ],
  });
  expect(viewer.customer.invoices.nodes).toEqual([
    {
      number: expect.stringMatching(/-0001$/),
      status: "PAID",
      total: { formatted: "$29.99" },
      amountDue: { amount: 0 },
      lines: [{ amount: { amount: 2999 }, isProration: false }],
      payments: [{ status: "SUCCEEDED" }],
    },
  ]);
});
