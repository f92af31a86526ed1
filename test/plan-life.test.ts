import fc from "fast-check";
import { expect } from "vitest";
import { type TestApp, test } from "./support/app.js";
import { subscriptionOf } from "./support/objects.js";
import type { Person } from "./support/person.js";
import { change, chargeTo, dropChange, planOf } from "./support/plans.js";
import { quiet } from "./support/quiet.js";
import { faultSeed } from "./support/seeded.js";
import { expectStripesTruth } from "./support/truth.js";

/** `npm run test:long` sets 50 lives of up to 50 steps. */
const lives = Number(process.env["PLAN_LIVES"] ?? 4);
const steps = Number(process.env["PLAN_STEPS"] ?? 12);

const tiers = ["starter", "professional", "enterprise"] as const;
type Tier = (typeof tiers)[number];

/** What a subscription is thought to be. */
interface Model {
  tier: Tier;
  pending: Tier | null;
  isLate: boolean;
  isEnding: boolean;
  cardWorks: boolean;
}

interface World {
  readonly app: TestApp;
  readonly person: Person;
}

type Step = fc.AsyncCommand<Model, World>;

function step(name: string, may: (model: Model) => boolean, run: (model: Model, world: World) => Promise<void>): Step {
  return {
    check: may,
    async run(model, world) {
      await run(model, world);
      await quiet(world.app);
      const { tier, pendingChange, status, cancelsAt } = await planOf(world.person);
      expect({
        tier: tier.slug,
        pending: pendingChange?.tier.slug ?? null,
        isLate: status === "PAST_DUE",
        isEnding: cancelsAt !== null,
      }).toEqual({ tier: model.tier, pending: model.pending, isLate: model.isLate, isEnding: model.isEnding });
    },
    toString: () => name,
  };
}

const moveTo = (tier: Tier) =>
  step(
    `move to ${tier}`,
    () => true,
    async (model, { app, person }) => {
      const { userErrors } = await change(app, person, tier);
      const expected = expectedOf(model, tier);
      expect(userErrors.map(({ code }: { code: string }) => code)).toEqual(expected ? [expected] : []);
      if (expected) return;
      const isUp = tiers.indexOf(tier) > tiers.indexOf(model.tier);
      if (isUp) Object.assign(model, { tier, pending: null });
      else model.pending = tier;
    },
  );

/** The refusal of a change; undefined where it goes through. */
function expectedOf(model: Model, tier: Tier): string | undefined {
  if (model.isLate) return "PAYMENT_FAILED";
  if (model.isEnding) return "ALREADY_CANCELED";
  if (tier === model.tier) return "ALREADY_ON_TIER";
  const isUp = tiers.indexOf(tier) > tiers.indexOf(model.tier);
  return isUp && !model.cardWorks ? "PAYMENT_FAILED" : undefined;
}

const drop = step(
  "drop what waits",
  () => true,
  async (model, { person }) => {
    const { userErrors } = await dropChange(person);
    expect(userErrors).toEqual(model.pending ? [] : [{ code: "NO_CHANGE_PENDING" }]);
    model.pending = null;
  },
);

const cancel = step(
  "cancel",
  () => true,
  async (model, { person }) => {
    const mutation = "mutation { cancelSubscription(input: {}) { userErrors { code } } }";
    const { userErrors } = (await person.ask(mutation)).cancelSubscription;
    expect(userErrors).toEqual(model.isEnding ? [{ code: "ALREADY_CANCELED" }] : []);
    if (!model.isEnding) Object.assign(model, { isEnding: true, pending: null });
  },
);

const resume = step(
  "take the cancellation back",
  () => true,
  async (model, { person }) => {
    const mutation = "mutation { resumeSubscription(input: {}) { userErrors { code } } }";
    const { userErrors } = (await person.ask(mutation)).resumeSubscription;
    expect(userErrors).toEqual(model.isEnding ? [] : [{ code: "NOT_CANCELING" }]);
    model.isEnding = false;
  },
);

const breakCard = step(
  "the card stops working",
  (model) => model.cardWorks,
  async (model, { app, person }) => {
    await chargeTo(app, person, "pm_card_chargeCustomerFail");
    model.cardWorks = false;
  },
);

const mendCard = step(
  "another card, and what is owed is paid",
  (model) => !model.cardWorks,
  async (model, { app, person }) => {
    await chargeTo(app, person, "pm_card_visa");
    const { id } = await subscriptionOf(app, person.sub);
    for (const owed of (await app.stripe.invoices.list({ subscription: id, status: "open" })).data) {
      await app.stripe.invoices.pay(String(owed.id));
    }
    Object.assign(model, { cardWorks: true, isLate: false });
  },
);

const renew = step(
  "the period ends",
  (model) => !model.isLate && !model.isEnding,
  async (model, { app, person }) => {
    const { currentPeriod } = await planOf(person);
    const to = new Date(Date.parse(currentPeriod.end) + 2 * 60 * 60 * 1000).toISOString();
    await app.control("POST", "/sandbox/clock", { to });
    Object.assign(model, { tier: model.pending ?? model.tier, pending: null, isLate: !model.cardWorks });
  },
);

const hearLate = step(
  "what Stripe tells comes late, all at once",
  () => true,
  async (model, { app, person }) => {
    await app.control("POST", "/sandbox/deliveries", { mode: "hold" });
    const other = tiers.find((tier) => tiers.indexOf(tier) > tiers.indexOf(model.tier));
    if (other && !expectedOf(model, other)) {
      await change(app, person, other);
      Object.assign(model, { tier: other, pending: null });
    }
    await app.control("POST", "/sandbox/deliveries", { mode: "send" });
  },
);

test(
  `whatever a subscriber does, the plan is what a small model says, and what Stripe has (${lives} lives, seed ${faultSeed})`,
  async ({ app }) => {
    const all = [...tiers.map(moveTo), drop, cancel, resume, breakCard, mendCard, renew, renew, hearLate].map(
      fc.constant,
    );
    let life = 0;
    await fc.assert(
      fc.asyncProperty(fc.commands(all, { maxCommands: steps, size: "max" }), async (commands) => {
        const person = await app.customerOn("professional", `life-${++life}`);
        const model: Model = { tier: "professional", pending: null, isLate: false, isEnding: false, cardWorks: true };
        await fc.asyncModelRun(() => ({ model, real: { app, person } }), commands);
        await app.stripe.subscriptions.cancel((await subscriptionOf(app, person.sub)).id);
        await expectStripesTruth(app);
      }),
      { numRuns: lives, seed: faultSeed, endOnFailure: true },
    );
  },
  60_000 + lives * steps * 3_000,
);
