import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allowanceOf, changedFeatures, type Holder, isMoreGenerous } from "../src/billing/allowances/allowance.js";
import { type Catalog, freeTier, type Grant, grantOf } from "../src/billing/catalog/catalog.js";
import { readCatalogFile } from "../src/billing/catalog/catalog-file.js";
import { denialReasonOf, entitlementOf, remainingOf, upgradeTierOf } from "../src/billing/entitlements/entitlement.js";
import type { SubscriptionState } from "../src/billing/subscriptions/subscription.js";

const definition = await readCatalogFile("catalog.yaml");
const catalog: Catalog = {
  ...definition,
  version: 1,
  prices: definition.prices.map((price) => ({ ...price, stripePriceId: `price_${price.id}`, isActive: true })),
};

const statuses = [
  "ACTIVE",
  "TRIALING",
  "PAST_DUE",
  "UNPAID",
  "PAUSED",
  "INCOMPLETE",
  "INCOMPLETE_EXPIRED",
  "CANCELED",
] as const satisfies readonly SubscriptionState["status"][];

function holder(status?: SubscriptionState["status"], tierSlug: string | null = "professional"): Holder {
  return { isAdmin: false, subscription: status && { status, tierSlug, currentPeriodEnd: null } };
}
