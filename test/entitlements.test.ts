import { expect } from "vitest";
import { test as base } from "./support/app.js";
import { codesOf } from "./support/graphql.js";
import type { Person } from "./support/person.js";

type TierSlug = "free" | "starter" | "professional" | "enterprise";

/** Somebody on each tier. */
const test = base.extend<{ on: Record<TierSlug, Person> }>({
  on: [
    async ({ app }, use) => {
      const [starter, professional, enterprise] = await Promise.all([
        app.customerOn("starter", "on-starter"),
        app.customerOn("professional", "on-professional"),
        app.customerOn("enterprise", "on-enterprise"),
      ]);
      await use({ free: app.person("on-free"), starter, professional, enterprise });
    },
    { scope: "file" },
  ],
});

/** What catalog.yaml gives, in its order: a switch on or off, or a limit, null for unlimited. */
const given: [TierSlug, Record<string, boolean | number | null>][] = [
  [
    "free",
    {
      guests: 1,
      scenes_basic: false,
      scenes_premium: false,
      advanced_features: false,
      usage_analytics: false,
      streaming_minutes: 60,
      recording_minutes: 0,
    },
  ],
  [
    "starter",
    {
      guests: 3,
      scenes_basic: true,
      scenes_premium: false,
      advanced_features: false,
      usage_analytics: false,
      streaming_minutes: 600,
      recording_minutes: 60,
    },
  ],
  [
    "professional",
    {
      guests: 6,
      scenes_basic: true,
      scenes_premium: true,
      advanced_features: false,
      usage_analytics: true,
      streaming_minutes: 3_000,
      recording_minutes: 600,
    },
  ],
  [
    "enterprise",
    {
      guests: null,
      scenes_basic: true,
      scenes_premium: true,
      advanced_features: true,
      usage_analytics: true,
      streaming_minutes: null,
      recording_minutes: null,
    },
  ],
];

const wholeEntitlement = "feature { key } hasAccess denialReason source isUnlimited limit used remaining";

test.for(given)("%s grants what catalog.yaml says, and no more", async ([tier, features], { on }) => {
  const { entitlements, viewer } = await on[tier].ask(
    `{ entitlements { ${wholeEntitlement} }
       viewer { customer { tier { slug } entitlements { ${wholeEntitlement} } } } }`,
  );
  const source = tier === "free" ? "FREE_TIER" : "SUBSCRIPTION";
  const denialReason = tier === "free" ? "NO_SUBSCRIPTION" : "FEATURE_NOT_IN_TIER";
  const expected = Object.entries(features).map(([key, grant]) => {
    const isCounted = typeof grant !== "boolean";
    const isIncluded = grant !== false && grant !== 0;
    return {
      feature: { key },
      hasAccess: isIncluded,
      denialReason: isIncluded ? null : denialReason,
      source: isIncluded ? source : null,
      isUnlimited: grant === null,
      limit: isCounted ? grant : null,
      used: isCounted ? 0 : null,
      remaining: isCounted ? grant : null,
    };
  });
  expect(entitlements).toEqual(expected);
  expect(viewer.customer).toEqual({ tier: { slug: tier }, entitlements: expected });
});

test.for<[TierSlug, Record<string, string | null>]>([
  ["free", { guests: "starter", scenes_premium: "professional", advanced_features: "enterprise" }],
  ["starter", { guests: "professional", scenes_basic: null, usage_analytics: "professional" }],
  ["professional", { guests: "enterprise", streaming_minutes: "enterprise", scenes_premium: null }],
  ["enterprise", { guests: null, advanced_features: null, recording_minutes: null }],
])("who is on %s is shown the cheapest tier that gives more", async ([tier, upgrades], { on }) => {
  const { entitlements } = await on[tier].ask(
    "query ($features: [String!]) { entitlements(features: $features) { feature { key } upgradeTier { slug } } }",
    { features: Object.keys(upgrades) },
  );
  expect(entitlements).toEqual(
    Object.entries(upgrades).map(([key, slug]) => ({ feature: { key }, upgradeTier: slug && { slug } })),
  );
});

const quantities = `query ($feature: String!, $quantity: SafeInt!) { entitlement(feature: $feature) {
  hasAccess(quantity: $quantity) denialReason(quantity: $quantity) remaining } }`;

test.for<[TierSlug, string, number, string | null]>([
  ["free", "guests", 0, null],
  ["free", "guests", 1, null],
  ["free", "guests", 2, "LIMIT_REACHED"],
  ["free", "recording_minutes", 0, "NO_SUBSCRIPTION"],
  ["free", "scenes_basic", 0, "NO_SUBSCRIPTION"],
  ["starter", "streaming_minutes", 600, null],
  ["starter", "streaming_minutes", 601, "LIMIT_REACHED"],
  ["starter", "scenes_basic", Number.MAX_SAFE_INTEGER, null],
  ["professional", "advanced_features", 1, "FEATURE_NOT_IN_TIER"],
  ["enterprise", "guests", Number.MAX_SAFE_INTEGER, null],
])("on %s, of %s and %d more, the reason to say no is %s", async ([tier, feature, quantity, reason], { on }) => {
  const { entitlement } = await on[tier].ask(quantities, { feature, quantity });
  expect(entitlement).toMatchObject({ hasAccess: reason === null, denialReason: reason });
});

test("entitlements come in the order in which they were asked for, as often as they were", async ({ on }) => {
  const features = ["streaming_minutes", "guests", "usage_analytics", "guests"];
  const { entitlements, viewer } = await on.starter.ask(
    `query ($features: [String!]) {
      entitlements(features: $features) { id feature { key } }
      viewer { customer { entitlements(features: $features) { id feature { key } } } } }`,
    { features },
  );
  expect(entitlements.map(({ feature }: { feature: { key: string } }) => feature.key)).toEqual(features);
  expect(viewer.customer.entitlements).toEqual(entitlements);
  expect(entitlements[1].id).toBe(entitlements[3].id);
  expect(await on.starter.ask("{ entitlements(features: []) { id } }")).toEqual({ entitlements: [] });
});

test.for([
  ["one entitlement", `{ entitlement(feature: "guest") { hasAccess } }`],
  ["entitlements", `{ entitlements(features: ["guests", "guest"]) { hasAccess } }`],
  ["one entitlement of the viewer", `{ viewer { customer { entitlement(feature: "guest") { hasAccess } } } }`],
  ["entitlements of the viewer", `{ viewer { customer { entitlements(features: ["guest"]) { hasAccess } } } }`],
  ["what every object inherits", `{ entitlement(feature: "constructor") { hasAccess } }`],
  ["nothing", `{ entitlement(feature: "") { hasAccess } }`],
] as const)("an unknown feature is an error of the request, never a no: %s", async ([, query], { on }) => {
  for (const person of [on.free, on.enterprise]) {
    const answer = await person.graphql(query);
    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(answer.errors?.[0]?.message).toContain("There is no feature");
  }
});

test.for([
  ["nobody", undefined, "UNAUTHENTICATED"],
  ["a service", "service", "FORBIDDEN"],
] as const)("%s has no entitlements", async ([, role, code], { app }) => {
  const token = role && app.person("backend", { role }).token;
  for (const query of [`{ entitlement(feature: "guests") { hasAccess } }`, "{ entitlements { hasAccess } }"]) {
    expect(codesOf(await app.graphql(query, {}, token))).toEqual([code]);
  }
});

const series = `usageHistory(feature: $feature, from: $from, to: $to, granularity: $granularity) {
  feature { key } total points { period { start end } quantity } }`;
const declared = "query ($feature: String!, $from: DateTime!, $to: DateTime, $granularity: Granularity! = DAY)";
const atRoot = `${declared} { ${series} }`;
const underViewer = `${declared} { viewer { id customer { id ${series} } } }`;
const march = { feature: "streaming_minutes", from: "2026-03-01T00:00:00Z", to: "2026-04-01T00:00:00Z" };

test.for(["free", "starter"] as const)(
  "the use over time needs a tier with usage analytics, which %s is not",
  async (tier, { on }) => {
    const refused = {
      message: "The current tier does not include Usage analytics.",
      extensions: { code: "UPGRADE_REQUIRED", feature: "usage_analytics", upgradeTier: "professional" },
    };
    const root = await on[tier].graphql(atRoot, march);
    expect(root.data).toEqual({ usageHistory: null });
    expect(root.errors).toMatchObject([{ ...refused, path: ["usageHistory"] }]);
    const nested = await on[tier].graphql(underViewer, march);
    expect(nested.data.viewer).toEqual({
      id: expect.any(String),
      customer: { id: expect.any(String), usageHistory: null },
    });
    expect(nested.errors).toMatchObject([{ ...refused, path: ["viewer", "customer", "usageHistory"] }]);
  },
);

test("the use over time has a point for every day, at the root and under the viewer", async ({ on }) => {
  const { usageHistory } = await on.professional.ask(atRoot, march);
  expect(usageHistory).toMatchObject({ feature: { key: "streaming_minutes" }, total: 0 });
  const periods = usageHistory.points.map(({ period }: { period: { start: string; end: string } }) => period);
  expect(periods).toHaveLength(31);
  expect(periods[0].start).toBe("2026-03-01T00:00:00.000Z");
  expect(periods.at(-1).end).toBe("2026-04-01T00:00:00.000Z");
  for (const [index, { start }] of periods.slice(1).entries()) expect(start).toBe(periods[index].end);
  expect((await on.professional.ask(underViewer, march)).viewer.customer.usageHistory).toEqual(usageHistory);
});

test("the use over time ends now when no end is given", async ({ app, on }) => {
  const before = app.now().getTime();
  const from = new Date(before - 3 * 3_600_000).toISOString();
  const { usageHistory } = await on.professional.ask(atRoot, { feature: "guests", from, granularity: "HOUR" });
  const { start, end } = usageHistory.points.at(-1).period;
  expect(Date.parse(start)).toBeLessThan(app.now().getTime());
  expect(Date.parse(end)).toBeGreaterThan(before);
});

test("a series has 1,000 points at most", async ({ on }) => {
  const hours = (count: number) => ({
    ...march,
    granularity: "HOUR",
    to: new Date(Date.parse(march.from) + count * 3_600_000).toISOString(),
  });
  expect((await on.professional.ask(atRoot, hours(1_000))).usageHistory.points).toHaveLength(1_000);
  expect(codesOf(await on.professional.graphql(atRoot, hours(1_001)))).toEqual(["BAD_USER_INPUT"]);
});

test.for([
  ["that ends before it begins", { to: "2026-02-28T00:00:00Z" }],
  ["that ends as it begins", { to: march.from }],
  [
    "of thousands of years, by the hour",
    { from: "0001-01-01T00:00:00Z", to: "9999-01-01T00:00:00Z", granularity: "HOUR" },
  ],
  ["of a feature that is not there", { feature: "minutes" }],
  ["that begins at no time at all", { from: "yesterday" }],
] as const)("a series %s is refused", async ([, change], { on }) => {
  expect(codesOf(await on.professional.graphql(atRoot, { ...march, ...change }))).toEqual(["BAD_USER_INPUT"]);
});
