import { sql } from "drizzle-orm";
import type { Db } from "../db/client.js";

/** The channel that every process listens on. */
export const channel = "billing_live";

/** That something changed, and whose it is: ids only, listeners read the rest (a NOTIFY carries at most 8,000 bytes). */
export interface Announcement {
  /** What changed, for example `subscription`. */
  readonly kind: string;
  /** Who or what it concerns; listeners ask for one subject. */
  readonly subject: string;
  /** Small facts that cannot be read back later, for example the status before. */
  readonly facts: Readonly<Record<string, string | boolean | readonly string[] | null>>;
}

/** Announces a change when the transaction commits, and not at all when it does not. */
export async function announce(inside: Db, announcement: Announcement): Promise<void> {
  await inside.execute(sql`select pg_notify(${channel}, ${JSON.stringify(announcement)})`);
}
