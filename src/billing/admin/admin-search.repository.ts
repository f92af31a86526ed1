import { eq, ilike, or, type SQL, sql } from "drizzle-orm";
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
    sql`${users.id} = any(array(${ownersOnceOf(text)}))`,
    userId ? eq(users.id, userId) : undefined,
  );
}

/** Apart, since Postgres takes a list's elements for much more common than they are, and would not use any index. */
function ownersOnceOf(stripeCustomerId: string): SQL {
  return sql`select once.id from ${users} as once where once.former_stripe_customer_ids @> array[${stripeCustomerId}]::text[]`;
}
