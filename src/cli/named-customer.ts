import { uuidOf } from "../billing/global-id.js";
import { userIdOf } from "../billing/users/user.js";
import { findCustomer } from "../billing/users/user.service.js";
import type { UserRow } from "../billing/users/user.table.js";
import type { Deps } from "../deps.js";
import { Problem } from "./command.js";

/** The customer whom an operator names by global ID, or by the ID in the host product. Throws `Problem` for nobody on record. */
export async function customerNamed(deps: Deps, id: string): Promise<UserRow> {
  const user = await findCustomer(deps, uuidOf("Customer", id) ?? userIdOf(id));
  if (!user) throw new Problem("There is no such customer on record: give a global ID, or the ID in your own system.");
  return user;
}
