import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import { openSql } from "./client.js";

const migrationsFolder = fileURLToPath(new URL("../../drizzle", import.meta.url));
const lock = "billing-migrations";

/** Brings the database up to date. Safe to run again, and from several processes at once: one of them does it. */
export async function migrateDatabase(url: string): Promise<void> {
  const sql = openSql(url, { max: 1, applicationName: "billing-migrate", statementTimeoutMs: 0 });
  try {
    // One connection, so the session's lock holds for the migration that follows.
    await sql`select pg_advisory_lock(hashtextextended(${lock}, 0))`;
    await migrate(drizzle(sql), { migrationsFolder });
  } finally {
    await sql.end({ timeout: 5 });
  }
}
