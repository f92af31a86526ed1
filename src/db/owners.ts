import { type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";

/** Whose rows a query may give: those of these users, of none when the list is empty, or everybody's. */
export type Owners = readonly string[] | "EVERYBODY";

/**
 * The condition of a prepared query that leaves out everybody else's rows. Its placeholder `owners` takes
 * `ownersParameter`. Somebody else's row and a missing one are the same to it, and take the same time.
 */
export function belongsToOwners(userId: PgColumn): SQL {
  const owners = sql.placeholder("owners");
  return sql`(${owners}::uuid[] is null or ${userId} = any(${owners}::uuid[]))`;
}

/** The value of the placeholder `owners`. */
export function ownersParameter(owners: Owners): string[] | null {
  return owners === "EVERYBODY" ? null : [...owners];
}
