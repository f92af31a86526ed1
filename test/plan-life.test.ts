import fc from "fast-check";
import { expect, test } from "vitest";
import { startTestApp, type TestApp } from "./support/app.js";
import { pushChanged } from "./support/catalog.js";
import { expectExactCounters } from "./support/exact.js";
import { type Act, type Kind, kinds } from "./support/lives/acts.js";
import { day, hour, type Life, newLife, type Tally, tiers } from "./support/lives/life.js";
import { live, type Round } from "./support/lives/round.js";
import { faultSeed } from "./support/seeded.js";
import { expectStripesTruth } from "./support/truth.js";

/** `npm run test:long` sets 1,000 lives of 50 steps. */
const lives = Number(process.env["PLAN_LIVES"] ?? 50);
const steps = Number(process.env["PLAN_STEPS"] ?? 30);
/** So many live side by side, by one clock. */
const together = Math.min(10, lives);
const mostSeats = 4;

const act: fc.Arbitrary<Act> = fc.record({
  kind: fc.oneof(...Object.entries(kinds).map(([kind, weight]) => ({ arbitrary: fc.constant(kind as Kind), weight }))),
  tier: fc.constantFrom(...tiers),
  seats: fc.integer({ min: 1, max: mostSeats }),
  days: fc.integer({ min: 1, max: 40 }),
});

const round: fc.Arbitrary<Round> = fc.record({
  acts: fc.array(act, { minLength: together, maxLength: together, size: "max" }),
  seconds: fc.oneof(
    fc.constant(hour),
    ...[3, 9, 9].map((days) => fc.noBias(fc.integer({ min: day, max: days * day }))),
  ),
  isLate: fc.nat(5).map((drawn) => drawn === 0),
});

/** What so many lives are never without. */
const common = [
  "renewed",
  "late",
  "subscribe",
  "change tier",
  "change seats",
  "cancel",
  "pause",
  "resume",
  "refund in full",
];

const command = round.map(
  (told): fc.AsyncCommand<Life[], TestApp> => ({
    check: () => true,
    run: (model, app) => live(app, model, told),
    toString: () => JSON.stringify(told),
  }),
);

test(
  `whatever customers do and suffer, they have what a small model says and what Stripe has, and pay what they were shown (${lives} lives of ${steps} steps, seed ${faultSeed})`,
  async () => {
    const seen: Tally = new Map();
    const commands = fc.array(command, { minLength: steps, maxLength: steps, size: "max" });
    await fc.assert(
      fc.asyncProperty(commands, async (rounds) => {
        const { app, stop } = await startTestApp();
        try {
          await app.control("POST", "/sandbox/billing", { after_last_retry: "cancel" });
          await pushChanged(app, (definition) => ({
            ...definition,
            tiers: definition.tiers.map((tier) => ({ ...tier, seats: { min: 1, max: mostSeats } })),
          }));
          const people = Array.from({ length: together }, (_, index) => newLife(app.person(`life-${index}`), seen));
          await fc.asyncModelRun(() => ({ model: people, real: app }), rounds);
          await expectStripesTruth(app);
          await expectExactCounters(app.connection);
          expect(app.logged.filter((line) => line.includes('"level":50'))).toEqual([]);
        } finally {
          await stop();
        }
      }),
      { numRuns: Math.ceil(lives / together), seed: faultSeed, endOnFailure: true },
    );
    console.info(`What came about in ${lives} lives:`, Object.fromEntries([...seen].toSorted()));
    // Fewer lives may have nothing of it.
    if (lives * steps >= 1_500) expect([...seen.keys()]).toEqual(expect.arrayContaining(common));
  },
  60_000 + lives * steps * 1_000,
);
