/**
 * Who sees what: every field of the schema, through every door, for every kind of caller. The doors are made
 * from the schema, so a new field that the tables do not judge makes this file fail.
 *
 * An organisation pays: `acme` is the customer, whose billing `customer` manages and `member` does not.
 * `stranger` manages another organisation's. Services and admins have no account here.
 */
export const callers = ["anonymous", "customer", "member", "stranger", "service", "admin"] as const;
export type Caller = (typeof callers)[number];

/** `sees`; `null` where nothing is told; `missing` where the object itself is null; else the code of the refusal. */
export type Verdicts = Readonly<Record<Caller, string>>;

function row(anonymous: string, customer: string, member: string, stranger: string, service: string, admin: string) {
  return { anonymous, customer, member, stranger, service, admin };
}

/** What `node` finds of acme's objects, by their type; the rest of them is public. */
export const found: Readonly<Record<string, Verdicts>> = {
  //                         anonymous  customer   member     stranger   service    admin
  Feature: /*             */ row("sees", "sees", "sees", "sees", "sees", "sees"),
  Tier: /*                */ row("sees", "sees", "sees", "sees", "sees", "sees"),
  TierPrice: /*           */ row("sees", "sees", "sees", "sees", "sees", "sees"),
  BillingSubscription: /* */ row("missing", "sees", "sees", "missing", "sees", "sees"),
  Customer: /*            */ row("missing", "sees", "sees", "missing", "sees", "sees"),
  Entitlement: /*         */ row("missing", "sees", "sees", "missing", "sees", "sees"),
  UsageSummary: /*        */ row("missing", "sees", "sees", "missing", "sees", "sees"),
  UsageReservation: /*    */ row("missing", "sees", "sees", "missing", "sees", "sees"),
  CheckoutSession: /*     */ row("missing", "sees", "missing", "missing", "sees", "sees"),
  Invoice: /*             */ row("missing", "sees", "missing", "missing", "sees", "sees"),
  Payment: /*             */ row("missing", "sees", "missing", "missing", "sees", "sees"),
  Viewer: /*              */ row("missing", "sees", "missing", "missing", "missing", "missing"),
  AdminServiceKey: /*     */ row("missing", "missing", "missing", "missing", "missing", "sees"),
  AdminReconciliation: /* */ row("missing", "missing", "missing", "missing", "missing", "sees"),
  AdminWebhookEvent: /*   */ row("missing", "missing", "missing", "missing", "missing", "sees"),
};

export const everybody = row("sees", "sees", "sees", "sees", "sees", "sees");
const holders = row("UNAUTHENTICATED", "sees", "sees", "sees", "FORBIDDEN", "FORBIDDEN");
const managers = row("UNAUTHENTICATED", "sees", "FORBIDDEN", "sees", "FORBIDDEN", "FORBIDDEN");
const staff = row("UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "sees");
const ledgers = row("UNAUTHENTICATED", "sees", "FORBIDDEN", "missing", "sees", "sees");

/** The feature is one that only the product's back end may report. */
const reporters = row("UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "sees", "FORBIDDEN");

/** What each root field answers. Where no ID is given it is about the caller's own account. */
export const roots: Readonly<Record<string, readonly [root: string, verdicts: Verdicts]>> = {
  "Query.tiers": ["tiers", everybody],
  "Query.tier": ['tier(slug: "professional")', everybody],
  "Query.pricingContext": ["pricingContext", everybody],
  "Query.viewer": ["viewer", { ...everybody, anonymous: "missing" }],
  "Query.customer": [
    'customer(externalId: "acme")',
    row("UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "sees", "sees"),
  ],
  "Query.currentSubscription": ["currentSubscription", holders],
  "Query.entitlements": ["entitlements", holders],
  "Query.entitlement": ['entitlement(feature: "guests")', holders],
  "Query.usage": ["usage", holders],
  "Query.usageHistory": ['usageHistory(feature: "guests", from: "2026-01-01T00:00:00Z")', holders],
  "Query.payments": ["payments", managers],
  "Query.previewPlanChange": ['previewPlanChange(input: { priceId: "{TierPrice}" })', managers],
  "Query.invoices": ["invoices", managers],
  "Query.checkoutSession": ['checkoutSession(id: "{CheckoutSession}")', ledgers],
  "Query.adminSubscriptions": ["adminSubscriptions", staff],
  "Query.adminCustomers": ["adminCustomers", staff],
  "Query.adminCustomer": ['adminCustomer(externalId: "acme")', staff],
  "Query.adminServiceKeys": ["adminServiceKeys", staff],
  "Query.adminReconciliations": ["adminReconciliations", staff],
  "Query.adminWebhookEvents": ['adminWebhookEvents(filter: { customerId: "{Customer}" })', staff],
  "Query.rateLimit": ["rateLimit", everybody],
  "Mutation.registerCustomer": [
    "registerCustomer(input: { {acme} })",
    row("UNAUTHENTICATED", "sees", "FORBIDDEN", "sees", "sees", "FORBIDDEN"),
  ],
  "Mutation.createCheckoutSession": [
    'createCheckoutSession(input: { priceId: "{TierPrice}", returnUrl: "http://localhost:3000/" {acme} })',
    row("UNAUTHENTICATED", "sees", "FORBIDDEN", "sees", "sees", "FORBIDDEN"),
  ],
  "Mutation.createPortalSession": [
    'createPortalSession(input: { returnUrl: "http://localhost:3000/" {acme} })',
    row("UNAUTHENTICATED", "sees", "FORBIDDEN", "sees", "sees", "FORBIDDEN"),
  ],
  // To the price in force: refused, and nothing is changed for the others.
  "Mutation.changePlan": ['changePlan(input: { priceId: "{TierPrice}" })', managers],
  "Mutation.cancelPendingPlanChange": ["cancelPendingPlanChange(input: {})", managers],
  // These are refused whoever asks, and nothing is changed for the others.
  "Mutation.cancelSubscription": ['cancelSubscription(input: { comment: "\\u0007" })', managers],
  "Mutation.resumeSubscription": ["resumeSubscription(input: {})", managers],
  "Mutation.pauseSubscription": ['pauseSubscription(input: { resumesAt: "2020-01-01T00:00:00Z" })', managers],
  "Mutation.recordUsage": [
    'recordUsage(input: { events: [{ feature: "guests", idempotencyKey: "matrix" }] {acme} })',
    reporters,
  ],
  "Mutation.reserveUsage": [
    'reserveUsage(input: { feature: "guests", quantity: 1, expiresAt: "{soon}", idempotencyKey: "matrix" {acme} })',
    reporters,
  ],
  "Mutation.settleUsage": [
    // One that nobody has: whose it must be is told in reservations.test.ts.
    'settleUsage(input: { reservationId: "rsv_00000000000070008000000000000000", quantity: 1 })',
    row("UNAUTHENTICATED", "sees", "sees", "sees", "sees", "FORBIDDEN"),
  ],
  "Mutation.adminOverrideEntitlement": [
    'adminOverrideEntitlement(input: { customerId: "{Customer}", feature: "guests", override: { isIncluded: true, limit: 6 }, reason: "matrix" })',
    staff,
  ],
  "Mutation.adminCancelSubscription": [
    // One that nobody has.
    'adminCancelSubscription(input: { subscriptionId: "bsub_00000000000070008000000000000000", reason: "to see who may" })',
    staff,
  ],
  "Mutation.adminExtendTrial": [
    // Acme's is not in a trial: what staff do with one is told in trials-by-staff.test.ts.
    'adminExtendTrial(input: { subscriptionId: "{BillingSubscription}", trialEndsAt: "{soon}", reason: "matrix" })',
    staff,
  ],
  "Mutation.adminGrantTier": [
    'adminGrantTier(input: { customerId: "{Customer}", tier: "starter", reason: "matrix" })',
    staff,
  ],
  "Mutation.adminRefundPayment": [
    'adminRefundPayment(input: { paymentId: "{Payment}", amount: 1, reason: "matrix", idempotencyKey: "matrix-refund" })',
    staff,
  ],
  "Mutation.adminCreateServiceKey": [
    'adminCreateServiceKey(input: { name: "a back end", scopes: [USAGE_WRITE], reason: "to see who may" })',
    staff,
  ],
  "Mutation.adminRevokeServiceKey": [
    'adminRevokeServiceKey(input: { serviceKeyId: "{AdminServiceKey}", reason: "to see who may" })',
    staff,
  ],
  "Mutation.adminReconcile": ['adminReconcile(input: { customerId: "{Customer}", reason: "to see who may" })', staff],
  "Mutation.adminReplayWebhookEvent": [
    'adminReplayWebhookEvent(input: { webhookEventId: "{AdminWebhookEvent}", reason: "to see who may" })',
    staff,
  ],
  "Mutation.adminReplayWebhookEvents": [
    'adminReplayWebhookEvents(input: { filter: { customerId: "{Customer}" }, reason: "to see who may" })',
    staff,
  ],
  "Subscription.checkoutSessionUpdated": ['checkoutSessionUpdated(id: "{CheckoutSession}")', ledgers],
  "Subscription.currentSubscriptionUpdated": ["currentSubscriptionUpdated", holders],
  "Subscription.entitlementsChanged": ["entitlementsChanged", { ...holders, service: "sees" }],
};

/** Whoever has the object before them sees these fields of it. */
export const open: Readonly<Record<string, string>> = {
  AdminOverrideEntitlementPayload: "entitlement userErrors",
  AdminCancelSubscriptionPayload: "subscription userErrors",
  AdminExtendTrialPayload: "subscription userErrors",
  AdminGrantTierPayload: "subscription userErrors",
  AdminRefundPaymentPayload: "payment userErrors",
  AdminCustomerConnection: "edges nodes pageInfo totalCount",
  AdminCustomerEdge: "cursor lifetimeValue node",
  AdminSubscriptionConnection: "edges nodes pageInfo totalCount",
  AdminSubscriptionEdge: "cursor mrr node",
  AdminCreateServiceKeyPayload: "secret serviceKey userErrors",
  AdminRevokeServiceKeyPayload: "serviceKey userErrors",
  AdminReconcilePayload: "reconciliation userErrors",
  AdminReconciliation: "checkedCount differences finishedAt id repair startedAt status",
  AdminReconciliationConnection: "edges nodes pageInfo totalCount",
  AdminReconciliationEdge: "cursor node",
  AdminDifference: "customer field isRepaired kind ours stripeId theirs",
  AdminReplayWebhookEventPayload: "userErrors webhookEvent",
  AdminReplayWebhookEventsPayload: "queuedCount userErrors",
  AdminWebhookEvent: "attempts customer id lastError name payload processedAt receivedAt status stripeId",
  AdminWebhookEventConnection: "edges nodes pageInfo totalCount",
  AdminWebhookEventEdge: "cursor node",
  AdminServiceKey: "createdAt expiresAt id lastUsedAt name prefix revokedAt scopes",
  BillingSubscription: `availableActions cancelsAt currentPeriod customer discount endedAt graceEndsAt id isEntitling
    origin pendingChange price quantity resumesAt startedAt status tier trialEndsAt`,
  CheckoutSession: "expiresAt id status subscription url",
  CreateCheckoutSessionPayload: "checkoutSession userErrors",
  CreatePortalSessionPayload: "url userErrors",
  CurrentSubscriptionUpdatedEvent: "cause customer occurredAt previousStatus subscription",
  Customer: "createdAt currency email entitlement entitlements externalId id name subscription tier usage usageHistory",
  CancelPendingPlanChangePayload: "subscription userErrors",
  CancelSubscriptionPayload: "subscription userErrors",
  PauseSubscriptionPayload: "subscription userErrors",
  ResumeSubscriptionPayload: "subscription userErrors",
  ChangePlanPayload: "confirmationUrl subscription userErrors",
  Discount: "amountOff endsAt name percentOff",
  Entitlement: "denialReason feature hasAccess id isUnlimited limit remaining resetsAt source upgradeTier used",
  EntitlementsChangedEvent: "cause customer entitlements occurredAt",
  Feature: "description id key kind name unit",
  Invoice: `amountDue discountTotal dueAt hostedUrl id issuedAt lines number paidAt payments pdfUrl period status subtotal
    tax total`,
  InvoiceConnection: "edges nodes pageInfo totalCount",
  InvoiceEdge: "cursor node",
  InvoiceLine: "amount description isProration period quantity",
  InvoicePreview: "amountDue chargedAt lines tax total",
  Money: "amount currency decimal formatted",
  PageInfo: "endCursor hasNextPage hasPreviousPage startCursor",
  Payment: "amount createdAt failureCode failureMessage id invoice method receiptUrl refundedAmount status",
  PaymentConnection: "edges nodes pageInfo totalCount",
  PaymentEdge: "cursor node",
  PaymentMethod: "brand expMonth expYear kind last4",
  PendingPlanChange: "effectiveAt price tier",
  PlanChangePreview: "blockers direction dueNow effectiveAt gained lines lost recurring token",
  Period: "end start",
  PricingContext: "availableCurrencies country currency source",
  RecordUsagePayload: "results userErrors",
  RateLimit: "cost limit remaining restoreRate",
  RegisterCustomerPayload: "customer userErrors",
  ReserveUsagePayload: "reservation userErrors",
  SettleUsagePayload: "entitlement reservation userErrors",
  Tier: `contactUrl description features highlights id isFree isRecommended isTrialWithoutCard name price prices rank
    slug trialDays viewerAction`,
  TierFeature: "feature isIncluded isUnlimited limit",
  TierPrice: "id interval isTaxInclusive monthlyEquivalent savingsPercent tier unitAmount",
  UsageEventResult: "entitlement idempotencyKey isAccepted isDuplicate userErrors",
  UsagePoint: "period quantity",
  UsageReservation: "expiresAt feature id quantity settledQuantity status",
  UsageSeries: "feature points total",
  UsageSummary: "feature id limit overage percentUsed period used",
  UserError: "actionUrl code message path",
  Viewer: "id roles",
};

const money = { ...everybody, member: "FORBIDDEN" };

/** And these only some of them see. */
export const guarded: Readonly<Record<string, Verdicts>> = {
  "Customer.invoices": money,
  "Customer.payments": money,
  "Customer.balance": money,
  "Customer.paymentMethod": money,
  "Customer.upcomingInvoice": money,
  "Customer.stripeUrl": row("null", "null", "null", "null", "null", "sees"),
  "Viewer.customer": { ...everybody, service: "null", admin: "null" },
};

/** What changes for who has no subscription any more. */
export const withoutSubscription: Readonly<Record<string, Verdicts>> = {
  "Customer.usageHistory": row(
    "UNAUTHENTICATED",
    "UPGRADE_REQUIRED",
    "UPGRADE_REQUIRED",
    "UPGRADE_REQUIRED",
    "sees",
    "sees",
  ),
};

/** Types of which acme has nothing, so that no door leads there. */
export const neverThere: readonly string[] = ["Discount", "PendingPlanChange"];
