import type { Db } from "../../db/client.js";
import { auditLog } from "./audit.table.js";

/** Adds an entry to the log, unless it is there already. */
export async function insertEntry(db: Db, entry: typeof auditLog.$inferInsert): Promise<void> {
  await db.insert(auditLog).values(entry).onConflictDoNothing();
}
