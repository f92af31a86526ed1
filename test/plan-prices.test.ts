import { expect } from "vitest";
import { test } from "./support/app.js";
import { change, newestInvoice, planOf, preview } from "./support/plans.js";
import { quiet } from "./support/quiet.js";
import { faultSeed, seeded } from "./support/seeded.js";
import { expectStripesTruth } from "./support/truth.js";

/** `npm run test:long` sets 200. */
const changes = Number(process.env["PLAN_CHANGES"] ?? 24);
const hour = 60 * 60;
const tiers = ["starter", "professional", "enterprise"] as const;
const intervals = ["MONTH", "YEAR"] as const;
const currencies = ["USD", "EUR", "JPY"] as const;

test(
  `${changes} plan changes at random instants cost what their previews said, to the cent (seed ${faultSeed})`,
  async ({ app }) => {
    const random = seeded(faultSeed);
    const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
    const coupons = [
      await app.stripe.coupons.create({ percent_off: 33, duration: "forever" }),
      await app.stripe.coupons.create({ percent_off: 10, duration: "once" }),
    ];
    for (const [n, coupon] of coupons.entries()) {
      await app.stripe.promotionCodes.create({ code: `CODE${n}`, promotion: { type: "coupon", coupon: coupon.id } });
    }
    const people = await Promise.all(
      currencies.map(async (currency) => {
        const person = app.person(`pays-${currency.toLowerCase()}`);
        const query = `query ($currency: CurrencyCode) { tier(slug: "professional") { price(currency: $currency) { id } } }`;
        const { tier } = await person.ask(query, { currency });
        await person.buy("professional", { priceId: tier.price.id });
        return { person, currency };
      }),
    );
    let made = 0;
    while (made < changes) {
      await app.control("POST", "/sandbox/clock", { advance_seconds: Math.floor(random() * 400 * hour) });
      await quiet(app);
      const { person, currency } = pick(people);
      const promotionCode = random() < 0.25 ? `CODE${Math.floor(random() * coupons.length)}` : undefined;
      const timing = pick(["AUTOMATIC", "AUTOMATIC", "IMMEDIATE", "PERIOD_END"] as const);
      const wish = { interval: pick(intervals), currency, timing, ...(promotionCode && { promotionCode }) };
      const tier = pick(tiers);
      const shown = await preview(app, person, tier, wish);
      if (shown.blockers.length > 0) {
        expect(shown.blockers).toMatchObject([{ code: "ALREADY_ON_TIER" }]);
        continue;
      }
      const changed = await change(app, person, tier, { ...wish, previewToken: shown.token });
      expect(changed.userErrors, JSON.stringify(wish)).toEqual([]);
      made += 1;
      if (shown.effectiveAt === changed.subscription.currentPeriod.end && shown.lines.length === 0) {
        expect(changed.subscription.pendingChange).toMatchObject({
          tier: { slug: tier },
          effectiveAt: shown.effectiveAt,
        });
        continue;
      }
      const invoice = await newestInvoice(app, person);
      expect(invoice?.lines.data.map(({ amount }) => amount)).toEqual(
        shown.lines.map(({ amount }: { amount: { amount: number } }) => amount.amount),
      );
      expect(Number(invoice?.total) < 0 ? invoice?.total : invoice?.amount_paid).toBe(shown.dueNow.amount);
      expect(await planOf(person)).toMatchObject({ tier: { slug: tier }, price: { interval: wish.interval } });
    }
    await expectStripesTruth(app);
  },
  60_000 + changes * 5_000,
);
