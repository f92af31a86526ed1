import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AllowanceSource,
  allowanceSources,
  changedFeatures,
  type Standing,
} from "../src/billing/allowances/allowance.js";
import { type Catalog, type CatalogFeature, type Grant, grantOf } from "../src/billing/catalog/catalog.js";
import { readCatalogFile } from "../src/billing/catalog/catalog-file.js";
import { denialReasonOf, entitlementOf, remainingOf, upgradeTierOf } from "../src/billing/entitlements/entitlement.js";
import { type SubscriptionStatus, subscriptionStatuses } from "../src/stripe/snapshots.js";

/** What follows from how somebody stands; how they stand is judged in the database, see allowances.test.ts. */

const definition = await readCatalogFile("catalog.yaml");

/** The repository's catalog, with all its prices on sale. */
const catalog: Catalog = {
  ...definition,
  version: 1,
  portalConfigurationId: null,
  prices: definition.prices.map((price) => ({ ...price, stripePriceId: `price_${price.id}`, isActive: true })),
};

function featureOf(key: string): CatalogFeature {
  const feature = catalog.features.find((each) => each.key === key);
  if (!feature) throw new Error(`catalog.yaml has no ${key}.`);
  return feature;
}

const none: Grant = { isIncluded: false, limit: 0 };

/** How somebody stands who has nothing, but for what is said. */
function standing(said: Partial<Standing> = {}): Standing {
  return {
    featureKey: "guests",
    isAdmin: false,
    grant: none,
    source: "FREE_TIER",
    used: 0,
    period: { start: new Date("2026-01-01T00:00:00Z"), end: new Date("2026-02-01T00:00:00Z") },
    isPeriodRunning: true,
    status: null,
    isEntitling: false,
    ...said,
  };
}

function withStatus(status: SubscriptionStatus | null, said: Partial<Standing> = {}): Standing {
  const isEntitling = status === "ACTIVE" || status === "TRIALING" || status === "PAST_DUE";
  return standing({ status, isEntitling, ...said });
}

/** How much a grant is worth, worked out apart from the code under test. */
function worth({ isIncluded, limit }: Grant): number {
  if (!isIncluded) return 0;
  return limit ?? Number.POSITIVE_INFINITY;
}

const anyGrant: fc.Arbitrary<Grant> = fc.oneof(
  fc.constant(none),
  fc.record({ isIncluded: fc.constant(true), limit: fc.option(fc.integer({ min: 1, max: 1_000 })) }),
);
const anyFeature = fc.constantFrom(...catalog.features);
const anyStanding = (featureKey: string): fc.Arbitrary<Standing> =>
  fc
    .record({
      isAdmin: fc.boolean(),
      grant: anyGrant,
      source: fc.constantFrom<AllowanceSource>(...allowanceSources),
      used: fc.nat({ max: 1_200 }),
      status: fc.option(fc.constantFrom(...subscriptionStatuses)),
    })
    .map(({ status, ...said }) => withStatus(status, { ...said, featureKey }));
/** A feature and how somebody stands with it. */
const anyCase = anyFeature.chain((feature) => fc.tuple(fc.constant(feature), anyStanding(feature.key)));
/** How somebody stands with all of them. */
const anyState = fc.tuple(...catalog.features.map(({ key }) => anyStanding(key)));

describe("a denial", () => {
  test.each([
    ["UNPAID", "PAYMENT_OVERDUE"],
    ["INCOMPLETE", "PAYMENT_OVERDUE"],
    ["PAUSED", "PAUSED"],
    ["CANCELED", "NO_SUBSCRIPTION"],
    ["INCOMPLETE_EXPIRED", "NO_SUBSCRIPTION"],
    [null, "NO_SUBSCRIPTION"],
    ["ACTIVE", "FEATURE_NOT_IN_TIER"],
    ["TRIALING", "FEATURE_NOT_IN_TIER"],
    ["PAST_DUE", "FEATURE_NOT_IN_TIER"],
  ] as const)("with a subscription that is %s is for the reason %s", (status, reason) => {
    expect(denialReasonOf(entitlementOf(featureOf("advanced_features"), withStatus(status)), 1)).toBe(reason);
  });

  test("of a subscription whose grace is over is that it is not paid", () => {
    const late = withStatus("PAST_DUE", { isEntitling: false });
    expect(denialReasonOf(entitlementOf(featureOf("advanced_features"), late), 1)).toBe("PAYMENT_OVERDUE");
  });

  test.each(["UNPAID", "PAUSED", "CANCELED"] as const)(
    "with a subscription that is %s is not for what everybody has",
    (status) => {
      const guests = entitlementOf(featureOf("guests"), withStatus(status, { grant: { isIncluded: true, limit: 1 } }));
      expect(denialReasonOf(guests, 1)).toBeNull();
      expect(denialReasonOf(guests, 2)).toBe("LIMIT_REACHED");
    },
  );

  test("of staff, of a given tier or of an override is never for want of a subscription", () => {
    for (const said of [{ isAdmin: true }, { source: "OVERRIDE" }, { source: "GRANT" }] as const) {
      const refused = entitlementOf(featureOf("guests"), standing(said));
      expect(denialReasonOf(refused, 1)).toBe("FEATURE_NOT_IN_TIER");
    }
  });

  test("comes exactly when the feature is not granted, or more is asked for than is left", () => {
    fc.assert(
      fc.property(anyCase, fc.nat({ max: 1_500 }), ([feature, held], wanted) => {
        const { isIncluded, limit } = held.grant;
        const isCapped = feature.kind !== "SWITCH" && limit !== null;
        const mayHave = isIncluded && (!isCapped || wanted <= Math.max(0, limit - held.used));
        expect(denialReasonOf(entitlementOf(feature, held), wanted) === null).toBe(mayHave);
      }),
    );
  });

  test("of a quantity is one of every greater quantity too", () => {
    fc.assert(
      fc.property(anyCase, fc.nat(), fc.nat(), ([feature, held], wanted, more) => {
        const entitlement = entitlementOf(feature, held);
        if (denialReasonOf(entitlement, wanted) === null) return;
        expect(denialReasonOf(entitlement, wanted + more)).not.toBeNull();
      }),
    );
  });
});

describe("what is left", () => {
  test("is never below zero, and null exactly for switches and without limit", () => {
    fc.assert(
      fc.property(anyCase, ([feature, held]) => {
        const entitlement = entitlementOf(feature, held);
        const remaining = remainingOf(entitlement);
        expect(remaining === null).toBe(feature.kind === "SWITCH" || entitlement.isUnlimited);
        expect(remaining ?? 0).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test("is nothing after a downgrade below what is in use", () => {
    const guests = entitlementOf(featureOf("guests"), standing({ grant: { isIncluded: true, limit: 3 }, used: 5 }));
    expect(guests).toMatchObject({ limit: 3, used: 5 });
    expect(remainingOf(guests)).toBe(0);
    expect(denialReasonOf(guests, 1)).toBe("LIMIT_REACHED");
  });
});

describe("the moment when use starts again from 0", () => {
  test("is the end of the period for what is metered, and none for what is held or was never used", () => {
    const held = standing();
    expect(entitlementOf(featureOf("streaming_minutes"), held).resetsAt).toEqual(held.period.end);
    expect(entitlementOf(featureOf("guests"), held).resetsAt).toBeNull();
    expect(entitlementOf(featureOf("streaming_minutes"), standing({ isPeriodRunning: false })).resetsAt).toBeNull();
  });
});

describe("the tier to upgrade to", () => {
  test("grants strictly more than is granted now, and is on the price list", () => {
    fc.assert(
      fc.property(anyCase, ([feature, held]) => {
        const upgrade = upgradeTierOf(catalog, entitlementOf(feature, held));
        const now = worth(held.grant);
        if (upgrade) {
          expect(worth(grantOf(catalog, upgrade, feature.key))).toBeGreaterThan(now);
          expect(upgrade.isHidden).toBe(false);
        } else {
          const visible = catalog.tiers.filter(({ isHidden }) => !isHidden);
          for (const tier of visible) expect(worth(grantOf(catalog, tier, feature.key))).toBeLessThanOrEqual(now);
        }
      }),
    );
  });

  test("is the cheapest of those that give more", () => {
    expect(upgradeTierOf(catalog, entitlementOf(featureOf("scenes_premium"), standing()))?.slug).toBe("professional");
    const analytics = standing({ grant: { isIncluded: true, limit: null } });
    expect(upgradeTierOf(catalog, entitlementOf(featureOf("usage_analytics"), analytics))).toBeUndefined();
  });
});

describe("the features that changed", () => {
  test("are none between equal states", () => {
    fc.assert(
      fc.property(anyState, (state) => {
        expect(changedFeatures(state, structuredClone(state))).toEqual([]);
      }),
    );
  });

  test("are the same ones there and back", () => {
    fc.assert(
      fc.property(anyState, anyState, (before, after) => {
        expect(changedFeatures(before, after)).toEqual(changedFeatures(after, before));
      }),
    );
  });

  test("hold every feature of which another quantity is granted", () => {
    fc.assert(
      fc.property(anyState, anyState, (before, after) => {
        const changed = changedFeatures(before, after);
        for (const [place, { featureKey, grant }] of after.entries()) {
          if (worth(before[place]?.grant ?? none) !== worth(grant)) expect(changed).toContain(featureKey);
        }
      }),
    );
  });

  test("hold what filled up to 80 percent or to the brim, and what has room again", () => {
    const at = (used: number) => [standing({ grant: { isIncluded: true, limit: 10 }, used })];
    expect(changedFeatures(at(7), at(8))).toEqual(["guests"]);
    expect(changedFeatures(at(8), at(9))).toEqual([]);
    expect(changedFeatures(at(9), at(10))).toEqual(["guests"]);
    expect(changedFeatures(at(10), at(0))).toEqual(["guests"]);
    expect(changedFeatures(at(0), at(7))).toEqual([]);
  });

  test("hold what is granted for another reason, and nothing that never was", () => {
    const granted = { isIncluded: true, limit: 3 };
    const paid = [standing({ grant: granted, source: "SUBSCRIPTION" })];
    expect(changedFeatures(paid, [standing({ grant: granted, source: "GRACE" })])).toEqual(["guests"]);
    expect(changedFeatures([standing({ source: "FREE_TIER" })], [standing({ source: "SUBSCRIPTION" })])).toEqual([]);
  });
});
