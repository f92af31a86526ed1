import { readFile } from "node:fs/promises";
import { sql } from "drizzle-orm";
import type Stripe from "stripe";
import { afterAll, beforeAll, expect } from "vitest";
import type { TestApp } from "./support/app.js";
import { type ImportBench, makeImportBench, recordsOf, sell, soldElsewhere, stripePriceOf } from "./support/import.js";
import { quiet } from "./support/quiet.js";
import { ended, reconcile, quickTest as test } from "./support/reconcile.js";
import { offerTrials } from "./support/trials.js";
import { until } from "./support/until.js";

let bench: ImportBench;
beforeAll(async () => {
  bench = await makeImportBench();
});
afterAll(() => bench.clear());

const seen = `{ currentSubscription { status tier { slug } } invoices { nodes { status total { amount } } }
  payments { nodes { status amount { amount } } } viewer { customer { email paymentMethod { last4 } } } }`;

/** What each of them is found by, and what they have. */
async function sellToMany(app: TestApp) {
  const price = await stripePriceOf(app, "professional");
  const at = (sub: string, metadata: Stripe.MetadataParam = {}) =>
    soldElsewhere(app, { email: `${sub}@example.com`, name: sub, metadata });
  const ada = await at("ada", { userId: "ada" });
  const bea = await soldElsewhere(app, { email: "Bea@Example.com" });
  const cal = await at("cal");
  const dot = await at("dot", { userId: "dot" });
  const eve = await at("eve", { userId: "eve" });
  await sell(app, ada, price);
  await sell(app, bea, price, { trial_period_days: 10 });
  await app.stripe.subscriptions.cancel((await sell(app, cal, price)).id);
  const declined = await app.stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer: dot.id });
  await sell(app, dot, price, { default_payment_method: declined.id, payment_behavior: "allow_incomplete" });
  await app.stripe.invoiceItems.create({ customer: eve.id, amount: 500, currency: "usd", description: "A poster" });
  const invoice = await app.stripe.invoices.create({ customer: eve.id, pending_invoice_items_behavior: "include" });
  await app.stripe.invoices.pay(String(invoice.id));
  return { ada, bea, cal, dot, eve };
}

test("customers who bought elsewhere are found by metadata, ID and e-mail, with all that is theirs", async ({
  app,
}) => {
  const { ada, cal } = await sellToMany(app);
  await quiet(app);
  const map = await bench.file(
    "map.csv",
    `email,id,stripe_customer,plan\r\n" bea@example.COM ",bea,,"of ""old"", yes"\r\n,cal,${cal.id},\r\n`,
  );
  const before = await recordsOf(app);
  const sources = ["--id-from", "metadata:userId", "--map", map];
  const dry = await bench.run(app, ...sources, "--dry-run");
  expect(dry.output).toContain("5 would be adopted");
  expect(dry.code).toBe(0);
  expect(await recordsOf(app)).toEqual(before);

  const { code, output } = await bench.run(app, ...sources, "--reason", "we move in");
  expect(output).toContain("5 adopted");
  expect(code).toBe(0);
  const paid = { status: "SUCCEEDED", amount: { amount: 2999 } };
  const billed = { status: "PAID", total: { amount: 2999 } };
  const professional = { slug: "professional" };
  expect(await app.person("ada").ask(seen)).toEqual({
    currentSubscription: { status: "ACTIVE", tier: professional },
    invoices: { nodes: [billed] },
    payments: { nodes: [paid] },
    viewer: { customer: { email: "ada@example.com", paymentMethod: { last4: "4242" } } },
  });
  expect(await app.person("bea").ask(seen)).toMatchObject({
    currentSubscription: { status: "TRIALING", tier: professional },
    viewer: { customer: { email: "Bea@Example.com" } },
  });
  expect(await app.person("cal").ask(seen)).toMatchObject({
    currentSubscription: { status: "CANCELED" },
    invoices: { nodes: [billed] },
  });
  expect(await app.person("dot").ask(seen)).toMatchObject({
    currentSubscription: { status: "INCOMPLETE" },
    payments: { nodes: [{ status: "FAILED" }] },
  });
  expect(await app.person("eve").ask(seen)).toMatchObject({
    currentSubscription: null,
    payments: { nodes: [{ status: "SUCCEEDED", amount: { amount: 500 } }] },
  });
  const acts = await app.connection.db.execute(
    sql`select actor, reason, details from audit_log where action = 'customer.import'`,
  );
  expect(acts).toHaveLength(5);
  expect(acts.map((act) => ({ ...act }))).toContainEqual({
    actor: "command line",
    reason: "we move in",
    details: { stripeCustomerId: ada.id, matchedBy: "metadata" },
  });
});

test("run again, the import changes nothing, and a comparison with Stripe finds nothing", async ({ app }) => {
  const before = await recordsOf(app);
  const { code, output } = await bench.run(app);
  expect(output).toContain("5 known already");
  expect(code).toBe(0);
  expect(await recordsOf(app)).toEqual(before);
  const staff = app.person("root", { role: "admin" });
  expect(await ended(app, await reconcile(staff, null))).toMatchObject({ status: "FINISHED", differences: [] });
});

test("from then on Stripe's events of an adopted customer are theirs", async ({ app }) => {
  const [ada] = (await app.stripe.customers.list({ email: "ada@example.com" })).data;
  const [subscription] = (await app.stripe.subscriptions.list({ customer: ada?.id ?? "" })).data;
  await app.stripe.subscriptions.update(subscription?.id ?? "", { cancel_at_period_end: true });
  await quiet(app);
  const { currentSubscription } = await app.person("ada").ask("{ currentSubscription { status cancelsAt } }");
  expect(currentSubscription).toMatchObject({ status: "ACTIVE", cancelsAt: expect.any(String) });
  const again = await app.person("ada").checkout("starter");
  expect(again.userErrors).toMatchObject([{ code: "ALREADY_SUBSCRIBED" }]);
});

test("whoever would have to be guessed is left over, told and put into a report that becomes the next map", async ({
  app,
}) => {
  const made = (email: string, metadata: Stripe.MetadataParam = {}) => soldElsewhere(app, { email, metadata });
  const twins = [await made("twin@example.com"), await made("Twin@example.com")];
  const shared = await made("shared@example.com");
  const stranger = await made("stranger@example.com");
  const second = await made("second@example.com", { userId: "ada" });
  const odd = await made("odd@example.com", { userId: "x".repeat(201) });
  const map = await bench.file(
    "unsure.jsonl",
    [
      { email: "twin@example.com", id: 71 },
      { email: "shared@example.com", id: "one" },
      { email: "shared@example.com", id: "other" },
      { email: "nobody@example.com", id: "nobody" },
      { email: "unknown@example.com", id: null },
    ]
      .map((row) => JSON.stringify(row))
      .join("\n"),
  );
  const report = await bench.file("report.csv", "");
  const before = await recordsOf(app);
  const { code, output } = await bench.run(app, "--id-from=metadata:userId", "--map", map, "--report", report);
  expect(code).toBe(1);
  expect(await recordsOf(app)).toEqual(before);
  expect(output).toContain("names 4 payers; rows left out, as they say nothing: 1");
  for (const line of [
    `${twins[0]?.id}  twin@example.com  ambiguous: its payer may as well be that of ${twins[1]?.id}`,
    `${twins[1]?.id}  Twin@example.com  ambiguous: its payer may as well be that of ${twins[0]?.id}`,
    `${shared.id}  shared@example.com  ambiguous: the map has several IDs for its e-mail`,
    `${stranger.id}  stranger@example.com  unmatched: nothing says whose it is`,
    `${second.id}  second@example.com  conflict: its payer has another one`,
    `${odd.id}  odd@example.com  unmatched: what stands for an ID is not a text of 1 to 200 characters`,
  ]) {
    expect(output).toContain(line);
  }
  const completed = (await readFile(report, "utf8")).replace(
    `${twins[1]?.id},Twin@example.com,,`,
    `${twins[1]?.id},Twin@example.com,71,`,
  );
  const next = await bench.run(app, "--id-from=metadata:userId", "--map", await bench.file("next.csv", completed));
  expect(next.output).toContain("1 adopted");
  expect(next.code).toBe(1);
  expect((await app.person("71").ask("{ viewer { customer { email } } }")).viewer.customer.email).toBe(
    "Twin@example.com",
  );
  for (const { id } of [...twins, shared, stranger, second, odd]) await app.stripe.customers.del(id);
});

test("what was given back before an import ends nobody's access", async ({ app }) => {
  const gil = await soldElsewhere(app, { email: "gil@example.com" });
  await sell(app, gil, await stripePriceOf(app, "starter"));
  const [charge] = (await app.stripe.charges.list({ customer: gil.id })).data;
  await app.stripe.refunds.create({ charge: charge?.id ?? "" });
  const map = await bench.file("given-back.csv", `id,stripe_customer\ngil,${gil.id}\n`);
  expect((await bench.run(app, "--map", map)).output).toContain("1 adopted");
  await quiet(app);
  const unsettled = sql`select 1 from payments where status = 'REFUNDED' and reversal_settled_at is null`;
  expect(await app.connection.db.execute(unsettled)).toHaveLength(0);
  expect(await app.person("gil").ask(seen)).toMatchObject({
    currentSubscription: { status: "ACTIVE" },
    payments: { nodes: [{ status: "REFUNDED" }] },
  });
});

test("a trial that was begun elsewhere is the card's of its customer, and the card has no other", async ({ app }) => {
  const hans = await app.stripe.customers.create({
    email: "hans@example.com",
    payment_method: "pm_card_mastercard",
    invoice_settings: { default_payment_method: "pm_card_mastercard" },
  });
  await sell(app, hans, await stripePriceOf(app, "professional"), { trial_period_days: 10 });
  const map = await bench.file("on-trial.csv", `id,stripe_customer\nhans,${hans.id}\n`);
  expect((await bench.run(app, "--map", map)).output).toContain("1 adopted");
  await quiet(app);
  await offerTrials(app, { starter: 14 });
  const other = app.person("hanna");
  const { checkoutSession } = await other.checkout("starter");
  expect(await other.pay(checkoutSession.url, { number: "5555555555554444" })).not.toBeNull();
  await until("the second trial has ended", async () => {
    const { currentSubscription } = await other.ask("{ currentSubscription { status } }");
    return currentSubscription?.status === "CANCELED";
  });
  expect(await app.person("hans").ask(seen)).toMatchObject({ currentSubscription: { status: "TRIALING" } });
});
