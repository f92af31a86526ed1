import type { TestApp } from "./app.js";
import { pushChanged } from "./catalog.js";

/** Lets these tiers begin with so many free days, and no other. */
export function offerTrials(app: TestApp, days: Record<string, number>): Promise<void> {
  return pushChanged(app, (definition) => ({
    ...definition,
    tiers: definition.tiers.map((tier) => ({ ...tier, trialDays: days[tier.slug] ?? 0 })),
  }));
}
