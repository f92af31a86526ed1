import type { GraphQLContext } from "../graphql/context.js";
import { findGrantsOf } from "./allowances/grant.service.js";
import { findFeature, findPrice, findTier } from "./catalog/catalog.js";
import { toFeature, toTier, toTierPrice } from "./catalog/catalog.type.js";
import { catalogSeenBy } from "./catalog-seen.js";
import { readCheckouts } from "./checkout/checkout.reading.js";
import { toCheckoutSession } from "./checkout/checkout.type.js";
import { entitlementFor } from "./entitlements/entitlement.service.js";
import { toEntitlement } from "./entitlements/entitlement.type.js";
import { featureOfCustomer, keyOf, type NodeType, nodeTypes, typeOf, uuidOf } from "./global-id.js";
import { findInvoicesOf, findPaymentsOf } from "./history/history.service.js";
import { toInvoice } from "./history/history.type.js";
import { toPayment } from "./history/payment.type.js";
import { findComparisons } from "./reconciliation/reconciliation.service.js";
import { toReconciliation } from "./reconciliation/reconciliation.type.js";
import { findServiceKeys } from "./service-keys/service-key.service.js";
import { toServiceKey } from "./service-keys/service-key.type.js";
import { toGranted } from "./subscriptions/granted.js";
import { findSubscriptionsOf } from "./subscriptions/subscription.service.js";
import { toSubscription } from "./subscriptions/subscription.type.js";
import { findReservationsOf } from "./usage/reservation.service.js";
import { toReservation } from "./usage/reservation.type.js";
import { isCounted } from "./usage/usage-summary.js";
import { usageSummariesOf } from "./usage/usage-summary.service.js";
import { toUsageSummary } from "./usage/usage-summary.type.js";
import { ownCustomer } from "./users/customer.reading.js";
import { toCustomer } from "./users/customer.type.js";
import { ownPayer } from "./users/payer.js";
import { accountsOf, allowancesOf, checkoutsOf, includes, ledgersOf, reservationsOf } from "./users/reach.js";
import { toViewer } from "./users/viewer.type.js";
import { findWebhookEvents } from "./webhook-events/webhook-event.service.js";
import { toWebhookEvent } from "./webhook-events/webhook-event.type.js";

/** An object of the API, of whatever type. */
interface Shown {
  readonly id: string;
}

/** What there is of an ID; undefined when it is unknown or not the caller's to see, an error when that cannot be told now. */
type Found = Shown | Error | undefined;

/** Reads objects of one type by their IDs, in as many statements for many as for one. */
type ReadNodes = (context: GraphQLContext, ids: readonly string[]) => Promise<Found[]>;

/** Reads objects of any types by their IDs, in the order asked for. */
export async function readNodes(context: GraphQLContext, ids: readonly string[]): Promise<Found[]> {
  const distinct = [...new Set(ids)];
  const read = async (type: NodeType) => {
    const ofType = distinct.filter((id) => typeOf(id) === type);
    const nodes = ofType.length > 0 ? await readers[type](context, ofType) : [];
    return ofType.map((id, place) => [id, nodes[place]] as const);
  };
  const found = new Map((await Promise.all(nodeTypes.map(read))).flat());
  return ids.map((id) => found.get(id));
}

/** Contents page: how an object of each type is found again, and by whom. */
const readers: Record<NodeType, ReadNodes> = {
  Tier: async (context, ids) => {
    const catalog = context.catalog();
    const seen = await catalogSeenBy(context);
    return ids.map((id) => {
      const tier = findTier(catalog, keyOf("Tier", id) ?? "");
      return tier && seen.hasTier(tier) ? toTier(catalog, tier) : undefined;
    });
  },
  TierPrice: async (context, ids) => {
    const catalog = context.catalog();
    const seen = await catalogSeenBy(context);
    return ids.map((id) => {
      const price = findPrice(catalog, keyOf("TierPrice", id) ?? "");
      return price && seen.hasPrice(price) ? toTierPrice(catalog, price) : undefined;
    });
  },
  // Every tier on the public price list tells of every feature.
  Feature: async (context, ids) =>
    ids.map((id) => {
      const feature = findFeature(context.catalog(), keyOf("Feature", id) ?? "");
      return feature && toFeature(feature);
    }),
  Viewer: async ({ viewer }, ids) => {
    const own = viewer && toViewer(viewer);
    return ids.map((id) => (own?.id === id ? own : undefined));
  },
  Customer: (context, ids) => Promise.all(ids.map((id) => customerOf(context, uuidOf("Customer", id)))),
  BillingSubscription: async (context, ids) => {
    await context.loaders.ready();
    const uuids = uuidsOf("BillingSubscription", ids);
    const owners = accountsOf(context.viewer);
    const [rows, grants] = await Promise.all([
      findSubscriptionsOf(context, owners, uuids),
      findGrantsOf(context, owners, uuids),
    ]);
    const given = byId(grants, (grant) => toGranted(grant, context.now()));
    return inOrder("BillingSubscription", ids, new Map([...byId(rows, toSubscription), ...given]));
  },
  Entitlement: (context, ids) => Promise.all(ids.map((id) => entitlementOf(context, id))),
  UsageSummary: (context, ids) => Promise.all(ids.map((id) => usageOf(context, id))),
  Invoice: async (context, ids) => {
    await context.loaders.ready();
    const rows = await findInvoicesOf(context, ledgersOf(context.viewer), uuidsOf("Invoice", ids));
    return inOrder("Invoice", ids, byId(rows, toInvoice));
  },
  Payment: async (context, ids) => {
    await context.loaders.ready();
    const rows = await findPaymentsOf(context, ledgersOf(context.viewer), uuidsOf("Payment", ids));
    return inOrder("Payment", ids, byId(rows, toPayment));
  },
  CheckoutSession: async (context, ids) => {
    const uuids = uuidsOf("CheckoutSession", ids);
    // Reading may put a purchase in force: what the same operation asks beside it must show that.
    const rows = await context.loaders.readAfter(readCheckouts(context, checkoutsOf(context.viewer), uuids));
    const shown = [...rows].map(([id, row]) => [id, row instanceof Error ? row : toCheckoutSession(row)] as const);
    return inOrder("CheckoutSession", ids, new Map(shown));
  },
  UsageReservation: async (context, ids) => {
    await context.loaders.ready();
    const rows = await findReservationsOf(context, reservationsOf(context.viewer), uuidsOf("UsageReservation", ids));
    return inOrder(
      "UsageReservation",
      ids,
      byId(rows, (row) => toReservation(row, context.now())),
    );
  },
  AdminServiceKey: async (context, ids) => {
    if (!context.viewer?.roles.has("ADMIN")) return [];
    const rows = await findServiceKeys(context, uuidsOf("AdminServiceKey", ids));
    return inOrder("AdminServiceKey", ids, byId(rows, toServiceKey));
  },
  AdminReconciliation: async (context, ids) => {
    if (!context.viewer?.roles.has("ADMIN")) return [];
    const rows = await findComparisons(context, uuidsOf("AdminReconciliation", ids));
    return inOrder("AdminReconciliation", ids, byId(rows, toReconciliation));
  },
  AdminWebhookEvent: async (context, ids) => {
    if (!context.viewer?.roles.has("ADMIN")) return [];
    const rows = await findWebhookEvents(context, uuidsOf("AdminWebhookEvent", ids));
    return inOrder("AdminWebhookEvent", ids, byId(rows, toWebhookEvent));
  },
};

/** An account that is on record, or the caller's own. */
async function customerOf(context: GraphQLContext, userId: string | undefined): Promise<Found> {
  const { viewer, loaders } = context;
  if (!userId || !includes(allowancesOf(viewer), userId)) return undefined;
  if (isOwn(context, userId)) return (await ownCustomer(context)) ?? undefined;
  const row = await loaders.users.load(userId);
  return row && toCustomer(row);
}

async function entitlementOf(context: GraphQLContext, id: string): Promise<Found> {
  const { userId, featureKey } = featureOfCustomer("Entitlement", id) ?? {};
  if (!userId || !featureKey || !findFeature(context.catalog(), featureKey)) return undefined;
  if (!isOwn(context, userId) && !(await customerOf(context, userId))) return undefined;
  return toEntitlement(userId, await entitlementFor(context, userId, featureKey));
}

async function usageOf(context: GraphQLContext, id: string): Promise<Found> {
  const { userId, featureKey } = featureOfCustomer("UsageSummary", id) ?? {};
  const feature = findFeature(context.catalog(), featureKey ?? "");
  if (!userId || !feature || !isCounted(feature)) return undefined;
  if (!isOwn(context, userId) && !(await customerOf(context, userId))) return undefined;
  const [state] = await usageSummariesOf(context, userId, [feature.key]);
  return state && toUsageSummary(userId, state);
}

function isOwn({ viewer }: GraphQLContext, userId: string): boolean {
  return viewer !== null && ownPayer(viewer)?.userId === userId;
}

function uuidsOf(type: NodeType, ids: readonly string[]): string[] {
  return ids.flatMap((id) => uuidOf(type, id) ?? []);
}

function byId<Row extends { id: string }>(rows: readonly Row[], show: (row: Row) => Shown): Map<string, Shown> {
  return new Map(rows.map((row) => [row.id, show(row)]));
}

function inOrder(type: NodeType, ids: readonly string[], found: ReadonlyMap<string, Found>): Found[] {
  return ids.map((id) => found.get(uuidOf(type, id) ?? ""));
}
