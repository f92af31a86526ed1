import type { FilePath } from "./catalog-fault.js";
import { type CatalogOutline, keyPattern } from "./catalog-schema.js";

/** A rule that the file breaks, before anyone looked up the line. */
export interface BrokenRule {
  readonly path: FilePath;
  readonly problem: string;
  readonly hint: string;
}

type TierOutline = NonNullable<CatalogOutline["tiers"][string]>;

/** The rules that no single line can break: they tie tiers and features together. */
export function brokenRules(outline: CatalogOutline): BrokenRule[] {
  const tiers = Object.entries(outline.tiers).flatMap(([slug, tier]) => (tier ? [{ slug, tier }] : []));
  return [
    ...badNames("features", outline.features),
    ...badNames("tiers", outline.tiers),
    ...exactlyOne("default", "Mark the one that everybody has without paying.", tiers),
    ...exactlyOne("staff", "Mark the one that admins get.", tiers),
    ...tiers.flatMap(({ slug, tier }) => brokenByTier(slug, tier)),
    ...repeatedPrices(tiers),
    ...Object.entries(outline.features).flatMap(([key, feature]) => brokenByFeature(key, feature)),
  ];
}

function badNames(section: string, entries: Readonly<Record<string, unknown>>): BrokenRule[] {
  const bad = Object.keys(entries).filter((name) => !keyPattern.test(name));
  const hint = "Use lower case letters, digits and `_`, a letter first, at most 40.";
  return bad.map((name) => ({ path: [section, name], problem: `\`${name}\` cannot be a key here.`, hint }));
}

function exactlyOne(
  flag: "default" | "staff",
  hint: string,
  tiers: { slug: string; tier: TierOutline }[],
): BrokenRule[] {
  if (tiers.length === 0) return []; // the block itself is at fault
  const [first, ...more] = tiers.filter(({ tier }) => tier[flag]);
  if (!first) return [{ path: ["tiers"], problem: `No tier is marked \`${flag}: true\`.`, hint }];
  return more.map(({ slug }) => ({
    path: ["tiers", slug, flag],
    problem: `Only one tier can be marked \`${flag}: true\`.`,
    hint: `\`${first.slug}\` is already.`,
  }));
}

function brokenByTier(slug: string, tier: TierOutline): BrokenRule[] {
  const path = ["tiers", slug];
  const isSold = Object.keys(tier.prices ?? {}).length > 0;
  const rules: [boolean, BrokenRule][] = [
    [
      isSold && (tier.default || tier.staff),
      {
        path: [...path, "prices"],
        problem: `\`${slug}\` is marked \`${tier.default ? "default" : "staff"}: true\` and has prices.`,
        hint: "Such a tier is free of charge: leave the prices out.",
      },
    ],
    [
      tier.default && tier.hidden,
      {
        path: [...path, "hidden"],
        problem: "The default tier is hidden.",
        hint: "Everybody has it: leave `hidden` out.",
      },
    ],
    [
      tier.staff && !tier.hidden,
      { path, problem: "The staff tier is on the price list.", hint: "Mark it `hidden: true`." },
    ],
    [
      !(isSold || tier.default || tier.staff || tier.hidden || typeof tier.contact_url === "string"),
      {
        path,
        problem: `\`${slug}\` is on the price list and cannot be had.`,
        hint: "Give it `prices` or a `contact_url`, or mark it `hidden: true`.",
      },
    ],
    [
      tier.trial_without_card === true && (tier.trial_days ?? 0) === 0,
      {
        path: [...path, "trial_without_card"],
        problem: `\`${slug}\` has a trial without a card, and no trial.`,
        hint: "Say how long it is in `trial_days`, or leave this out.",
      },
    ],
    [
      tier.seats !== undefined && tier.seats.min > tier.seats.max,
      {
        path: [...path, "seats", "min"],
        problem: `\`${slug}\` is sold in at least ${tier.seats?.min} seats and at most ${tier.seats?.max}.`,
        hint: "`min` must not be above `max`.",
      },
    ],
  ];
  return rules.flatMap(([isBroken, rule]) => (isBroken ? [rule] : []));
}

/** A subscription at one price cannot be on two tiers. */
function repeatedPrices(tiers: readonly { slug: string; tier: TierOutline }[]): BrokenRule[] {
  const owners = new Map<unknown, string>();
  return tiers.flatMap(({ slug, tier }) =>
    (tier.earlier_prices ?? []).flatMap((id, index): BrokenRule[] => {
      const owner = owners.get(id);
      owners.set(id, owner ?? slug);
      if (owner === undefined) return [];
      const problem = `\`${id}\` is named twice.`;
      return [{ path: ["tiers", slug, "earlier_prices", index], problem, hint: `\`${owner}\` has it already.` }];
    }),
  );
}

function brokenByFeature(key: string, feature: CatalogOutline["features"][string]): BrokenRule[] {
  if (!feature) return []; // not even a block: reported as such
  const hasUnit = feature.unit !== undefined && feature.unit !== null;
  if (feature.kind === "switch" && hasUnit) {
    const problem = `\`${key}\` is a switch and has a unit.`;
    return [{ path: ["features", key, "unit"], problem, hint: "Nothing is counted: leave the unit out." }];
  }
  if (feature.kind === "switch" && feature.self_reported) {
    const problem = `\`${key}\` is a switch and self-reported.`;
    return [
      { path: ["features", key, "self_reported"], problem, hint: "Nothing is counted: leave `self_reported` out." },
    ];
  }
  if (feature.kind === undefined || feature.kind === "switch" || hasUnit) return [];
  const problem = `\`unit\` is missing from \`${key}\`.`;
  return [{ path: ["features", key], problem, hint: "Name what is counted, in the singular, such as `unit: minute`." }];
}
