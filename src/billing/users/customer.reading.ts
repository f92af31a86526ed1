import { BillingError } from "../../errors.js";
import type { GraphQLContext } from "../../graphql/context.js";
import { uuidOf } from "../global-id.js";
import { type Customer, toCustomer, toUnregisteredCustomer } from "./customer.type.js";
import { namedPayer, ownPayer } from "./payer.js";

/** The caller's account. An admin has one only once it was registered, and a service never. */
export async function ownCustomer(context: GraphQLContext): Promise<Customer | null> {
  const { viewer } = context;
  const payer = viewer && ownPayer(viewer);
  if (!payer) return null;
  const row = await context.loaders.users.load(payer.userId);
  if (row) return toCustomer(row);
  return viewer.roles.has("ADMIN") ? null : toUnregisteredCustomer(payer, context.now());
}

/** Fields of a customer that follow from the ID alone: a back end's gate asks for no others. */
const withoutRow = ["__typename", "id", "externalId", "tier", "entitlement", "entitlements", "usage", "usageHistory"];

/**
 * The account of somebody in the host product; one that never registered or bought is on the free tier. The record is
 * read only where one of the fields that are asked for is in it. Throws BAD_USER_INPUT for what cannot be an ID.
 */
export async function customerNamed(
  context: GraphQLContext,
  externalId: string,
  fields: ReadonlySet<string>,
): Promise<Customer> {
  const payer = namedPayer(externalId);
  if (!payer) throw new BillingError("BAD_USER_INPUT", "`externalId` must be a text of 1 to 200 characters.");
  if ([...fields].every((name) => withoutRow.includes(name))) return toUnregisteredCustomer(payer, context.now());
  const row = await context.loaders.users.load(payer.userId);
  return row ? toCustomer(row) : toUnregisteredCustomer(payer, context.now());
}

/** How staff name an account. */
export interface CustomerName {
  readonly id?: string | null;
  readonly externalId?: string | null;
}

/** An account that is on record. Throws BAD_USER_INPUT unless it is named by exactly one of its IDs. */
export async function customerOnRecord(context: GraphQLContext, name: CustomerName): Promise<Customer | null> {
  const userId = userIdNamed(name);
  const row = userId === undefined ? undefined : await context.loaders.users.load(userId);
  return row ? toCustomer(row) : null;
}

/** Undefined for an ID that is nobody's. */
function userIdNamed({ id, externalId }: CustomerName): string | undefined {
  if (typeof id === "string" && typeof externalId !== "string") return uuidOf("Customer", id);
  if (typeof externalId === "string" && typeof id !== "string") return namedPayer(externalId)?.userId;
  throw new BillingError("BAD_USER_INPUT", "Give exactly one of `id` and `externalId`.");
}

/** The account as it is after a write. */
export async function freshCustomer(context: GraphQLContext, userId: string): Promise<Customer> {
  context.loaders.forget();
  const row = await context.loaders.users.load(userId);
  if (!row) throw new Error(`User ${userId} was registered and has no row.`);
  return toCustomer(row);
}
