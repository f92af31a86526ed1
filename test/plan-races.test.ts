import { expect } from "vitest";
import { test } from "./support/app.js";
import { customerOf, subscriptionOf } from "./support/objects.js";
import { change, planOf, preview, purchaseIsOver } from "./support/plans.js";
import { plantFault } from "./support/stripe.js";
import { expectStripesTruth } from "./support/truth.js";

const many = 64;

type Payload = { subscription: object | null; userErrors: { code: string }[] };

function codesOf(payloads: readonly Payload[]): Set<string> {
  return new Set(payloads.flatMap(({ userErrors }) => userErrors.map(({ code }) => code)));
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
  const { data } = await app.stripe.invoices.list({ subscription: id });
  const made = data.filter(({ billing_reason }) => billing_reason === "subscription_update");
  expect(made.map(({ amount_paid }) => amount_paid)).toEqual([dueNow.amount]);
  await expectStripesTruth(app);
});
