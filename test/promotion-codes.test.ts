import type Stripe from "stripe";
import { expect, test as plain } from "vitest";
import { judgePromotion, type Purchase } from "../src/billing/checkout/promotion.js";
import { type PromotionCodeSnapshot, promotionCodeSnapshot } from "../src/stripe/promotion-code-snapshot.js";
import { type TestApp, test } from "./support/app.js";
import type { Person } from "./support/person.js";
import { apiRequests } from "./support/stripe.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

const good: PromotionCodeSnapshot = {
  id: "promo_good",
  isActive: true,
  customerId: null,
  isForFirstPurchase: false,
  minimum: null,
  currencies: null,
};
const purchase: Purchase = { stripeCustomerId: "cus_ada", isFirst: false, currency: "eur", amount: 2_799 };
const unknown = { problem: "This promotion code is not valid." };

plain.for<[string, Partial<PromotionCodeSnapshot>, ReturnType<typeof judgePromotion>]>([
  ["for everybody", {}, { id: "promo_good" }],
  ["of this customer", { customerId: "cus_ada" }, { id: "promo_good" }],
  ["of somebody else", { customerId: "cus_bea" }, unknown],
  ["that is over", { isActive: false }, { problem: "This promotion code has expired or is used up." }],
  ["for newcomers", { isForFirstPurchase: true }, { problem: "This promotion code is for a first purchase only." }],
  ["in dollars", { currencies: ["usd"] }, { problem: "This promotion code cannot be used for prices in EUR." }],
  ["in dollars and euros", { currencies: ["usd", "eur"] }, { id: "promo_good" }],
  ["from what is bought", { minimum: { amount: 2_799, currency: "eur" } }, { id: "promo_good" }],
  [
    "from a cent more",
    { minimum: { amount: 2_800, currency: "eur" } },
    { problem: "This purchase is too small for this promotion code." },
  ],
  // Stripe knows the minimum in other currencies as well.
  ["from a sum in dollars", { minimum: { amount: 9_999, currency: "usd" } }, { id: "promo_good" }],
])("a code %s is judged right", ([, code, verdict]) => {
  expect(judgePromotion([{ ...good, ...code }], purchase)).toEqual(verdict);
});

plain("of several codes of one spelling the customer's own counts before one for everybody", () => {
  const own = { ...good, id: "promo_own", customerId: "cus_ada" };
  expect(judgePromotion([good, own], purchase)).toEqual({ id: "promo_own" });
  expect(judgePromotion([good, { ...own, isActive: false }], purchase)).toEqual({ id: "promo_good" });
  expect(judgePromotion([], purchase)).toEqual(unknown);
});

async function giveOut(
  { stripe }: TestApp,
  code: string,
  coupon: Stripe.CouponCreateParams = { percent_off: 50, duration: "once" },
  more: Partial<Stripe.PromotionCodeCreateParams> = {},
) {
  const made = await stripe.coupons.create(coupon);
  return stripe.promotionCodes.create({ promotion: { type: "coupon", coupon: made.id }, code, ...more });
}

async function expectInvalid(person: Person, promotionCode: string, message?: string, tier = "professional") {
  const { checkoutSession, userErrors } = await person.checkout(tier, { promotionCode });
  expect(checkoutSession).toBeNull();
  expect(userErrors).toMatchObject([
    { code: "PROMOTION_CODE_INVALID", path: ["input", "promotionCode"], ...(message && { message }) },
  ]);
}

async function made(app: TestApp): Promise<number[]> {
  const requests = ["/v1/customers", "/v1/checkout/sessions"].map((path) => apiRequests(app, "POST", path));
  return (await Promise.all(requests)).map(({ length }) => length);
}

test("a code is taken whatever the case, and the page asks for none any more", async ({ app }) => {
  await giveOut(app, "Spring50");
  const ada = app.person("ada");
  const { checkoutSession } = await ada.checkout("professional", { promotionCode: " spring50 " });
  const page = await (await fetch(checkoutSession.url)).text();
  expect(page).toContain("$14.99");
  expect(page).not.toContain('name="promotion_code"');
  await ada.buy("professional", { promotionCode: "SPRING50" });
  const { invoices } = await ada.ask("{ invoices { nodes { total { amount } } } }");
  expect(invoices.nodes).toEqual([{ total: { amount: 1499 } }]);
});

test("without a code the page asks for one", async ({ app }) => {
  await giveOut(app, "TYPED");
  const bea = app.person("bea");
  const { checkoutSession } = await bea.checkout("professional");
  expect(await (await fetch(checkoutSession.url)).text()).toContain('name="promotion_code"');
  expect(await bea.pay(checkoutSession.url, { promotion_code: "typed" })).not.toBeNull();
});

test("a code that is unknown, has expired or is used up is refused before anything is made", async ({ app }) => {
  await giveOut(app, "ONCE", { percent_off: 10 }, { max_redemptions: 1 });
  await app.person("the-one").buy("starter", { promotionCode: "ONCE" });
  const inAnHour = Math.floor(app.now().getTime() / 1000) + 3_600;
  await giveOut(app, "SHORT", { percent_off: 10 }, { expires_at: inAnHour });
  await giveOut(app, "OLDCOUPON", { percent_off: 10, redeem_by: inAnHour });
  const withdrawn = await giveOut(app, "WITHDRAWN");
  await app.stripe.promotionCodes.update(withdrawn.id, { active: false });
  await app.sandbox.advance(2 * 3_600);
  const before = await made(app);
  const cleo = app.person("cleo");
  const over = "This promotion code has expired or is used up.";
  await expectInvalid(cleo, "NEVERMADE", unknown.problem);
  for (const code of ["ONCE", "SHORT", "OLDCOUPON", "WITHDRAWN"]) await expectInvalid(cleo, code, over);
  expect(await made(app)).toEqual(before);
});

test("a code for first purchases is refused to who has bought before, and their open page stays", async ({ app }) => {
  await giveOut(app, "WELCOME", { percent_off: 20 }, { restrictions: { first_time_transaction: true } });
  const dora = app.person("dora");
  await dora.buy("starter", { promotionCode: "WELCOME" });
  const [subscription] = (await app.stripe.subscriptions.list({ limit: 1 })).data;
  await app.stripe.subscriptions.cancel(String(subscription?.id));
  await until("it is over", async () => {
    const { currentSubscription } = await dora.ask("{ currentSubscription { status } }");
    return currentSubscription.status === "CANCELED";
  });
  const { checkoutSession } = await dora.checkout("professional");
  await expectInvalid(dora, "WELCOME", "This promotion code is for a first purchase only.");
  expect(await dora.pay(checkoutSession.url)).not.toBeNull();
});

test("an amount off in dollars is refused for a price in euros", async ({ app }) => {
  await giveOut(app, "FIVEBUCKS", { amount_off: 500, currency: "usd" });
  await giveOut(app, "FIVEEACH", {
    amount_off: 500,
    currency: "usd",
    currency_options: { eur: { amount_off: 400 } },
  });
  const { data } = await app.graphql('{ tier(slug: "professional") { price(currency: "EUR") { id } } }');
  const eli = app.person("eli");
  const input = { priceId: data.tier.price.id };
  const refused = await eli.checkout("professional", { ...input, promotionCode: "FIVEBUCKS" });
  expect(refused.userErrors).toMatchObject([
    { code: "PROMOTION_CODE_INVALID", message: "This promotion code cannot be used for prices in EUR." },
  ]);
  await eli.buy("professional", { ...input, promotionCode: "FIVEEACH" });
  const { invoices } = await eli.ask("{ invoices { nodes { discountTotal { amount currency } } } }");
  expect(invoices.nodes).toEqual([{ discountTotal: { amount: 400, currency: "EUR" } }]);
});

test("a code of one customer is good for that one only, and unknown to everybody else", async ({ app }) => {
  const fay = app.person("fay");
  await fay.ask("mutation { registerCustomer(input: {}) { userErrors { code } } }");
  const [customer] = (await app.stripe.customers.list({ email: "fay@example.com" })).data;
  await giveOut(app, "FORFAY", { percent_off: 30 }, { customer: String(customer?.id) });
  await expectInvalid(app.person("gil"), "FORFAY", unknown.problem);
  await fay.buy("starter", { promotionCode: "forfay" });
});

test("a code with a minimum is refused for a purchase below it", async ({ app }) => {
  const restrictions = { minimum_amount: 2_000, minimum_amount_currency: "usd" };
  await giveOut(app, "BIGONLY", { percent_off: 30 }, { restrictions });
  const hana = app.person("hana");
  await expectInvalid(hana, "BIGONLY", "This purchase is too small for this promotion code.", "starter");
  await hana.buy("professional", { promotionCode: "BIGONLY" });
});

test("a code that only Stripe finds fault with is refused as well, and no page is left behind", async ({ app }) => {
  // The dashboard's invoice is nothing that we know of, so only Stripe can tell that this is no first purchase.
  await giveOut(app, "NEWHERE", { percent_off: 20 }, { restrictions: { first_time_transaction: true } });
  const ivy = app.person("ivy");
  await ivy.ask("mutation { registerCustomer(input: {}) { userErrors { code } } }");
  const [customer] = (await app.stripe.customers.list({ email: "ivy@example.com" })).data;
  const [price] = (await app.stripe.prices.list({ limit: 1, active: true })).data;
  await app.control("POST", "/sandbox/deliveries", { mode: "hold" });
  const method = await app.stripe.paymentMethods.attach("pm_card_visa", { customer: String(customer?.id) });
  const bought = await app.stripe.subscriptions.create({
    customer: String(customer?.id),
    default_payment_method: method.id,
    items: [{ price: String(price?.id) }],
  });
  await app.stripe.subscriptions.cancel(bought.id);
  await expectInvalid(ivy, "NEWHERE", unknown.problem);
  await app.control("POST", "/sandbox/deliveries", { mode: "send" });
  const open = await app.stripe.checkout.sessions.list({ customer: String(customer?.id), status: "open" });
  expect(open.data).toEqual([]);
});

plain("a code is read from Stripe as it stands there", () => {
  const coupon = { object: "coupon", amount_off: 500, currency: "usd", currency_options: { eur: { amount_off: 400 } } };
  const code = {
    id: "promo_1",
    active: true,
    customer: { id: "cus_1" },
    promotion: { type: "coupon", coupon },
    restrictions: { first_time_transaction: true, minimum_amount: 2_000, minimum_amount_currency: "usd" },
  };
  expect(promotionCodeSnapshot(JSON.parse(JSON.stringify(code)))).toEqual({
    id: "promo_1",
    isActive: true,
    customerId: "cus_1",
    isForFirstPurchase: true,
    minimum: { amount: 2_000, currency: "usd" },
    currencies: ["usd", "eur"],
  });
});

test("in the end everything is here as it is at Stripe", async ({ app }) => {
  await expectStripesTruth(app);
});
