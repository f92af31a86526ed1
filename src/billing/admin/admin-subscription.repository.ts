import { and, count, eq, inArray, or, type SQL, sql } from "drizzle-orm";
import type { Db } from "../../db/client.js";
import { type Between, isAnyOf, isBetween } from "../../db/filter.js";
import {
  idKey,
  instantKey,
  instantOrNeverKey,
  keyset,
  type Order,
  positionIn,
  type Slice,
  wholeKey,
} from "../../db/keyset.js";
import type { Catalog } from "../catalog/catalog.js";
import { type SubscriptionRow, subscriptions } from "../subscriptions/subscription.table.js";
import { nameKey, users } from "../users/user.table.js";
import type { Search } from "./admin-search.js";
import { isLookedFor } from "./admin-search.repository.js";
import { tierOfSubscription } from "./tier-in-force.repository.js";

/** Which subscriptions to list: what is left out does not narrow. */
export interface SubscriptionCriteria {
  readonly status?: readonly SubscriptionRow["status"][] | null;
  /** Slugs. */
  readonly tier?: readonly string[] | null;
  readonly origin?: readonly string[] | null;
  readonly startedAt?: Between | null;
  readonly cancelsAt?: Between | null;
  readonly search?: Search | undefined;
}

const id = idKey(subscriptions.id);

/** Names are the customers' to have: each customer's subscriptions stand together. */
const orders = {
  CURRENT_PERIOD_END: { keys: [instantOrNeverKey(subscriptions.currentPeriodEnd), id] },
  CUSTOMER_NAME: { keys: [nameKey(users), idKey(users.id), id], indexed: 2 },
  MRR: { keys: [wholeKey(subscriptions.mrr), id] },
  STARTED_AT: { keys: [instantKey(subscriptions.startedAt), id] },
} as const satisfies Record<string, Omit<Order, "direction">>;

/** The order of subscriptions by one of their fields. */
export function subscriptionOrder(field: keyof typeof orders, direction: Order["direction"]): Order {
  return { ...orders[field], direction };
}

/** The query for a slice of all subscriptions, each with its position. */
export function listAllSubscriptions(
  db: Db,
  criteria: SubscriptionCriteria,
  catalog: Catalog,
  order: Order,
  slice: Slice,
) {
  const { where, orderBy } = keyset(order, slice);
  return db
    .select({ row: subscriptions, position: positionIn(order) })
    .from(subscriptions)
    .innerJoin(users, eq(users.id, subscriptions.userId))
    .where(and(matching(db, criteria, catalog), where))
    .orderBy(...orderBy)
    .limit(slice.limit);
}

export async function countAllSubscriptions(db: Db, criteria: SubscriptionCriteria, catalog: Catalog): Promise<number> {
  const [row] = await db
    .select({ total: count() })
    .from(subscriptions)
    .where(matching(db, criteria, catalog));
  return row?.total ?? 0;
}

function matching(db: Db, criteria: SubscriptionCriteria, catalog: Catalog): SQL | undefined {
  const { status, tier, origin, startedAt, cancelsAt, search } = criteria;
  return and(
    isAnyOf(subscriptions.status, status),
    tier ? inArray(tierOfSubscription(catalog), [...tier]) : undefined,
    // Every row was bought.
    origin && !origin.includes("PURCHASE") ? sql`false` : undefined,
    isBetween(subscriptions.startedAt, startedAt),
    isBetween(subscriptions.cancelsAt, cancelsAt),
    search && isAmong(db, search),
  );
}

/** The customers are found first, so that both tables are read by their indexes. */
function isAmong(db: Db, search: Search): SQL | undefined {
  const found = db.select({ id: users.id }).from(users).where(isLookedFor(search));
  return or(
    sql`${subscriptions.userId} = any(array(${found}))`,
    eq(subscriptions.stripeSubscriptionId, search.text),
    search.subscriptionId ? eq(subscriptions.id, search.subscriptionId) : undefined,
  );
}
