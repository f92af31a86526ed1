import { expect } from "vitest";
import { type TestApp, test } from "./support/app.js";
import { customerOf, subscriptionOf } from "./support/objects.js";
import { change, chargeTo, planOf, preview, purchaseIsOver } from "./support/plans.js";
import { quiet } from "./support/quiet.js";
import { plantFault } from "./support/stripe.js";
import { expectStripesTruth } from "./support/truth.js";

const many = 64;

type Payload = { subscription: object | null; userErrors: { code: string }[] };

function codesOf(payloads: readonly Payload[]): Set<string> {
  return new Set(payloads.flatMap(({ userErrors }) => userErrors.map(({ code }) => code)));
}

/** What the changes of a subscription were charged at. */
async function chargedFor(app: TestApp, subscription: string) {
  const { data } = await app.stripe.invoices.list({ subscription });
  const made = data.filter(({ billing_reason }) => billing_reason === "subscription_update");
  return made.map(({ amount_paid }) => amount_paid);
}

test("64 upgrades at once are one upgrade, charged once", async ({ app }) => {
  const ada = await app.customerOn("starter", "ada");
  const before = await invoicesOf("ada");
  const all: Payload[] = await Promise.all(Array.from({ length: many }, () => change(app, ada, "professional")));
  expect(all.filter(({ subscription }) => subscription !== null)).toHaveLength(1);
  expect([...codesOf(all)].filter((code) => !["ALREADY_ON_TIER", "REQUEST_IN_PROGRESS"].includes(code))).toEqual([]);
  expect(await invoicesOf("ada")).toBe(before + 1);
  await expectStripesTruth(app);

  async function invoicesOf(sub: string) {
    const { id: customer } = await customerOf(app, sub);
    return (await app.stripe.invoices.list({ customer, limit: 100 })).data.length;
  }
});

test("64 calls with one key make one change; whoever is answered gets the same answer", async ({ app }) => {
  const bob = await app.customerOn("starter", "bob");
  const idempotencyKey = "bobs-click";
  const all: Payload[] = await Promise.all(
    Array.from({ length: many }, () => change(app, bob, "enterprise", { idempotencyKey })),
  );
  expect([...codesOf(all)].filter((code) => code !== "REQUEST_IN_PROGRESS")).toEqual([]);
  expect(await change(app, bob, "enterprise", { idempotencyKey })).toMatchObject({ userErrors: [] });
  const { data } = await app.stripe.invoices.list({ subscription: (await subscriptionOf(app, "bob")).id });
  expect(data.filter(({ billing_reason }) => billing_reason === "subscription_update")).toHaveLength(1);
  await expectStripesTruth(app);
});

test("upgrades and downgrades at once end in one of them, as Stripe has it", async ({ app }) => {
  const cleo = await app.customerOn("professional", "cleo");
  await Promise.all(Array.from({ length: 24 }, (_, n) => change(app, cleo, n % 2 === 0 ? "enterprise" : "starter")));
  const { tier, pendingChange } = await planOf(cleo);
  expect(["professional/starter", "enterprise/starter", "enterprise/-"]).toContain(
    `${tier.slug}/${pendingChange?.tier.slug ?? "-"}`,
  );
  await expectStripesTruth(app);
});

test("an upgrade whose answer is lost is found again by its key, and is charged once", async ({ app }) => {
  const dora = await app.customerOn("starter", "dora");
  const { id } = await subscriptionOf(app, "dora");
  await purchaseIsOver(app, "dora");
  const { token, dueNow } = await preview(app, dora, "professional");
  await plantFault(app, { method: "POST", path: `/v1/subscriptions/${id}`, times: 3, after: true });
  const input = { idempotencyKey: "doras-click", previewToken: token };
  await expect(change(app, dora, "professional", input)).rejects.toThrow();
  await app.control("DELETE", "/sandbox/faults");
  // What is told meanwhile makes it the plan in force already; the key finds it all the same.
  await expectStripesTruth(app);
  const again = await change(app, dora, "professional", input);
  expect(again).toMatchObject({ userErrors: [], subscription: { tier: { slug: "professional" } } });
  expect(await chargedFor(app, id)).toEqual([dueNow.amount]);
  await expectStripesTruth(app);
});

test("an upgrade that Stripe failed to make is made by the next try with its key, at what was shown", async ({
  app,
}) => {
  const emma = await app.customerOn("starter", "emma");
  await purchaseIsOver(app, "emma");
  const { id } = await subscriptionOf(app, "emma");
  const { token, dueNow } = await preview(app, emma, "professional");
  const input = { idempotencyKey: "emmas-click", previewToken: token };
  await plantFault(app, { method: "POST", path: `/v1/subscriptions/${id}`, times: 3, status: 500 });
  await expect(change(app, emma, "professional", input)).rejects.toThrow();
  await app.control("DELETE", "/sandbox/faults");
  expect(await chargedFor(app, id)).toEqual([]);
  const again = await change(app, emma, "professional", input);
  expect(again).toMatchObject({ userErrors: [], subscription: { tier: { slug: "professional" } } });
  expect(await change(app, emma, "professional", input)).toEqual(again);
  expect(await chargedFor(app, id)).toEqual([dueNow.amount]);
  await expectStripesTruth(app);
});

test("an upgrade that Stripe made and then failed is found at once, and so is what it waits for", async ({ app }) => {
  const finn = await app.customerOn("starter", "finn");
  await purchaseIsOver(app, "finn");
  const { id } = await subscriptionOf(app, "finn");
  const failing = { method: "POST", path: `/v1/subscriptions/${id}`, times: 3, status: 500, after: true };
  const input = { idempotencyKey: "finns-click" };
  await plantFault(app, failing);
  const first = await change(app, finn, "professional", input);
  await app.control("DELETE", "/sandbox/faults");
  expect(first).toMatchObject({ userErrors: [], subscription: { tier: { slug: "professional" } } });
  expect(await change(app, finn, "professional", input)).toEqual(first);
  expect(await chargedFor(app, id)).toHaveLength(1);

  await chargeTo(app, finn, "pm_card_authenticationRequired");
  await quiet(app);
  await plantFault(app, failing);
  const held = await change(app, finn, "enterprise");
  await app.control("DELETE", "/sandbox/faults");
  expect(held).toMatchObject({ userErrors: [], confirmationUrl: expect.any(String) });
  expect(await planOf(finn)).toMatchObject({ pendingChange: { tier: { slug: "enterprise" } } });
  await expectStripesTruth(app);
});

test("a change that was cut off before its period ended is stale after it, and charges nothing", async ({ app }) => {
  const gwen = await app.customerOn("starter", "gwen");
  await purchaseIsOver(app, "gwen");
  const { id } = await subscriptionOf(app, "gwen");
  const { end } = (await planOf(gwen)).currentPeriod;
  await app.control("POST", "/sandbox/clock", { to: new Date(Date.parse(end) - 600_000).toISOString() });
  await quiet(app);
  const input = { idempotencyKey: "gwens-click", previewToken: (await preview(app, gwen, "professional")).token };
  await plantFault(app, { method: "POST", path: `/v1/subscriptions/${id}`, times: 4, reset: true });
  await expect(change(app, gwen, "professional", input)).rejects.toThrow();
  await app.control("DELETE", "/sandbox/faults");
  await app.sandbox.advance(3 * 3600);
  await quiet(app);
  const stale = { subscription: null, userErrors: [{ code: "PREVIEW_STALE", path: ["input", "previewToken"] }] };
  expect(await change(app, gwen, "professional", input)).toMatchObject(stale);
  expect(await chargedFor(app, id)).toEqual([]);
  const { token, dueNow } = await preview(app, gwen, "professional");
  expect((await change(app, gwen, "professional", { previewToken: token })).userErrors).toEqual([]);
  expect(await chargedFor(app, id)).toEqual([dueNow.amount]);
  await expectStripesTruth(app);
});
