import { expect } from "vitest";
import { type TestApp, test } from "./support/app.js";
import { customerOf } from "./support/objects.js";
import type { Person } from "./support/person.js";
import { change, chargeTo, planOf, purchaseIsOver } from "./support/plans.js";
import { quiet } from "./support/quiet.js";
import { newestPayment, refund } from "./support/staff-acts.js";
import { leaveCard, offerTrials, startWithoutCard } from "./support/trials.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

const asking = "4000 0027 6000 3184";

function ended(person: Person) {
  return until("the subscription has ended", async () => (await planOf(person)).status === "CANCELED");
}

async function invoicesOf(app: TestApp, { sub }: Person) {
  const { id: customer } = await customerOf(app, sub);
  return (await app.stripe.invoices.list({ customer })).data;
}

/** Confirms a payment on the page that was left open, as far as that still goes. */
async function confirmLate(app: TestApp, person: Person, page: string): Promise<void> {
  const bank = await person.pay(page, { number: asking });
  if (bank) await fetch(new URL(bank, page), { method: "POST", body: new URLSearchParams({ action: "authorize" }) });
  await quiet(app);
}

async function chargesOf(app: TestApp, { sub }: Person): Promise<number[]> {
  const { id: customer } = await customerOf(app, sub);
  return (await app.stripe.charges.list({ customer })).data.filter(({ paid }) => paid).map(({ amount }) => amount);
}

test("an upgrade that waits for its payment cannot be paid any more once a refund has ended access", async ({
  app,
}) => {
  const ada = await app.customerOn("starter", "ada");
  await purchaseIsOver(app, "ada");
  const { id } = await newestPayment(ada);
  await chargeTo(app, ada, "pm_card_authenticationRequired");
  await quiet(app);
  const { confirmationUrl } = await change(app, ada, "professional");
  expect(confirmationUrl).toEqual(expect.any(String));
  await quiet(app);
  expect((await refund(app, id)).userErrors).toEqual([]);
  await ended(ada);
  expect((await invoicesOf(app, ada)).map(({ status }) => status)).toEqual(["void", "paid"]);
  await confirmLate(app, ada, confirmationUrl);
  expect(await chargesOf(app, ada)).toEqual([999]);
  await expectStripesTruth(app);
});

test("nor once a trial that was somebody's second one was ended", async ({ app }) => {
  await offerTrials(app, { starter: 14 }, ["starter"]);
  const [first, second] = [app.person("bea"), app.person("bob")];
  await startWithoutCard(first, "starter");
  await leaveCard(first, asking);
  await quiet(app);
  await startWithoutCard(second, "starter");
  await quiet(app);
  // What tells that the card is known comes after the change.
  await app.control("POST", "/sandbox/deliveries", { mode: "hold" });
  await leaveCard(second, asking);
  const { confirmationUrl } = await change(app, second, "enterprise");
  expect(confirmationUrl).toEqual(expect.any(String));
  await app.control("POST", "/sandbox/deliveries", { mode: "send" });
  await quiet(app);
  await ended(second);
  expect((await invoicesOf(app, second)).map(({ status }) => status)).not.toContain("open");
  await confirmLate(app, second, confirmationUrl);
  expect(await chargesOf(app, second)).toEqual([]);
  await expectStripesTruth(app);
});
