import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allowanceOf, changedFeatures, type Holder, tierInForce } from "../src/billing/allowances/allowance.js";
import { type Catalog, type CatalogFeature, freeTier, type Grant, grantOf } from "../src/billing/catalog/catalog.js";
import { readCatalogFile } from "../src/billing/catalog/catalog-file.js";
import { denialReasonOf, entitlementOf, remainingOf, upgradeTierOf } from "../src/billing/entitlements/entitlement.js";
import { type SubscriptionStatus, subscriptionStatuses } from "../src/stripe/snapshots.js";

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

function holder(status: SubscriptionStatus | null, tierSlug: string | null = "professional"): Holder {
  const isEntitling = status === "ACTIVE" || status === "TRIALING" || status === "PAST_DUE";
  return { isAdmin: false, subscription: status ? { status, tierSlug, isEntitling } : undefined };
}

/** How much a grant is worth, worked out apart from the code under test. */
function worth({ isIncluded, limit }: Grant): number {
  if (!isIncluded) return 0;
  return limit ?? Number.POSITIVE_INFINITY;
}

const anyHolder: fc.Arbitrary<Holder> = fc.record({
  isAdmin: fc.boolean(),
  subscription: fc.option(
    fc.record({
      status: fc.constantFrom(...subscriptionStatuses),
      tierSlug: fc.constantFrom(...catalog.tiers.map(({ slug }) => slug), "discontinued", null),
      isEntitling: fc.boolean(),
    }),
    { nil: undefined },
  ),
});
const anyFeature = fc.constantFrom(...catalog.features);

/** Tiers with grants at random, so that some take away what the free one gives. */
const anyCatalog: fc.Arbitrary<Catalog> = fc
  .array(
    fc.dictionary(
      fc.constantFrom(...catalog.features.map(({ key }) => key)),
      fc.record({ isIncluded: fc.boolean(), limit: fc.option(fc.nat()) }),
      { noNullPrototype: true },
    ),
    { minLength: catalog.tiers.length, maxLength: catalog.tiers.length },
  )
  .map((grants) => ({
    ...catalog,
    tiers: catalog.tiers.map((tier, index) => ({ ...tier, grants: grants[index] ?? {} })),
  }));

describe("the tier in force", () => {
  test.each([
    ["ACTIVE", "SUBSCRIPTION"],
    ["TRIALING", "TRIAL"],
    ["PAST_DUE", "GRACE"],
  ] as const)("a subscription that is %s entitles to the tier that was bought", (status, source) => {
    expect(tierInForce(catalog, holder(status))).toMatchObject({ tier: { slug: "professional" }, source });
  });

  test.each(["UNPAID", "PAUSED", "INCOMPLETE", "INCOMPLETE_EXPIRED", "CANCELED", null] as const)(
    "a subscription that is %s leaves the free tier",
    (status) => {
      expect(tierInForce(catalog, holder(status))).toMatchObject({ tier: { slug: "free" }, source: "FREE_TIER" });
    },
  );

  test("a tier that the catalog does not know any more leaves the free tier", () => {
    for (const slug of ["discontinued", null])
      expect(tierInForce(catalog, holder("ACTIVE", slug)).tier.slug).toBe("free");
  });

  test("staff have the staff tier, whatever they bought", () => {
    fc.assert(
      fc.property(anyHolder, (someone) => {
        expect(tierInForce(catalog, { ...someone, isAdmin: true })).toMatchObject({
          tier: { slug: "admin_unlimited" },
          source: "ADMIN",
        });
      }),
    );
  });
});

describe("an allowance", () => {
  test("is never less than the free tier's: buying never takes away, whatever the tiers give", () => {
    fc.assert(
      fc.property(anyCatalog, anyHolder, anyFeature, (anyTiers, someone, { key }) => {
        const free = grantOf(anyTiers, freeTier(anyTiers), key);
        expect(worth(allowanceOf(anyTiers, someone, key).grant)).toBeGreaterThanOrEqual(worth(free));
      }),
    );
  });

  test("is never less than the tier in force gives", () => {
    fc.assert(
      fc.property(anyCatalog, anyHolder, anyFeature, (anyTiers, someone, { key }) => {
        const inForce = grantOf(anyTiers, tierInForce(anyTiers, someone).tier, key);
        expect(worth(allowanceOf(anyTiers, someone, key).grant)).toBeGreaterThanOrEqual(worth(inForce));
      }),
    );
  });

  test("that comes from the free tier says so, though another one was bought", () => {
    const stingy: Catalog = {
      ...catalog,
      tiers: catalog.tiers.map((tier) => (tier.slug === "professional" ? { ...tier, grants: {} } : tier)),
    };
    expect(allowanceOf(stingy, holder("ACTIVE"), "guests")).toEqual({
      grant: { isIncluded: true, limit: 1 },
      source: "FREE_TIER",
    });
  });
});

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
    const entitlement = entitlementOf(catalog, holder(status), featureOf("advanced_features"), 0);
    expect(denialReasonOf(entitlement, 1)).toBe(reason);
    expect(entitlement.allowance.grant.isIncluded).toBe(false);
  });

  test.each(["UNPAID", "PAUSED", "CANCELED"] as const)(
    "with a subscription that is %s is not for what everybody has",
    (status) => {
      const guests = entitlementOf(catalog, holder(status), featureOf("guests"), 0);
      expect(denialReasonOf(guests, 1)).toBeNull();
      expect(denialReasonOf(guests, 2)).toBe("LIMIT_REACHED");
    },
  );

  test("of staff can only be for a tier that lacks the feature", () => {
    const lacking: Catalog = { ...catalog, tiers: catalog.tiers.map((tier) => ({ ...tier, grants: {} })) };
    const staff = { ...holder("PAUSED"), isAdmin: true };
    expect(denialReasonOf(entitlementOf(lacking, staff, featureOf("guests"), 0), 1)).toBe("FEATURE_NOT_IN_TIER");
  });

  test("comes exactly when the feature is not granted, or more is asked for than is left", () => {
    fc.assert(
      fc.property(anyCatalog, anyHolder, anyFeature, fc.nat(), fc.nat(), (tiers, someone, feature, used, wanted) => {
        const entitlement = entitlementOf(tiers, someone, feature, used);
        const { isIncluded, limit } = allowanceOf(tiers, someone, feature.key).grant;
        const isCapped = feature.kind !== "SWITCH" && limit !== null;
        const mayHave = isIncluded && (!isCapped || wanted <= Math.max(0, limit - used));
        expect(denialReasonOf(entitlement, wanted) === null).toBe(mayHave);
      }),
    );
  });

  test("of a quantity is one of every greater quantity too", () => {
    fc.assert(
      fc.property(anyCatalog, anyHolder, anyFeature, fc.nat(), fc.nat(), fc.nat(), (tiers, someone, feature, ...n) => {
        const [used, wanted, more] = n;
        const entitlement = entitlementOf(tiers, someone, feature, used);
        if (denialReasonOf(entitlement, wanted) === null) return;
        expect(denialReasonOf(entitlement, wanted + more)).not.toBeNull();
      }),
    );
  });
});

describe("what is left", () => {
  test("is never below zero, and null exactly for switches and without limit", () => {
    fc.assert(
      fc.property(anyCatalog, anyHolder, anyFeature, fc.nat(), (tiers, someone, feature, used) => {
        const entitlement = entitlementOf(tiers, someone, feature, used);
        const remaining = remainingOf(entitlement);
        expect(remaining === null).toBe(feature.kind === "SWITCH" || entitlement.isUnlimited);
        expect(remaining ?? 0).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test("is nothing after a downgrade below what is in use", () => {
    const guests = entitlementOf(catalog, holder("ACTIVE", "starter"), featureOf("guests"), 5);
    expect(guests).toMatchObject({ limit: 3, used: 5 });
    expect(remainingOf(guests)).toBe(0);
    expect(denialReasonOf(guests, 1)).toBe("LIMIT_REACHED");
  });
});

describe("the tier to upgrade to", () => {
  test("grants strictly more than is granted now, and is on the price list", () => {
    fc.assert(
      fc.property(anyHolder, anyFeature, fc.nat(), (someone, feature, used) => {
        const entitlement = entitlementOf(catalog, someone, feature, used);
        const upgrade = upgradeTierOf(catalog, entitlement);
        const now = worth(entitlement.allowance.grant);
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
    const premium = entitlementOf(catalog, holder(null), featureOf("scenes_premium"), 0);
    expect(upgradeTierOf(catalog, premium)?.slug).toBe("professional");
    const analytics = entitlementOf(catalog, holder("ACTIVE"), featureOf("usage_analytics"), 0);
    expect(upgradeTierOf(catalog, analytics)).toBeUndefined();
  });
});

describe("the features that changed", () => {
  test("are none between equal states", () => {
    fc.assert(
      fc.property(anyCatalog, anyHolder, (tiers, someone) => {
        expect(changedFeatures(tiers, someone, structuredClone(someone))).toEqual([]);
      }),
    );
  });

  test("are the same ones there and back", () => {
    fc.assert(
      fc.property(anyCatalog, anyHolder, anyHolder, (tiers, before, after) => {
        expect(changedFeatures(tiers, before, after)).toEqual(changedFeatures(tiers, after, before));
      }),
    );
  });

  test("hold every feature of which another quantity is granted", () => {
    fc.assert(
      fc.property(anyCatalog, anyHolder, anyHolder, (tiers, before, after) => {
        const changed = changedFeatures(tiers, before, after);
        for (const { key } of tiers.features) {
          const [was, is] = [allowanceOf(tiers, before, key).grant, allowanceOf(tiers, after, key).grant];
          if (worth(was) !== worth(is) || was.isIncluded !== is.isIncluded) expect(changed).toContain(key);
        }
      }),
    );
  });

  test("of a first purchase are those of the tier, and of nothing but a new period there are none", () => {
    const starter = holder("ACTIVE", "starter");
    expect(changedFeatures(catalog, holder(null), starter)).toEqual([
      "guests",
      "scenes_basic",
      "streaming_minutes",
      "recording_minutes",
    ]);
    expect(changedFeatures(catalog, starter, holder("ACTIVE", "starter"))).toEqual([]);
    // What is granted stays the same when a payment fails, and why it is granted does not.
    expect(changedFeatures(catalog, starter, holder("PAST_DUE", "starter"))).toHaveLength(4);
    expect(changedFeatures(catalog, starter, holder("UNPAID", "starter"))).toHaveLength(4);
  });
});
