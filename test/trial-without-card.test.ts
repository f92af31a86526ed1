import { expect, test as plain } from "vitest";
import { test as base, startTestApp, type TestApp } from "./support/app.js";
import { subscriptionOf } from "./support/objects.js";
import type { Person } from "./support/person.js";
import { quiet } from "./support/quiet.js";
import { actsOn, staffOf } from "./support/staff-acts.js";
import { leaveCard, offerTrials, startWithoutCard } from "./support/trials.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

const day = 24 * 60 * 60;

/**
 * A service whose Professional tier begins with 14 free days and no card, and Enterprise with 14 and a card. Each test has
 * cards of its own.
 */
const test = base.extend<{ shop: TestApp }>({
  shop: [
    async ({ app }, use) => {
      await offerTrials(app, { professional: 14, enterprise: 14 }, ["professional"]);
      await use(app);
    },
    { scope: "file" },
  ],
});

const shown = `{ currentSubscription { id status isEntitling trialEndsAt availableActions }
  entitlement(feature: "guests") { limit }
  viewer { customer { paymentMethod { last4 } upcomingInvoice { total { amount } } } }
  payments { nodes { status amount { amount } } } invoices { nodes { status total { amount } } }
  tier(slug: "professional") { viewerAction isTrialWithoutCard } }`;

function reaches(person: Person, status: string) {
  return until(`${person.sub} is ${status}`, async () => {
    const now = await person.ask(shown);
    return now.currentSubscription?.status === status && now;
  });
}

async function pageFor(person: Person, tier: string): Promise<string> {
  const { checkoutSession, userErrors } = await person.checkout(tier);
  expect(userErrors).toEqual([]);
  return (await fetch(checkoutSession.url)).text();
}

async function payBy(person: Person, number: string, tier: string): Promise<void> {
  const { checkoutSession } = await person.checkout(tier);
  expect(await person.pay(checkoutSession.url, { number })).not.toBeNull();
}

/** Lets time pass, and all that falls due in it be heard of. */
async function pass(app: TestApp, days: number): Promise<void> {
  await app.sandbox.advance(days * day);
  await quiet(app);
}

async function areSettled(app: TestApp): Promise<void> {
  await quiet(app);
  await until("every trial is settled", async () => {
    const open = await app.connection.db.execute("select 1 from trial_redemptions where settled_at is null");
    return open.length === 0;
  });
}

test("a trial without a card begins by one press of a button, and gives everything", async ({ shop }) => {
  const ada = shop.person("ada");
  expect((await ada.ask(shown)).tier).toEqual({ viewerAction: "START_TRIAL", isTrialWithoutCard: true });
  const page = await pageFor(ada, "professional");
  expect(page).toContain("14 days free");
  expect(page).not.toContain("Card number");
  await startWithoutCard(ada);
  const { currentSubscription, entitlement, viewer, payments } = await ada.ask(shown);
  expect(currentSubscription).toMatchObject({ isEntitling: true, trialEndsAt: expect.any(String) });
  expect(currentSubscription.availableActions).toContain("UPDATE_PAYMENT_METHOD");
  expect(entitlement).toEqual({ limit: 6 });
  expect(viewer.customer).toEqual({ paymentMethod: null, upcomingInvoice: null });
  expect(payments.nodes).toEqual([]);
});

test("a tier whose trial wants a card asks for it all the same", async ({ shop }) => {
  const page = await pageFor(shop.person("alan"), "enterprise");
  expect(page).toContain("14 days free");
  expect(page).toContain("Card number");
});

test("a trial for which no card was left ends uncharged, and the next checkout begins without one", async ({
  shop,
}) => {
  const bea = shop.person("bea");
  await startWithoutCard(bea);
  await pass(shop, 15);
  const { entitlement, invoices, payments, tier } = await reaches(bea, "CANCELED");
  expect(entitlement).toEqual({ limit: 1 });
  expect(invoices.nodes).toEqual([{ status: "PAID", total: { amount: 0 } }]);
  expect(payments.nodes).toEqual([]);
  expect(tier.viewerAction).toBe("SUBSCRIBE");
  const page = await pageFor(bea, "professional");
  expect(page).not.toContain("days free");
  expect(page).toContain("Card number");
  await payBy(bea, "4000056655665556", "professional");
  expect((await reaches(bea, "ACTIVE")).currentSubscription.trialEndsAt).toBeNull();
});

test("a card that was left during the trial is charged when it ends", async ({ shop }) => {
  const cleo = shop.person("cleo");
  await startWithoutCard(cleo);
  await leaveCard(cleo, "2223003122003222");
  const { viewer } = await until("the card is here", async () => {
    const now = await cleo.ask(shown);
    return now.viewer.customer.paymentMethod && now;
  });
  expect(viewer.customer).toEqual({ paymentMethod: { last4: "3222" }, upcomingInvoice: { total: { amount: 2_999 } } });
  await areSettled(shop);
  await pass(shop, 15);
  const { payments } = await reaches(cleo, "ACTIVE");
  expect(payments.nodes).toEqual([{ status: "SUCCEEDED", amount: { amount: 2_999 } }]);
});

test("who has a card on file is asked for none, and is charged to that one when the trial ends", async ({ shop }) => {
  const dora = shop.person("dora");
  await payBy(dora, "5200828282828210", "starter");
  await reaches(dora, "ACTIVE");
  await until("the card is her own", async () => {
    const known = "select 1 from users where external_id = 'dora' and card_mark is not null";
    return (await shop.connection.db.execute(known)).length > 0;
  });
  await shop.stripe.subscriptions.cancel((await subscriptionOf(shop, "dora")).id);
  await reaches(dora, "CANCELED");
  await startWithoutCard(dora);
  const { viewer } = await dora.ask(shown);
  expect(viewer.customer).toMatchObject({ paymentMethod: { last4: "8210" }, upcomingInvoice: expect.anything() });
  await pass(shop, 15);
  await reaches(dora, "ACTIVE");
});

test("the same mailbox under another account gets no trial, be it without a card", async ({ shop }) => {
  await startWithoutCard(shop.person("emil"));
  const again = shop.person("emil-again", { email: "Emil+two@example.com" });
  expect((await again.ask(shown)).tier.viewerAction).toBe("SUBSCRIBE");
  const page = await pageFor(again, "professional");
  expect(page).not.toContain("days free");
  expect(page).toContain("Card number");
});

test("a card that had a trial under another account, left during one without a card, ends it uncharged", async ({
  shop,
}) => {
  const [fay, finn] = [shop.person("fay"), shop.person("finn")];
  await payBy(fay, "5105105105105100", "enterprise");
  await reaches(fay, "TRIALING");
  await startWithoutCard(finn);
  await areSettled(shop);
  expect((await finn.ask(shown)).currentSubscription.status).toBe("TRIALING");
  await leaveCard(finn, "5105105105105100");
  const { payments } = await reaches(finn, "CANCELED");
  expect(payments.nodes).toEqual([]);
  expect((await subscriptionOf(shop, "finn")).cancellation_details?.comment).toContain("A trial is given once");
  expect((await actsOn(shop, finn)).map(({ actor, action }) => [actor, action])).toEqual([["system", "trial.end"]]);
  await areSettled(shop);
  expect(await pageFor(finn, "professional")).not.toContain("days free");
  expect((await fay.ask(shown)).currentSubscription.status).toBe("TRIALING");
});

test("a card that was left during a trial without one has had a trial from then on", async ({ shop }) => {
  const [gil, gina] = [shop.person("gil"), shop.person("gina")];
  await startWithoutCard(gil);
  await leaveCard(gil, "371449635398431");
  await until("the card is in the ledger", async () => {
    const known = `select 1 from trial_redemptions join users on users.id = user_id
      where external_id = 'gil' and trial_redemptions.card_mark = users.card_mark`;
    return (await shop.connection.db.execute(known)).length > 0;
  });
  await payBy(gina, "371449635398431", "enterprise");
  await reaches(gina, "CANCELED");
  await areSettled(shop);
  expect((await gil.ask(shown)).currentSubscription.status).toBe("TRIALING");
});

test("of two trials without a card the earlier stays, whichever card is left first", async ({ shop }) => {
  const [early, late] = [shop.person("hal"), shop.person("hana")];
  await startWithoutCard(early);
  await shop.sandbox.advance(60);
  await startWithoutCard(late);
  await leaveCard(late, "378282246310005");
  await areSettled(shop);
  expect((await late.ask(shown)).currentSubscription.status).toBe("TRIALING");
  await leaveCard(early, "378282246310005");
  await reaches(late, "CANCELED");
  await areSettled(shop);
  expect((await early.ask(shown)).currentSubscription.status).toBe("TRIALING");
});

test("a card that is set on the subscription at Stripe is looked at as well", async ({ shop }) => {
  const [ida, ivan] = [shop.person("ida"), shop.person("ivan")];
  await payBy(ida, "6011000990139424", "enterprise");
  await reaches(ida, "TRIALING");
  await startWithoutCard(ivan);
  const { id, customer } = await subscriptionOf(shop, "ivan");
  const { id: card } = await shop.stripe.paymentMethods.attach("pm_card_discover", { customer: String(customer) });
  await shop.stripe.subscriptions.update(id, { default_payment_method: card });
  await reaches(ivan, "CANCELED");
});

test("staff move the end of a trial without a card, and it ends uncharged then", async ({ shop }) => {
  const kim = shop.person("kim");
  await startWithoutCard(kim);
  const { id } = (await kim.ask(shown)).currentSubscription;
  const trialEndsAt = new Date((Math.floor(shop.now().getTime() / 1000) + 30 * day) * 1000).toISOString();
  const mutation = `mutation ($input: AdminExtendTrialInput!) { adminExtendTrial(input: $input) {
    subscription { status trialEndsAt } userErrors { code } } }`;
  const input = { subscriptionId: id, trialEndsAt, reason: "was ill for a week" };
  expect((await staffOf(shop).ask(mutation, { input })).adminExtendTrial).toEqual({
    subscription: { status: "TRIALING", trialEndsAt },
    userErrors: [],
  });
  await pass(shop, 20);
  expect((await kim.ask(shown)).currentSubscription.status).toBe("TRIALING");
  await pass(shop, 11);
  expect((await reaches(kim, "CANCELED")).payments.nodes).toEqual([]);
});

test("in the end everything is here as it is at Stripe", async ({ shop }) => {
  await areSettled(shop);
  await expectStripesTruth(shop);
});

plain(
  "a page that asks for no card is another page than one that does, and the same one is the same page",
  async () => {
    const { app, stop } = await startTestApp();
    await offerTrials(app, { professional: 14 }, ["professional"]);
    const leo = app.person("leo");
    const idOfPage = async () => (await leo.checkout("professional")).checkoutSession.id;
    const first = await idOfPage();
    expect(await idOfPage()).toBe(first);
    await offerTrials(app, { professional: 14 });
    const second = await idOfPage();
    expect(second).not.toBe(first);
    expect(await pageFor(leo, "professional")).toContain("Card number");
    await stop();
  },
);
