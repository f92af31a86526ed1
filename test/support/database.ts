import { randomBytes } from "node:crypto";
import { inject } from "vitest";
import { openSql } from "../../src/db/client.js";

/** A database of a test file's own, migrated. */
export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Clones the run's migrated template: a copy of files, tens of milliseconds. */
export async function cloneDatabase(): Promise<TestDatabase> {
  const address = inject("postgres");
  const name = `t_${randomBytes(6).toString("hex")}`;
  await asAdmin((admin) => admin.unsafe(`create database ${name} template template_billing strategy file_copy`));
  return {
    url: address.replace("DATABASE", name),
    drop: () => asAdmin((admin) => admin.unsafe(`drop database ${name} with (force)`)),
  };

  async function asAdmin(work: (admin: ReturnType<typeof openSql>) => Promise<unknown>): Promise<void> {
    const admin = openSql(address.replace("DATABASE", "postgres"), {
      max: 1,
      applicationName: "tests",
      statementTimeoutMs: 0,
    });
    try {
      await work(admin);
    } finally {
      await admin.end();
    }
  }
}

/** What Postgres does when it restarts or fails over, to every connection of one application on a database. */
export async function endConnections(url: string, applicationName: string): Promise<void> {
  const sql = openSql(url, { max: 1, applicationName: "tests" });
  await sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = ${applicationName} and datname = current_database()`;
  await sql.end();
}
