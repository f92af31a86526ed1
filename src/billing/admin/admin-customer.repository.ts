import { and, count, inArray, type SQL } from "drizzle-orm";
import type { Db } from "../../db/client.js";
import { type Between, isBetween } from "../../db/filter.js";
import { idKey, instantKey, keyset, type Order, positionIn, type Slice } from "../../db/keyset.js";
import type { Moment } from "../moment.js";
import { nameKey, users } from "../users/user.table.js";
import type { Search } from "./admin-search.js";
import { isLookedFor } from "./admin-search.repository.js";
import { tierOfCustomer } from "./tier-in-force.repository.js";

/** Which customers to list: what is left out does not narrow. */
export interface CustomerCriteria {
  /** Slugs of tiers in force. */
  readonly tier?: readonly string[] | null;
  readonly createdAt?: Between | null;
  readonly search?: Search | undefined;
}

const keysOf = {
  CREATED_AT: [instantKey(users.createdAt), idKey(users.id)],
  NAME: [nameKey(users), idKey(users.id)],
} as const satisfies Record<string, Order["keys"]>;

/** The order of customers by one of their fields. */
export function customerOrder(field: keyof typeof keysOf, direction: Order["direction"]): Order {
  return { keys: keysOf[field], direction };
}

/** The query for a slice of all customers, each with its position. */
export function listCustomers(db: Db, criteria: CustomerCriteria, moment: Moment, order: Order, slice: Slice) {
  const { where, orderBy } = keyset(order, slice);
  return db
    .select({ row: users, position: positionIn(order) })
    .from(users)
    .where(and(matching(criteria, moment), where))
    .orderBy(...orderBy)
    .limit(slice.limit);
}

export async function countCustomers(db: Db, criteria: CustomerCriteria, moment: Moment): Promise<number> {
  const [row] = await db.select({ total: count() }).from(users).where(matching(criteria, moment));
  return row?.total ?? 0;
}

function matching({ tier, createdAt, search }: CustomerCriteria, moment: Moment): SQL | undefined {
  return and(
    tier ? inArray(tierOfCustomer(users.id, moment), [...tier]) : undefined,
    isBetween(users.createdAt, createdAt),
    search && isLookedFor(search),
  );
}
