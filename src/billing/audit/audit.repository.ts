import type { Db } from "../../db/client.js";
import { auditLog } from "./audit.table.js";

/** Adds an entry to the log, unless one with its ID is there. */
export async function insertEntry(db: Db, entry: typeof auditLog.$inferInsert): Promise<void> {
  await db.insert(auditLog).values(entry).onConflictDoNothing();
}
