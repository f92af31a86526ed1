import fc from "fast-check";
import type Stripe from "stripe";
import { expect, test } from "vitest";
import { percentOf } from "../../sandbox/money.js";
import { eventTypes, monthlyPrice, openCheckout, openSandbox, pay } from "./support.js";

test("a percentage is exact and rounded half up", () => {
  expect(percentOf(500, 8.7)).toBe(44);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 99_999_999 }), fc.integer({ min: 1, max: 10_000 }), (amount, hundredths) => {
      const exact = (BigInt(amount) * BigInt(hundredths) + 5000n) / 10_000n;
      expect(BigInt(percentOf(amount, hundredths / 100))).toBe(exact);
    }),
  );
});

test("a coupon of some products takes nothing off the others", async () => {
  const { stripe } = await openSandbox();
  const [one, other] = [await monthlyPrice(stripe), await monthlyPrice(stripe)];
  const product = String(one.product);
  const coupon = await stripe.coupons.create({ percent_off: 50, applies_to: { products: [product] } });
  expect(coupon).not.toHaveProperty("applies_to");
  expect(await stripe.coupons.retrieve(coupon.id, { expand: ["applies_to"] })).toMatchObject({
    applies_to: { products: [product] },
  });
  const discounts = [{ coupon: coupon.id }];
  const line_items = [one, other].map(({ id }) => ({ price: id, quantity: 1 }));
  const session = await openCheckout(stripe, { discounts, line_items, expand: ["line_items"] });
  expect(session).toMatchObject({
    amount_total: 2999 + 1499,
    line_items: {
      data: [
        { amount_discount: 1500, amount_total: 1499 },
        { amount_discount: 0, amount_total: 2999 },
      ],
    },
  });
  await expect(openCheckout(stripe, { discounts, line_items: line_items.slice(1) })).rejects.toThrow(
    "does not apply to anything",
  );
  await expect(stripe.coupons.create({ percent_off: 5, applies_to: { products: ["prod_none"] } })).rejects.toThrow(
    "No such product",
  );
});

test("a coupon reads as invalid once it is used up or too late, and is refused then", async () => {
  const { stripe, advance } = await openSandbox();
  const soon = Math.floor(Date.now() / 1000) + 3600;
  const once = await stripe.coupons.create({ percent_off: 10, max_redemptions: 1 });
  const late = await stripe.coupons.create({ percent_off: 10, redeem_by: soon });
  const use = (coupon: Stripe.Coupon) => openCheckout(stripe, { discounts: [{ coupon: coupon.id }] });
  await pay((await use(once)).url);
  expect(await stripe.coupons.retrieve(once.id)).toMatchObject({ valid: false, times_redeemed: 1 });
  await expect(use(once)).rejects.toMatchObject({ code: "coupon_expired" });
  expect((await use(late)).amount_total).toBe(2699);
  await advance(3601);
  expect((await stripe.coupons.list()).data.map(({ valid }) => valid)).toEqual([false, false]);
  await expect(use(late)).rejects.toMatchObject({ code: "coupon_expired" });
});

test("a coupon says for how long once, and ends in the future", async () => {
  const { stripe } = await openSandbox();
  await expect(stripe.coupons.create({ percent_off: 5, duration_in_months: 3 })).rejects.toThrow("repeating");
  await expect(stripe.coupons.create({ percent_off: 5, redeem_by: 1_000_000 })).rejects.toThrow("in the future");
  await expect(stripe.coupons.create({ percent_off: 101 })).rejects.toMatchObject({ param: "percent_off" });
  await expect(stripe.coupons.create({ percent_off: 5, amount_off: 5, currency: "usd" })).rejects.toThrow(
    "exactly one",
  );
});

test("a code is good for no longer and no more often than its coupon", async () => {
  const { stripe, advance } = await openSandbox();
  const now = Math.floor(Date.now() / 1000);
  const coupon = await stripe.coupons.create({ percent_off: 10, max_redemptions: 5, redeem_by: now + 3600 });
  const giveOut = (more: Partial<Stripe.PromotionCodeCreateParams>) =>
    stripe.promotionCodes.create({ promotion: { type: "coupon", coupon: coupon.id }, ...more });
  await expect(giveOut({ expires_at: now - 1 })).rejects.toMatchObject({ param: "expires_at" });
  await expect(giveOut({ expires_at: now + 7200 })).rejects.toThrow("redeem_by");
  await expect(giveOut({ max_redemptions: 6 })).rejects.toMatchObject({ param: "max_redemptions" });
  const code = await giveOut({ expires_at: now + 1800, max_redemptions: 5 });
  await stripe.promotionCodes.update(code.id, { active: false });
  expect(await stripe.promotionCodes.update(code.id, { active: true })).toMatchObject({ active: true });
  await advance(3601);
  await expect(stripe.promotionCodes.update(code.id, { active: true })).rejects.toMatchObject({ param: "active" });
  await expect(giveOut({})).rejects.toThrow("no longer valid");
});

test("a customer's own discount is kept, exchanged and taken away, and never silently left out of a price", async () => {
  const { url, stripe } = await openSandbox();
  const [first, second] = [
    await stripe.coupons.create({ percent_off: 10 }),
    await stripe.coupons.create({ percent_off: 20 }),
  ];
  const give = async (path: string, coupon: string) => {
    const headers = { authorization: "Bearer sk_test_x" };
    const answer = await fetch(`${url}/v1/${path}`, { method: "POST", headers, body: new URLSearchParams({ coupon }) });
    const customer: Stripe.Customer = JSON.parse(await answer.text());
    return customer;
  };
  const { id } = await give("customers", first.id);
  expect(await give(`customers/${id}`, second.id)).toMatchObject({ discount: { source: { coupon: second.id } } });
  expect(await openCheckout(stripe, { customer: id })).toMatchObject({ amount_total: 2399 });
  expect(await stripe.customers.deleteDiscount(id)).toMatchObject({ object: "discount", deleted: true });
  expect(await stripe.customers.retrieve(id)).toMatchObject({ discount: null });
  expect((await eventTypes(stripe)).filter((type) => type.startsWith("customer.discount."))).toEqual([
    "customer.discount.created",
    "customer.discount.updated",
    "customer.discount.deleted",
  ]);
});
