import { expect, test as plain } from "vitest";
import { mailboxOf } from "../src/billing/users/person-marks.js";
import { test as base, startTestApp, type TestApp } from "./support/app.js";
import { deliver, eventOf } from "./support/deliveries.js";
import { subscriptionOf } from "./support/objects.js";
import type { Person } from "./support/person.js";
import { quiet } from "./support/quiet.js";
import { unheard } from "./support/reconcile.js";
import { actsOn } from "./support/staff-acts.js";
import { plantFault, requestFaultsMet } from "./support/stripe.js";
import { offerTrials, typeEmail } from "./support/trials.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

/** A service whose Professional tier begins with 14 free days. Each test has cards of its own. */
const test = base.extend<{ shop: TestApp }>({
  shop: [
    async ({ app }, use) => {
      await offerTrials(app, { professional: 14 });
      await use(app);
    },
    { scope: "file" },
  ],
});

const shown = `{ currentSubscription { status trialEndsAt } payments { nodes { amount { amount } } }
  tier(slug: "professional") { viewerAction } }`;

/** Whether the page offers free days; the button on the price list must say the same. */
async function isOffered(person: Person): Promise<boolean> {
  const { tier } = await person.ask(shown);
  const { checkoutSession, userErrors } = await person.checkout("professional");
  expect(userErrors).toEqual([]);
  const page = await (await fetch(checkoutSession.url)).text();
  expect(tier.viewerAction).toBe(page.includes("days free") ? "START_TRIAL" : "SUBSCRIBE");
  return page.includes("days free");
}

async function payBy(person: Person, number: string, tier = "professional"): Promise<void> {
  const { checkoutSession } = await person.checkout(tier);
  expect(await person.pay(checkoutSession.url, { number })).not.toBeNull();
}

function reaches(person: Person, status: string) {
  return until(`${person.sub} is ${status}`, async () => {
    const now = await person.ask(shown);
    return now.currentSubscription?.status === status && now;
  });
}

async function areSettled(app: TestApp): Promise<void> {
  await quiet(app);
  await until("every trial is settled", async () => {
    const open = await app.connection.db.execute("select 1 from trial_redemptions where settled_at is null");
    return open.length === 0;
  });
}

plain("spellings of one mailbox are one, and different mailboxes are not", () => {
  for (const one of ["ada@x.org", " Ada@X.ORG", "ada+trial@x.org", "ada+a+b@x.org"]) {
    expect(mailboxOf(one)).toBe("ada@x.org");
  }
  for (const one of ["a.da@gmail.com", "ada@googlemail.com", "A.D.A+2@GMail.com"]) {
    expect(mailboxOf(one)).toBe("ada@gmail.com");
  }
  expect(mailboxOf("a.da@x.org")).toBe("a.da@x.org");
  expect(mailboxOf("+ada@x.org")).toBe("+ada@x.org");
});

test("the same mailbox under another account gets no trial, however it is spelled", async ({ shop }) => {
  await payBy(shop.person("ada"), "5555555555554444");
  await reaches(shop.person("ada"), "TRIALING");
  expect(await isOffered(shop.person("ada-again", { email: "Ada+two@example.com" }))).toBe(false);
  expect(await isOffered(shop.person("adam"))).toBe(true);
});

test("a card that had a trial under another account ends the next one uncharged", async ({ shop }) => {
  const [bea, bob] = [shop.person("bea"), shop.person("bob")];
  await payBy(bea, "378282246310005");
  await reaches(bea, "TRIALING");
  expect(await isOffered(bob)).toBe(true);
  await payBy(bob, "378282246310005");
  const { payments } = await reaches(bob, "CANCELED");
  expect(payments.nodes).toEqual([]);
  expect((await subscriptionOf(shop, "bob")).cancellation_details?.comment).toContain("A trial is given once");
  expect((await actsOn(shop, bob)).map(({ actor, action }) => [actor, action])).toEqual([["system", "trial.end"]]);
  await areSettled(shop);
  expect(await isOffered(bob)).toBe(false);
  await payBy(bob, "378282246310005");
  await reaches(bob, "ACTIVE");
  await quiet(shop);
  expect((await bob.ask(shown)).payments.nodes).toHaveLength(1);
  expect((await bea.ask(shown)).currentSubscription.status).toBe("TRIALING");
});

test("a card on file that had a trial under another account decides before checkout", async ({ shop }) => {
  const [cleo, carl] = [shop.person("cleo"), shop.person("carl")];
  await payBy(carl, "6011111111111117", "starter");
  await reaches(carl, "ACTIVE");
  await payBy(cleo, "6011111111111117");
  await reaches(cleo, "TRIALING");
  await until("the card is his own", async () => {
    const known = "select 1 from users where external_id = 'carl' and card_mark is not null";
    return (await shop.connection.db.execute(known)).length > 0;
  });
  await shop.stripe.subscriptions.cancel((await subscriptionOf(shop, "carl")).id);
  await reaches(carl, "CANCELED");
  expect(await isOffered(carl)).toBe(false);
});

test("of two trials begun at once with one card, one stays", async ({ shop }) => {
  const both = [shop.person("dora"), shop.person("dan")];
  await Promise.all(both.map((person) => payBy(person, "3566002020360505")));
  await areSettled(shop);
  const seen = await Promise.all(both.map((person) => person.ask(shown)));
  const states = seen.map(({ currentSubscription }) => currentSubscription.status);
  expect(states.toSorted()).toEqual(["CANCELED", "TRIALING"]);
});

test("the earlier trial stays when it is heard of last", async ({ shop }) => {
  const [early, late] = [shop.person("emil"), shop.person("eve")];
  await unheard(shop, () => payBy(early, "6200000000000005"));
  await shop.sandbox.advance(60);
  await payBy(late, "6200000000000005");
  await reaches(late, "TRIALING");
  const { id, latest_invoice } = await subscriptionOf(shop, "emil");
  await deliver(shop, eventOf("customer.subscription.created", { id, object: "subscription" }));
  await deliver(shop, eventOf("invoice.paid", { id: latest_invoice, object: "invoice" }));
  await reaches(late, "CANCELED");
  await areSettled(shop);
  expect((await early.ask(shown)).currentSubscription.status).toBe("TRIALING");
});

test("a repeated trial ends after Stripe was away, and is told of once", async ({ shop }) => {
  const [fay, finn] = [shop.person("fay"), shop.person("finn")];
  await payBy(fay, "3056930009020004");
  await reaches(fay, "TRIALING");
  const { checkoutSession } = await finn.checkout("professional");
  await plantFault(shop, { method: "DELETE", path: "/v1/subscriptions/*", times: 3, status: 503 });
  await finn.pay(checkoutSession.url, { number: "3056930009020004" });
  await requestFaultsMet(shop);
  await reaches(finn, "CANCELED");
  await areSettled(shop);
  expect((await actsOn(shop, finn)).map(({ action }) => action)).toEqual(["trial.end"]);
});

test("who writes a stranger's address in place of their own has had their trial, and the stranger has not", async ({
  shop,
}) => {
  const register = `mutation ($input: RegisterCustomerInput!) { registerCustomer(input: $input) { userErrors { code } } }`;
  const [ines, jack] = [shop.person("ines"), shop.person("jack")];
  await typeEmail(ines, "irma@example.com");
  const { registerCustomer } = await jack.ask(register, { input: { email: "jill@example.com" } });
  expect(registerCustomer.userErrors).toEqual([]);
  await quiet(shop);
  expect((await ines.ask("{ viewer { customer { email } } }")).viewer.customer.email).toBe("irma@example.com");
  await payBy(ines, "5200828282828210");
  await payBy(jack, "5105105105105100");
  for (const person of [ines, jack]) await reaches(person, "TRIALING");
  await areSettled(shop);
  expect(await isOffered(shop.person("ines-again", { email: "ines+two@example.com" }))).toBe(false);
  expect(await isOffered(shop.person("jack-again", { email: "jack+two@example.com" }))).toBe(false);
  expect(await isOffered(shop.person("irma"))).toBe(true);
  expect(await isOffered(shop.person("jill"))).toBe(true);
});

test("a stranger's address that is written during a trial ends no trial of the stranger's", async ({ shop }) => {
  const [kay, lisa] = [shop.person("kay", { email: null }), shop.person("lisa")];
  await payBy(kay, "2223003122003222");
  await reaches(kay, "TRIALING");
  await shop.sandbox.advance(60);
  await payBy(lisa, "371449635398431");
  await reaches(lisa, "TRIALING");
  await areSettled(shop);
  await typeEmail(kay, "lisa@example.com");
  await areSettled(shop);
  // Kay's trial is read again as well, with the address on record by now.
  const [read] = await shop.connection.db.execute<{ id: string }>(
    "select stripe_subscription_id as id from subscriptions join users on users.id = user_id where external_id = 'kay'",
  );
  await deliver(shop, eventOf("customer.subscription.updated", { id: read?.id, object: "subscription" }));
  await areSettled(shop);
  const seen = await Promise.all([kay, lisa].map((person) => person.ask(shown)));
  expect(seen.map(({ currentSubscription }) => currentSubscription.status)).toEqual(["TRIALING", "TRIALING"]);
});

test("a page that a service asked for is the mailbox's of whoever asks for it then", async ({ shop }) => {
  const mia = shop.person("mia");
  const asked = await shop.person("back-end", { role: "service" }).checkout("professional", {
    externalCustomerId: "mia",
  });
  expect(asked.userErrors).toEqual([]);
  const { checkoutSession } = await mia.checkout("professional");
  expect(checkoutSession.id).toBe(asked.checkoutSession.id);
  await mia.pay(checkoutSession.url, { number: "6011000990139424" });
  await reaches(mia, "TRIALING");
  expect(await isOffered(shop.person("mia-again", { email: "mia+two@example.com" }))).toBe(false);
});

test("tokens that all have the same word in place of an address are not one person's", async ({ shop }) => {
  const [otto, olga] = [shop.person("otto", { email: "none" }), shop.person("olga", { email: "none" })];
  await payBy(otto, "4000056655665556");
  await reaches(otto, "TRIALING");
  expect(await isOffered(olga)).toBe(true);
});

test("what staff gave at Stripe stays, with whatever card", async ({ shop }) => {
  const gil = shop.person("gil");
  await payBy(gil, "4000008260000000");
  await reaches(gil, "TRIALING");
  const gina = shop.person("gina");
  await payBy(gina, "4000008260000000", "starter");
  await reaches(gina, "ACTIVE");
  const trial_end = Math.floor(shop.now().getTime() / 1000) + 7 * 24 * 3600;
  const { id } = await subscriptionOf(shop, "gina");
  await shop.stripe.subscriptions.update(id, { trial_end, proration_behavior: "none" });
  await reaches(gina, "TRIALING");
  await areSettled(shop);
  expect((await gina.ask(shown)).currentSubscription.status).toBe("TRIALING");
});

plain("where a trial is once for an account, neither mailbox nor card is looked at", async () => {
  const { app, stop } = await startTestApp({ environment: { TRIAL_ONCE: "account" } });
  await offerTrials(app, { professional: 14 });
  for (const email of ["hal@example.com", "hal+2@example.com"]) {
    const person = app.person(email, { email });
    expect(await isOffered(person)).toBe(true);
    await payBy(person, "4242424242424242");
    await reaches(person, "TRIALING");
  }
  await areSettled(app);
  expect(await app.connection.db.execute("select 1 from subscriptions where status <> 'TRIALING'")).toEqual([]);
  await stop();
});

plain(
  "a ledger with a key of its own knows people whatever Stripe's key is, and so does one that is given Stripe's old key",
  async () => {
    const [old, other] = ["sk_test_the_key_that_was_used_until_now", "sk_test_the_key_that_comes_in_its_place"];
    const own = "a-secret-of-at-least-thirty-two-characters";
    expect(await markOf(old, own)).toBe(await markOf(other, own));
    const before = await markOf(old);
    expect(await markOf(other)).not.toBe(before);
    expect(await markOf(other, old)).toBe(before);
  },
);

/** What the ledger of a service with these keys has of somebody who begins a trial. */
async function markOf(secretKey: string, ledgerKey?: string): Promise<unknown> {
  const { app, stop } = await startTestApp({
    ...(ledgerKey && { environment: { TRIAL_LEDGER_KEY: ledgerKey } }),
    configure: (config) => ({ ...config, stripe: { ...config.stripe, secretKey } }),
  });
  await offerTrials(app, { professional: 14 });
  await payBy(app.person("nora"), "4242 4242 4242 4242");
  await areSettled(app);
  const marks = await app.connection.db.execute("select email_mark from trial_redemptions");
  await stop();
  return marks.map((row) => row["email_mark"]).join();
}

test("in the end everything is here as it is at Stripe", async ({ shop }) => {
  await expectStripesTruth(shop);
});
