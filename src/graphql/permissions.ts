import {
  includesFeature,
  isBillingManager,
  isBillingManagerOrService,
  isCustomer,
  isServiceOrAdmin,
  managesAccount,
  mayUseOfAccount,
} from "./rules.js";
import { allow } from "./shield-lib.js";

const usageAnalytics = "usage_analytics";

/**
 * Contents page: who may ask what. Every root field is here, and the builder refuses to start when one
 * is missing; on other types only what needs more than its root is named. Silence elsewhere means that
 * whoever may see the object may see the field.
 */
export const permissions = {
  Query: {
    // Null stands for what somebody may not see: each reader of billing/nodes.ts looks at whose it is.
    node: allow,
    nodes: allow,
    tiers: allow,
    tier: allow,
    pricingContext: allow,
    viewer: allow,
    customer: isServiceOrAdmin,
    currentSubscription: isCustomer,
    entitlements: isCustomer,
    entitlement: isCustomer,
    usage: isCustomer,
    usageHistory: includesFeature(usageAnalytics),
    payments: isBillingManager,
    invoices: isBillingManager,
    checkoutSession: isBillingManagerOrService,
    rateLimit: allow,
  },
  Mutation: {
    registerCustomer: isBillingManagerOrService,
    createCheckoutSession: isBillingManagerOrService,
    createPortalSession: isBillingManagerOrService,
  },
  Subscription: {
    checkoutSessionUpdated: isBillingManagerOrService,
    currentSubscriptionUpdated: isCustomer,
    entitlementsChanged: isCustomer,
  },
  Customer: {
    payments: managesAccount,
    invoices: managesAccount,
    balance: managesAccount,
    paymentMethod: managesAccount,
    upcomingInvoice: managesAccount,
    usageHistory: mayUseOfAccount(usageAnalytics),
  },
};
