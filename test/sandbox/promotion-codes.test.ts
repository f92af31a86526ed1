import type Stripe from "stripe";
import { expect, test } from "vitest";
import { openCheckout, openSandbox, pay, post, subscribe } from "./support.js";

async function giveOut(
  stripe: Stripe,
  code: string,
  more: Partial<Stripe.PromotionCodeCreateParams> = {},
  coupon: Stripe.CouponCreateParams = { percent_off: 25 },
) {
  const { id } = await stripe.coupons.create(coupon);
  return stripe.promotionCodes.create({ code, promotion: { type: "coupon", coupon: id }, ...more });
}

test("a code for first purchases is refused to a customer who has an invoice, by the API and on the page", async () => {
  const { stripe } = await openSandbox();
  const { id } = await giveOut(stripe, "WELCOME", { restrictions: { first_time_transaction: true } });
  const { customer } = await subscribe(stripe);
  const discounts = [{ promotion_code: id }];
  await expect(openCheckout(stripe, { customer: customer.id, discounts })).rejects.toThrow("has prior transactions");
  const typed = await openCheckout(stripe, { customer: customer.id, allow_promotion_codes: true });
  const page = await (await post(typed.url, { action: "apply", promotion_code: "WELCOME" })).text();
  expect(page).toContain("This code is invalid.");
  const newcomer = await stripe.customers.create();
  expect(await openCheckout(stripe, { customer: newcomer.id, discounts })).toMatchObject({ amount_total: 2249 });
});

test("a minimum is told in one currency and optionally in others", async () => {
  const { stripe } = await openSandbox();
  await expect(giveOut(stripe, "HALFSAID", { restrictions: { minimum_amount: 1 } })).rejects.toThrow("together");
  const more = { minimum_amount: 2999, minimum_amount_currency: "usd" };
  const [enough, tooMuch] = [
    await giveOut(stripe, "ENOUGH", { restrictions: more }),
    await giveOut(stripe, "TOOMUCH", { restrictions: { ...more, minimum_amount: 3000 } }),
  ];
  expect((await openCheckout(stripe, { discounts: [{ promotion_code: enough.id }] })).amount_total).toBe(2249);
  await expect(openCheckout(stripe, { discounts: [{ promotion_code: tooMuch.id }] })).rejects.toThrow("minimum amount");
});

test("an amount off is refused in a currency that it is not given in", async () => {
  const { stripe } = await openSandbox();
  const { id } = await giveOut(stripe, "EUROS", {}, { amount_off: 500, currency: "eur" });
  await expect(openCheckout(stripe, { discounts: [{ promotion_code: id }] })).rejects.toThrow("`usd`");
});

test("a code reads as inactive once it has expired or is used up", async () => {
  const { stripe, advance } = await openSandbox();
  const inAnHour = Math.floor(Date.now() / 1000) + 3600;
  await giveOut(stripe, "SOON", { expires_at: inAnHour });
  const once = await giveOut(stripe, "ONCE", { max_redemptions: 1 });
  const active = async () => (await stripe.promotionCodes.list({ active: true })).data.map(({ code }) => code);
  expect(await active()).toEqual(expect.arrayContaining(["SOON", "ONCE"]));
  await pay((await openCheckout(stripe, { customer_email: "a@b.test", discounts: [{ promotion_code: once.id }] })).url);
  expect(await active()).toEqual(["SOON"]);
  await advance(3601);
  expect(await active()).toEqual([]);
  expect(await stripe.promotionCodes.list({ code: "once" })).toMatchObject({ data: [{ active: false }] });
});

test("each customer may have a code of one spelling, and nobody may use another's", async () => {
  const { stripe } = await openSandbox();
  const [ada, bea] = [await stripe.customers.create(), await stripe.customers.create()];
  const adas = await giveOut(stripe, "MINE", { customer: ada.id });
  await giveOut(stripe, "MINE", { customer: bea.id });
  await expect(giveOut(stripe, "mine", { customer: bea.id })).rejects.toThrow("already exists");
  const discounts = [{ promotion_code: adas.id }];
  await expect(openCheckout(stripe, { customer: bea.id, discounts })).rejects.toThrow("not valid");
  expect((await openCheckout(stripe, { customer: ada.id, discounts })).amount_total).toBe(2249);
});
