/** What a field costs where its type does not tell. */
export interface FieldCost {
  /** The list among its arguments that it works through, from the argument's name down: `input.events`. */
  readonly items?: string;
  /** Points, by the number of those items (0 without any) and what was selected of one result. */
  readonly points: (items: number, selected: number) => number;
  /** Reaches Stripe or moves money, and is counted by RATE_LIMIT_MONEY too. Mutations only. */
  readonly isMoney?: boolean;
}

/** A change under the customer's lock, with a call or two to Stripe. */
const money: FieldCost = { points: (_items, selected) => 10 + selected, isMoney: true };

/**
 * Contents page: what costs more or less than its type says. Every mutation is here; one that is missing counts as
 * one of money.
 */
export const fieldCosts: Readonly<Record<string, FieldCost>> = {
  "Query.nodes": { items: "ids", points: (ids, selected) => ids * (1 + selected) },
  // Both ask Stripe while the checkout can still change.
  "Query.checkoutSession": { points: (_items, selected) => 5 + selected },
  "Subscription.checkoutSessionUpdated": { points: (_items, selected) => 5 + selected },
  // Up to a megabyte each.
  "AdminWebhookEvent.payload": { points: () => 5 },
  // Asks Stripe for two invoices.
  "Query.previewPlanChange": { points: (_items, selected) => 20 + selected },
  "Customer.upcomingInvoice": { points: (_items, selected) => 10 + selected },

  "Mutation.registerCustomer": money,
  "Mutation.createCheckoutSession": money,
  "Mutation.createPortalSession": money,
  "Mutation.changePlan": money,
  "Mutation.cancelPendingPlanChange": money,
  "Mutation.cancelSubscription": money,
  "Mutation.resumeSubscription": money,
  "Mutation.pauseSubscription": money,

  // One round trip, however many events there are; what is shown of them was worked out on the way.
  "Mutation.recordUsage": { items: "input.events", points: (events) => 1 + Math.ceil(events / 10) },
  "Mutation.reserveUsage": { points: () => 2 },
  "Mutation.settleUsage": { points: () => 2 },

  "Mutation.adminOverrideEntitlement": { points: (_items, selected) => 10 + selected },
  "Mutation.adminExtendTrial": money,
  "Mutation.adminGrantTier": { points: (_items, selected) => 10 + selected },
  "Mutation.adminRefundPayment": money,
  "Mutation.adminCreateServiceKey": { points: (_items, selected) => 10 + selected },
  "Mutation.adminRevokeServiceKey": { points: (_items, selected) => 10 + selected },
  "Mutation.adminCancelSubscription": money,
  "Mutation.adminReconcile": money,
  "Mutation.adminReplayWebhookEvent": { points: (_items, selected) => 10 + selected },
  // Writes thousands of rows.
  "Mutation.adminReplayWebhookEvents": { points: (_items, selected) => 100 + selected },
};

/** What a field costs by this page; undefined where its type tells. */
export function fieldCostOf(type: string, field: string): FieldCost | undefined {
  return fieldCosts[`${type}.${field}`] ?? (type === "Mutation" && !field.startsWith("__") ? money : undefined);
}

/** The lists that fields of this name work through, wherever they are. */
export const itemPaths: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(fieldCosts).flatMap(([coordinate, { items }]) =>
    items === undefined ? [] : [[coordinate.replace(/^.*\./, ""), items.split(".")] as const],
  ),
);
