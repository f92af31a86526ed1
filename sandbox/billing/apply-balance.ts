import type Stripe from "stripe";
import type { World } from "../world.js";
import { changeBalance } from "./customer-balance.js";
import { idOf } from "./price-amounts.js";

/** The customer's balance becomes what a finalized invoice left of it. */
export function applyBalance(world: World, invoice: Stripe.Invoice): void {
  change(world, invoice, (invoice.ending_balance ?? 0) - invoice.starting_balance, "applied_to_invoice");
}

/** A voided invoice takes nothing of it. */
export function unapplyBalance(world: World, invoice: Stripe.Invoice): void {
  change(world, invoice, invoice.starting_balance - (invoice.ending_balance ?? 0), "unapplied_from_invoice");
}

function change(
  world: World,
  { id, currency, customer: owner }: Stripe.Invoice,
  amount: number,
  type: Stripe.CustomerBalanceTransaction.Type,
): void {
  const customer = owner === null ? undefined : world.tables.customer.find(idOf(owner));
  if (customer && amount !== 0) changeBalance(world, customer, { amount, currency, type, invoice: id });
}
