import type { Deps } from "../../deps.js";
import type { CustomerSnapshot } from "../../stripe/snapshots.js";
import { lockCustomer } from "../users/customer-lock.js";
import { adoptCustomer } from "../users/stripe-customer.js";
import { isUuid } from "../users/user.js";
import { findCustomer, loadCustomers } from "../users/user.service.js";
import type { UserRow } from "../users/user.table.js";
import { compareCustomer } from "./compare-customer.js";
import type { Difference } from "./difference.js";
import { keepDifferences, markRepaired } from "./difference.repository.js";
import type { Tally } from "./reconciliation.repository.js";
import type { ReconciliationRow } from "./reconciliation.table.js";

/**
 * Looks among Stripe's customers for those that this service made and does not know any more: of users without a
 * row, or whose row names no Stripe customer, or another one. With repair the first two are known again, with all
 * that belongs to them; who has two customers is for people to decide.
 */
export async function compareStrangers(
  deps: Deps,
  comparison: ReconciliationRow,
  customers: readonly CustomerSnapshot[],
): Promise<Tally> {
  const ours = customers.filter(({ userId }) => userId !== null && isUuid(userId));
  const rows = await loadCustomers(
    deps,
    ours.map(({ userId }) => userId ?? ""),
  );
  let tally: Tally = { checked: 0, differences: 0, repaired: 0 };
  for (const [place, customer] of ours.entries()) {
    if (isKnown(rows[place], customer)) continue;
    tally = sum(tally, await compareStranger(deps, comparison, customer));
  }
  return tally;
}

function isKnown(user: UserRow | undefined, { id }: CustomerSnapshot): boolean {
  return user !== undefined && (user.stripeCustomerId === id || user.formerStripeCustomerIds.includes(id));
}

async function compareStranger(deps: Deps, comparison: ReconciliationRow, customer: CustomerSnapshot): Promise<Tally> {
  const userId = customer.userId ?? "";
  // It may have been made a moment ago, and its row be written since.
  const user = await lockCustomer(deps, userId, () => findCustomer(deps, userId));
  if (isKnown(user, customer)) return { checked: 0, differences: 0, repaired: 0 };
  const difference = strangenessOf(user, customer);
  await keepDifferences(deps.db, comparison.id, user?.id ?? null, difference, [difference]);
  tell(deps, comparison, customer);
  const found = { checked: 1, differences: 1, repaired: 0 };
  const adopted = comparison.repair ? await adopt(deps, customer) : undefined;
  if (!adopted) return found;
  const theirs = await compareCustomer(deps, comparison, adopted);
  await markRepaired(deps.db, comparison.id, difference, []);
  return sum({ ...found, repaired: 1 }, theirs);
}

function strangenessOf(user: UserRow | undefined, customer: CustomerSnapshot): Difference {
  const object = { kind: "customer", stripeId: customer.id } as const;
  if (user) return { ...object, field: "stripeCustomerId", ours: user.stripeCustomerId, theirs: customer.id };
  const { externalId, email, name } = customer;
  return { ...object, field: null, ours: null, theirs: { externalId, email, name } };
}

function adopt(deps: Deps, customer: CustomerSnapshot): Promise<UserRow | undefined> {
  return lockCustomer(deps, customer.userId ?? "", () => adoptCustomer(deps, customer));
}

function tell(deps: Deps, { id }: ReconciliationRow, customer: CustomerSnapshot): void {
  deps.log.warn({ reconciliation: id, customer: customer.id }, "a Stripe customer of ours is not on record");
  deps.metrics.count("billing_reconciliation_differences_total");
}

function sum(one: Tally, other: Tally): Tally {
  return {
    checked: one.checked + other.checked,
    differences: one.differences + other.differences,
    repaired: one.repaired + other.repaired,
  };
}
