import type { Order, Slice } from "../../db/keyset.js";
import type { Deps } from "../../deps.js";
import { BillingError } from "../../errors.js";
import { type Catalog, findTier } from "../catalog/catalog.js";
import { momentOf } from "../moment.js";
import { type CustomerCriteria, countCustomers, customerOrder, listCustomers } from "./admin-customer.repository.js";
import { readSearch } from "./admin-search.js";
import {
  countAllSubscriptions,
  listAllSubscriptions,
  type SubscriptionCriteria,
  subscriptionOrder,
} from "./admin-subscription.repository.js";

/** By what, and which way. */
export interface Sort<Field> {
  readonly field: Field;
  readonly direction: Order["direction"];
}

type Filter<Criteria> = Omit<Criteria, "search"> | null;

/** Everybody's subscriptions. Throws BAD_USER_INPUT for a search or a tier that cannot be. */
export function allSubscriptions(
  deps: Deps,
  filter: Filter<SubscriptionCriteria>,
  search: string | null,
  { field, direction }: Sort<Parameters<typeof subscriptionOrder>[0]>,
) {
  const catalog = deps.catalog();
  requireTiers(catalog, filter?.tier);
  const criteria = { ...filter, search: readSearch(search) };
  const order = subscriptionOrder(field, direction);
  return {
    ...namesOf("subscriptions", field, order),
    read: (slice: Slice) => listAllSubscriptions(deps.db, criteria, catalog, order, slice),
    count: () => countAllSubscriptions(deps.db, criteria, catalog),
  };
}

/** All customers on record. Throws BAD_USER_INPUT for a search or a tier that cannot be. */
export function allCustomers(
  deps: Deps,
  filter: Filter<CustomerCriteria>,
  search: string | null,
  { field, direction }: Sort<Parameters<typeof customerOrder>[0]>,
) {
  const moment = momentOf(deps);
  requireTiers(deps.catalog(), filter?.tier);
  const criteria = { ...filter, search: readSearch(search) };
  const order = customerOrder(field, direction);
  return {
    ...namesOf("customers", field, order),
    read: (slice: Slice) => listCustomers(deps.db, criteria, moment, order, slice),
    count: () => countCustomers(deps.db, criteria, moment),
  };
}

/** What cursors of a list hold: its name in this order, and the values of these types. */
function namesOf(list: string, field: string, { keys, direction }: Order) {
  return { name: `admin.${list}.${field}.${direction}`, keys: keys.map(({ type }) => type) };
}

function requireTiers(catalog: Catalog, slugs: readonly string[] | null | undefined): void {
  const unknown = slugs?.find((slug) => !findTier(catalog, slug));
  if (unknown === undefined) return;
  const known = catalog.tiers.map(({ slug }) => slug).join(", ");
  throw new BillingError("BAD_USER_INPUT", `There is no tier \`${unknown.slice(0, 64)}\`. There are: ${known}.`);
}
