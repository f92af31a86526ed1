import {
  includesFeature,
  isAdmin,
  isAdminOrServiceWith,
  isBillingManager,
  isBillingManagerOrServiceWith,
  isCustomer,
  isCustomerOrServiceWith,
  managesAccount,
  mayUseOfAccount,
  readsAllowances,
  servicesNeed,
} from "./rules.js";
import { allow } from "./shield-lib.js";

const usageAnalytics = "usage_analytics";

const reportsUsage = isCustomerOrServiceWith("USAGE_WRITE");
const followsCheckouts = isBillingManagerOrServiceWith("CHECKOUT_WRITE", "CUSTOMERS_READ");

/**
 * Contents page: who may ask what. Every root field is here, and the builder refuses to start when one
 * is missing, and so are all fields of `Customer`, which a service may come upon without the scope to read it, and of
 * what only staff see. On other types only what needs more than its root is named: silence there means that
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
    customer: isAdminOrServiceWith(...readsAllowances),
    currentSubscription: isCustomer,
    entitlements: isCustomer,
    entitlement: isCustomer,
    usage: isCustomer,
    usageHistory: includesFeature(usageAnalytics),
    payments: isBillingManager,
    invoices: isBillingManager,
    adminSubscriptions: isAdmin,
    adminCustomers: isAdmin,
    adminCustomer: isAdmin,
    checkoutSession: followsCheckouts,
    adminServiceKeys: isAdmin,
    adminReconciliations: isAdmin,
    adminWebhookEvents: isAdmin,
    rateLimit: allow,
  },
  Mutation: {
    registerCustomer: isBillingManagerOrServiceWith("CUSTOMERS_WRITE"),
    createCheckoutSession: isBillingManagerOrServiceWith("CHECKOUT_WRITE"),
    createPortalSession: isBillingManagerOrServiceWith("CHECKOUT_WRITE"),
    recordUsage: reportsUsage,
    reserveUsage: reportsUsage,
    settleUsage: reportsUsage,
    adminOverrideEntitlement: isAdmin,
    adminCreateServiceKey: isAdmin,
    adminRevokeServiceKey: isAdmin,
    adminReconcile: isAdmin,
    adminReplayWebhookEvent: isAdmin,
    adminReplayWebhookEvents: isAdmin,
  },
  Subscription: {
    checkoutSessionUpdated: followsCheckouts,
    currentSubscriptionUpdated: isCustomer,
    entitlementsChanged: isCustomerOrServiceWith(...readsAllowances),
  },
  Customer: {
    // Free, so that what a mutation gives can be told apart: neither says more than whoever named the customer knew.
    id: allow,
    externalId: allow,
    // Never null, so a refusal would take the whole account with it.
    createdAt: allow,
    // Null for all but staff.
    stripeUrl: allow,
    email: servicesNeed("CUSTOMERS_READ"),
    name: servicesNeed("CUSTOMERS_READ"),
    currency: servicesNeed("CUSTOMERS_READ"),
    subscription: servicesNeed("CUSTOMERS_READ"),
    tier: servicesNeed(...readsAllowances),
    entitlement: servicesNeed(...readsAllowances),
    entitlements: servicesNeed(...readsAllowances),
    usage: servicesNeed(...readsAllowances),
    payments: managesAccount,
    invoices: managesAccount,
    balance: managesAccount,
    paymentMethod: managesAccount,
    upcomingInvoice: managesAccount,
    usageHistory: mayUseOfAccount(usageAnalytics),
  },
  AdminSubscriptionConnection: { edges: isAdmin, nodes: isAdmin, pageInfo: isAdmin, totalCount: isAdmin },
  AdminSubscriptionEdge: { cursor: isAdmin, node: isAdmin, mrr: isAdmin },
  AdminCustomerConnection: { edges: isAdmin, nodes: isAdmin, pageInfo: isAdmin, totalCount: isAdmin },
  AdminCustomerEdge: { cursor: isAdmin, node: isAdmin, lifetimeValue: isAdmin },
  AdminOverrideEntitlementPayload: { entitlement: isAdmin, userErrors: isAdmin },
  AdminServiceKey: {
    id: isAdmin,
    name: isAdmin,
    scopes: isAdmin,
    prefix: isAdmin,
    createdAt: isAdmin,
    lastUsedAt: isAdmin,
    expiresAt: isAdmin,
    revokedAt: isAdmin,
  },
  AdminCreateServiceKeyPayload: { serviceKey: isAdmin, secret: isAdmin, userErrors: isAdmin },
  AdminRevokeServiceKeyPayload: { serviceKey: isAdmin, userErrors: isAdmin },
  AdminReconciliation: {
    id: isAdmin,
    status: isAdmin,
    startedAt: isAdmin,
    finishedAt: isAdmin,
    checkedCount: isAdmin,
    differences: isAdmin,
    repair: isAdmin,
  },
  AdminDifference: {
    kind: isAdmin,
    stripeId: isAdmin,
    field: isAdmin,
    ours: isAdmin,
    theirs: isAdmin,
    isRepaired: isAdmin,
    customer: isAdmin,
  },
  AdminReconciliationConnection: { edges: isAdmin, nodes: isAdmin, pageInfo: isAdmin, totalCount: isAdmin },
  AdminReconciliationEdge: { cursor: isAdmin, node: isAdmin },
  AdminReconcilePayload: { reconciliation: isAdmin, userErrors: isAdmin },
  AdminWebhookEvent: {
    id: isAdmin,
    stripeId: isAdmin,
    name: isAdmin,
    status: isAdmin,
    receivedAt: isAdmin,
    processedAt: isAdmin,
    attempts: isAdmin,
    lastError: isAdmin,
    payload: isAdmin,
    customer: isAdmin,
  },
  AdminWebhookEventConnection: { edges: isAdmin, nodes: isAdmin, pageInfo: isAdmin, totalCount: isAdmin },
  AdminWebhookEventEdge: { cursor: isAdmin, node: isAdmin },
  AdminReplayWebhookEventPayload: { webhookEvent: isAdmin, userErrors: isAdmin },
  AdminReplayWebhookEventsPayload: { queuedCount: isAdmin, userErrors: isAdmin },
};
