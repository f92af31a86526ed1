import { expect, test as plain } from "vitest";
import { announce } from "../src/live/announce.js";
import { startTestApp, type TestApp, test } from "./support/app.js";
import type { Person } from "./support/person.js";
import { apiRequests } from "./support/stripe.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

const returnUrl = "http://localhost:3000/billing";
const mutation = `mutation ($input: CreatePortalSessionInput!) {
  createPortalSession(input: $input) { url userErrors { code path } } }`;

async function open(person: Person, flow?: string): Promise<string> {
  const { createPortalSession } = await person.ask(mutation, { input: { returnUrl, ...(flow && { flow }) } });
  expect(createPortalSession.userErrors).toEqual([]);
  return createPortalSession.url;
}

async function refusals(person: Person, flow: string) {
  const { createPortalSession } = await person.ask(mutation, { input: { returnUrl, flow } });
  expect(createPortalSession.url).toBeNull();
  return createPortalSession.userErrors.map(({ code }: { code: string }) => code);
}

/** Posts a portal page's form; gives the page that came back, or where it led. */
async function post(url: string, fields: Record<string, string>) {
  const answer = await fetch(url, { method: "POST", redirect: "manual", body: new URLSearchParams(fields) });
  return { page: await answer.text(), location: answer.headers.get("location") };
}

const mastercard = { number: "5555 5555 5555 4444", expiry: "11/38", cvc: "123", name: "Ada Lovelace" };

async function subscriptionOf(person: Person) {
  return (await person.ask("{ currentSubscription { status cancelsAt currentPeriod { end } } }")).currentSubscription;
}

/** What Stripe charges for the customer's subscription. */
async function chargedCard(app: TestApp, person: Person): Promise<string | undefined> {
  const [customer] = (await app.stripe.customers.list({ email: `${person.sub}@example.com` })).data;
  const [subscription] = (await app.stripe.subscriptions.list({ customer: String(customer?.id) })).data;
  const id = subscription?.default_payment_method ?? customer?.invoice_settings.default_payment_method;
  return id ? (await app.stripe.paymentMethods.retrieve(String(id))).card?.last4 : undefined;
}

test("the cancel flow asks once, cancels at the period's end, and leads back", async ({ app }) => {
  const ada = await app.customerOn("starter", "ada");
  const url = await open(ada, "CANCEL");
  const page = await (await fetch(url)).text();
  expect(page).toContain("Cancel Starter?");
  expect(page).not.toContain("Invoice history");
  expect(await post(url, { action: "confirm_cancel" })).toMatchObject({ location: returnUrl });
  const { cancelsAt, currentPeriod } = await until("the cancellation is here", async () => {
    const subscription = await subscriptionOf(ada);
    return subscription.cancelsAt && subscription;
  });
  expect(cancelsAt).toBe(currentPeriod.end);
  expect(await refusals(ada, "CANCEL")).toEqual(["ALREADY_CANCELED"]);
});

test("who decides otherwise is led back, and nothing has changed", async ({ app }) => {
  const bea = await app.customerOn("starter", "bea");
  expect(await post(await open(bea, "CANCEL"), { action: "back" })).toMatchObject({ location: returnUrl });
  expect(await subscriptionOf(bea)).toMatchObject({ status: "ACTIVE", cancelsAt: null });
});

test("there is nothing to cancel without a subscription, and Stripe is not asked", async ({ app }) => {
  const before = (await apiRequests(app, "POST", "/v1/billing_portal/sessions")).length;
  expect(await refusals(app.person("cleo"), "CANCEL")).toEqual(["NO_SUBSCRIPTION"]);
  expect(await apiRequests(app, "POST", "/v1/billing_portal/sessions")).toHaveLength(before);
});

plain("a cancellation or an end that no webhook told of is found out when it matters", async () => {
  // Without a worker no event is ever looked at.
  const { app, stop } = await startTestApp({ worker: false });
  const [dora, eli] = [await app.customerOn("starter", "dora"), await app.customerOn("starter", "eli")];
  const url = await open(dora, "CANCEL");
  await post(url, { action: "confirm_cancel" });
  expect(await refusals(dora, "CANCEL")).toEqual(["ALREADY_CANCELED"]);
  const [newest] = (await app.stripe.subscriptions.list({ limit: 1 })).data;
  await app.stripe.subscriptions.cancel(String(newest?.id));
  expect(await refusals(eli, "CANCEL")).toEqual(["NO_SUBSCRIPTION"]);
  expect(await subscriptionOf(eli)).toMatchObject({ status: "CANCELED" });
  await stop();
});

test("the card of a purchase becomes the customer's own by itself", async ({ app }) => {
  await app.customerOn("starter", "mia");
  const [customer] = (await app.stripe.customers.list({ email: "mia@example.com" })).data;
  await until("the card is the customer's", async () => {
    const [subscription] = (await app.stripe.subscriptions.list({ customer: String(customer?.id) })).data;
    const now = await app.stripe.customers.retrieve(String(customer?.id));
    return !now.deleted && now.invoice_settings.default_payment_method && !subscription?.default_payment_method;
  });
});

test("the payment method flow takes a new card, which is charged from then on, and leads back", async ({ app }) => {
  const fay = await app.customerOn("professional", "fay");
  const url = await open(fay, "PAYMENT_METHOD");
  const page = await (await fetch(url)).text();
  expect(page).toContain("Update your payment method");
  expect(page).not.toContain("Cancel plan");
  expect((await post(url, { action: "save_card", ...mastercard, number: "5555" })).page).toContain(
    "card number is invalid",
  );
  const declined = await post(url, { action: "save_card", ...mastercard, number: "4000000000000002" });
  expect(declined.page).toContain("declined");
  expect(await chargedCard(app, fay)).toBe("4242");
  expect(await post(url, { action: "save_card", ...mastercard })).toMatchObject({ location: returnUrl });
  expect(await chargedCard(app, fay)).toBe("4444");
});

test("who never bought anything can leave a card", async ({ app }) => {
  const gil = app.person("gil");
  const saved = await post(await open(gil, "PAYMENT_METHOD"), { action: "save_card", ...mastercard });
  expect(saved.location).toBe(returnUrl);
});

test("the home page is what opens without a flow, and takes a new card too", async ({ app }) => {
  const hana = await app.customerOn("starter", "hana");
  const url = await open(hana);
  expect(await (await fetch(url)).text()).toContain("Invoice history");
  expect((await post(url, { action: "card" })).page).toContain("Update your payment method");
  expect((await post(url, { action: "save_card", ...mastercard })).page).toContain("Your card has been saved.");
});

test("the same key opens the same portal; another flow with it is refused", async ({ app }) => {
  const ivy = app.person("ivy");
  const ask = async (flow: string) =>
    (await ivy.ask(mutation, { input: { returnUrl, flow, idempotencyKey: "5d1a0b6e-0000-4000-8000-000000000002" } }))
      .createPortalSession;
  const { url } = await ask("HOME");
  expect((await ask("HOME")).url).toBe(url);
  expect((await ask("PAYMENT_METHOD")).userErrors).toMatchObject([{ code: "IDEMPOTENCY_KEY_REUSED" }]);
});

test("the portal opens with the configuration of the catalog", async ({ app }) => {
  await open(app.person("jo"));
  const [pushed] = await app.connection.db.execute("select portal_configuration_id as id from catalog_versions");
  const [session] = (await app.stripe.events.list({ type: "billing_portal.session.created", limit: 1 })).data;
  expect(session?.data.object).toMatchObject({ configuration: pushed?.["id"] });
});

plain(
  "where Stripe does not know the catalog's configuration, the account's own serves, and the log says so",
  async () => {
    const { app, stop } = await startTestApp();
    const { db } = app.connection;
    await db.execute("update catalog_versions set portal_configuration_id = 'bpc_elsewhere'");
    await announce(db, { kind: "catalog", subject: "catalog", facts: {} });
    await until("the catalog was read again", () => app.logged.some((line) => line.includes("catalog loaded")));
    expect((await fetch(await open(app.person("kim")))).status).toBe(200);
    expect(app.logged.filter((line) => line.includes("push the catalog again"))).toHaveLength(1);
    await stop();
  },
);

plain("who changes their card before the job came to the one they bought with is charged on the new one", async () => {
  const { app, stop } = await startTestApp({ worker: false });
  const lea = await app.customerOn("starter", "lea");
  const url = await open(lea, "PAYMENT_METHOD");
  expect(await post(url, { action: "save_card", ...mastercard })).toMatchObject({ location: returnUrl });
  expect(await chargedCard(app, lea)).toBe("4444");
  await stop();
});

test("in the end everything is here as it is at Stripe", async ({ app }) => {
  await expectStripesTruth(app);
});
