import { arrayContains, eq, ilike, or, type SQL } from "drizzle-orm";
import { users } from "../users/user.table.js";
import type { Search } from "./admin-search.js";

/** The condition that a row of `users` is one that is looked for. Each part has an index, where Postgres has pg_trgm. */
export function isLookedFor({ text, userId }: Search): SQL | undefined {
  const pattern = `%${text.replace(/[\\%_]/g, "\\$&")}%`;
  return or(
    ilike(users.name, pattern),
    ilike(users.email, pattern),
    eq(users.externalId, text),
    eq(users.stripeCustomerId, text),
    arrayContains(users.formerStripeCustomerIds, [text]),
    userId ? eq(users.id, userId) : undefined,
  );
}
