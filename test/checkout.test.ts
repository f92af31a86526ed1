import { expect } from "vitest";
import { type TestApp, test } from "./support/app.js";
import { findPrice, returnUrl } from "./support/person.js";
import { expectStripesTruth } from "./support/truth.js";

/** How often the sandbox was asked to do something. */
async function requests(app: TestApp, method: string, path: string) {
  const log = await app.control("GET", `/sandbox/requests?method=${method}&path=${encodeURIComponent(path)}`);
  return JSON.parse(JSON.stringify(log)).data.length;
}

test("64 parallel first calls make one customer and one session", async ({ app }) => {
  const ada = app.person("ada-in-64-tabs");
  const before = {
    customers: await requests(app, "POST", "/v1/customers"),
    sessions: await requests(app, "POST", "/v1/checkout/sessions"),
  };
  const payloads = await Promise.all(Array.from({ length: 64 }, () => ada.checkout("professional")));
  const sessions = payloads.flatMap(({ checkoutSession }) => checkoutSession ?? []);
  const refusals = payloads.flatMap(({ userErrors }) => userErrors);
  expect(sessions.length + refusals.length).toBe(64);
  expect(new Set(sessions.map(({ url }) => url)).size).toBe(1);
  // A machine that is too slow for 64 in two seconds says so, and nothing else.
  expect(refusals.filter(({ code }) => code !== "REQUEST_IN_PROGRESS")).toEqual([]);
  expect(await requests(app, "POST", "/v1/customers")).toBe(before.customers + 1);
  expect(await requests(app, "POST", "/v1/checkout/sessions")).toBe(before.sessions + 1);
});

test("asking for another tier closes the first page before the second opens", async ({ app }) => {
  const bea = app.person("bea");
  const first = (await bea.checkout("starter")).checkoutSession;
  const second = (await bea.checkout("professional")).checkoutSession;
  expect(second.id).not.toBe(first.id);
  expect(await bea.pay(first.url)).toBeNull();
  const { old, live } = await bea.ask(
    "query ($old: ID!, $live: ID!) { old: checkoutSession(id: $old) { status url } live: checkoutSession(id: $live) { status url } }",
    { old: first.id, live: second.id },
  );
  expect(old).toEqual({ status: "EXPIRED", url: null });
  expect(live).toEqual({ status: "OPEN", url: second.url });
  const open = await app.stripe.checkout.sessions.list({ status: "open", limit: 100 });
  expect(open.data.filter(({ customer_details }) => customer_details?.email === "bea@example.com")).toHaveLength(1);
});

test("who has a subscription is not sold a second one", async ({ app }) => {
  const cleo = await app.customerOn("starter");
  const { checkoutSession, userErrors } = await cleo.checkout("professional");
  expect(checkoutSession).toBeNull();
  expect(userErrors).toMatchObject([{ code: "ALREADY_SUBSCRIBED" }]);
});

test("who has paid is not sold a second one before the webhook came either", async ({ app }) => {
  await app.control("POST", "/sandbox/deliveries", { mode: "hold" });
  const dora = app.person("dora");
  const { checkoutSession } = await dora.checkout("starter");
  await dora.pay(checkoutSession.url);
  const again = await dora.checkout("professional");
  expect(again.userErrors).toMatchObject([{ code: "ALREADY_SUBSCRIBED" }]);
  await app.control("POST", "/sandbox/deliveries", { mode: "send" });
});

const refusedUrls: [string, string][] = [
  ["another origin", "https://evil.example/billing"],
  ["another port", "http://localhost:3001/billing"],
  ["another scheme", "https://localhost:3000/billing"],
  ["a name before an @", "http://localhost:3000@evil.example/"],
  ["a user name", "http://ada@localhost:3000/"],
  ["an origin that only begins like an allowed one", "http://localhost.evil.example:3000/"],
  ["a trailing dot", "http://localhost.:3000/"],
];

test.for(refusedUrls)("a return URL with %s is refused", async ([, url], { app }) => {
  const { checkoutSession, userErrors } = await app.person("eve").checkout("starter", { returnUrl: url });
  expect(checkoutSession).toBeNull();
  expect(userErrors).toMatchObject([{ code: "RETURN_URL_NOT_ALLOWED", path: ["input", "returnUrl"] }]);
});

test.for(["javascript:alert(1)", "//evil.example", "data:text/html,x", "not a url", "", "http://"])(
  "a return URL that is none is bad input: %s",
  async (url, { app }) => {
    const priceId = await findPrice(app, "starter");
    const mutation =
      "mutation ($input: CreateCheckoutSessionInput!) { createCheckoutSession(input: $input) { userErrors { code } } }";
    const answer = await app.person("eve").graphql(mutation, { input: { priceId, returnUrl: url } });
    expect(answer.data?.createCheckoutSession ?? null).toBeNull();
    expect(answer.errors?.[0]?.extensions["code"]).toBe("BAD_USER_INPUT");
  },
);

test("a return URL that is allowed keeps its own parameters and gets the checkout's ID", async ({ app }) => {
  const fay = app.person("fay");
  const { checkoutSession } = await fay.checkout("starter", { returnUrl: `${returnUrl}&from=%C3%A9#card` });
  expect(await fay.pay(checkoutSession.url)).toBe(
    `http://localhost:3000/billing?tab=plan&from=%C3%A9&checkout_session=${checkoutSession.id}#card`,
  );
});

test("a host is the same in capitals", async ({ app }) => {
  const fred = app.person("fred");
  const { checkoutSession } = await fred.checkout("starter", { returnUrl: "HTTP://LOCALHOST:3000/Billing" });
  expect(await fred.pay(checkoutSession.url)).toBe(
    `http://localhost:3000/Billing?checkout_session=${checkoutSession.id}`,
  );
});

test.for([
  ["a price that does not exist", { priceId: "price_bnothing_month_usd_1" }, "NOT_FOUND"],
  ["another type's ID", { priceId: "tier_professional" }, "NOT_FOUND"],
  ["an empty ID", { priceId: "" }, "NOT_FOUND"],
  ["no seat", { quantity: 0 }, "INVALID_INPUT"],
  ["fewer seats than none", { quantity: -1 }, "INVALID_INPUT"],
  ["a return URL without end", { returnUrl: `http://localhost:3000/${"a".repeat(2_000)}` }, "INVALID_INPUT"],
  ["two seats", { quantity: 2 }, "SEATS_NOT_AVAILABLE"],
  ["a promotion code that does not exist", { promotionCode: "NOSUCHCODE" }, "PROMOTION_CODE_INVALID"],
  ["a promotion code with odd characters", { promotionCode: "'; drop" }, "PROMOTION_CODE_INVALID"],
] as const)("%s is refused", async ([, input, code], { app }) => {
  const { checkoutSession, userErrors } = await app.person("gil").checkout("starter", input);
  expect(checkoutSession).toBeNull();
  expect(userErrors).toMatchObject([{ code }]);
});

test("a promotion code that is valid lowers what is paid", async ({ app }) => {
  const coupon = await app.stripe.coupons.create({ percent_off: 50, duration: "once" });
  await app.stripe.promotionCodes.create({ promotion: { type: "coupon", coupon: coupon.id }, code: "HALF" });
  const hana = app.person("hana");
  await hana.buy("professional", { promotionCode: "HALF" });
  const { invoices } = await hana.ask(
    "{ invoices { nodes { subtotal { amount } discountTotal { amount } total { amount } } } }",
  );
  expect(invoices.nodes).toEqual([
    { subtotal: { amount: 2999 }, discountTotal: { amount: 1500 }, total: { amount: 1499 } },
  ]);
});

test("the same idempotency key gives the same checkout, other input with it is refused", async ({ app }) => {
  const ivy = app.person("ivy");
  const key = { idempotencyKey: "5d1a0b6e-0000-4000-8000-000000000001" };
  const first = await ivy.checkout("starter", key);
  const again = await ivy.checkout("starter", { ...key, promotionCode: null });
  expect(again.checkoutSession.id).toBe(first.checkoutSession.id);
  const other = await ivy.checkout("professional", key);
  expect(other.userErrors).toMatchObject([{ code: "IDEMPOTENCY_KEY_REUSED" }]);
});

test("somebody else's checkout reads as missing", async ({ app }) => {
  const { checkoutSession } = await app.person("jo").checkout("starter");
  const { checkoutSession: seen } = await app
    .person("kim")
    .ask("query ($id: ID!) { checkoutSession(id: $id) { id url } }", { id: checkoutSession.id });
  expect(seen).toBeNull();
});

test("in the end everything is here as it is at Stripe", async ({ app }) => {
  await expectStripesTruth(app);
});
