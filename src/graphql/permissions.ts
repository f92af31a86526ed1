import { includesFeature, isBillingManager, isBillingManagerOrService, isCustomer } from "./rules.js";
import { allow } from "./shield-lib.js";

const includesUsageAnalytics = includesFeature("usage_analytics");

/**
 * Contents page: who may ask what. Every root field is here, and the builder refuses to start when one
 * is missing; on other types only what needs more than its root is named. Silence elsewhere means that
 * whoever may see the object may see the field.
 */
export const permissions = {
  Query: {
    tiers: allow,
    tier: allow,
    viewer: allow,
    currentSubscription: isCustomer,
    entitlements: isCustomer,
    entitlement: isCustomer,
    usageHistory: includesUsageAnalytics,
    payments: isBillingManager,
    invoices: isBillingManager,
    checkoutSession: isBillingManager,
  },
  Mutation: {
    registerCustomer: isBillingManagerOrService,
    createCheckoutSession: isBillingManagerOrService,
    createPortalSession: isBillingManagerOrService,
  },
  Subscription: {
    checkoutSessionUpdated: isBillingManager,
    currentSubscriptionUpdated: isCustomer,
    entitlementsChanged: isCustomer,
  },
  Customer: {
    payments: isBillingManager,
    invoices: isBillingManager,
    usageHistory: includesUsageAnalytics,
  },
};
