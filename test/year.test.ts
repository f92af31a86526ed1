import { expect } from "vitest";
import { type TestApp, test } from "./support/app.js";
import { quiet } from "./support/quiet.js";
import { count } from "./support/usage.js";

/** The whole service through time, on a sandbox that renews, charges and gives up as Stripe does. */

const state = `{ currentSubscription { status currentPeriod { start end } tier { slug } }
  entitlement(feature: "streaming_minutes") { used limit resetsAt source }
  payments { totalCount nodes { status amount { amount } } } invoices(filter: { status: [PAID] }) { totalCount } }`;

async function passTo(app: TestApp, instant: string, hoursMore: number): Promise<void> {
  await app.sandbox.setClock(new Date(Date.parse(instant) + hoursMore * 3_600_000));
  await quiet(app);
}

test("a customer who stays for a year is charged each month, and has the whole quota each month", async ({ app }) => {
  const ada = await app.customerOn("starter", "ada");
  await quiet(app);
  for (let month = 1; month <= 12; month += 1) {
    await count(app, "ada", "streaming_minutes", 600);
    const before = await ada.ask(state);
    expect(before.entitlement).toMatchObject({
      used: 600,
      limit: 600,
      resetsAt: before.currentSubscription.currentPeriod.end,
    });
    expect([before.payments.totalCount, before.invoices.totalCount]).toEqual([month, month]);
    // Stripe leaves a renewal's invoice a draft for an hour.
    await passTo(app, before.currentSubscription.currentPeriod.end, 2);
    const after = await ada.ask(state);
    expect(after.currentSubscription).toMatchObject({ status: "ACTIVE", tier: { slug: "starter" } });
    expect(after.currentSubscription.currentPeriod.start).toBe(before.currentSubscription.currentPeriod.end);
    expect(after.entitlement).toMatchObject({ used: 0, limit: 600, source: "SUBSCRIPTION" });
    expect(after.payments.nodes[0]).toEqual({ status: "SUCCEEDED", amount: { amount: 999 } });
  }
});

test("a card that fails at the renewal leads through grace to the free tier", async ({ app }) => {
  const bob = app.person("bob");
  const { checkoutSession } = await bob.checkout("starter");
  await bob.pay(checkoutSession.url);
  await quiet(app);
  const [subscription] = (await app.stripe.subscriptions.list({ limit: 1 })).data;
  if (!subscription) throw new Error("bob has no subscription.");
  const customer = String(subscription.customer);
  // It attaches, and declines whenever it is charged.
  const { id } = await app.stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer });
  await app.stripe.subscriptions.update(subscription.id, { default_payment_method: id });
  await quiet(app);
  const { currentSubscription } = await bob.ask(state);
  await passTo(app, currentSubscription.currentPeriod.end, 2);
  const late = await bob.ask(state);
  expect(late.currentSubscription.status).toBe("PAST_DUE");
  expect(late.entitlement).toMatchObject({ limit: 600, source: "GRACE" });
  await passTo(app, currentSubscription.currentPeriod.end, 8 * 24);
  const lost = await bob.ask(state);
  expect(lost.entitlement).toMatchObject({ limit: 60, source: "FREE_TIER" });
  expect(lost.payments.nodes[0].status).toBe("FAILED");
  await passTo(app, currentSubscription.currentPeriod.end, 20 * 24);
  expect((await bob.ask(state)).currentSubscription.status).toBe("UNPAID");
});
