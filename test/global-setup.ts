import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { openSql } from "../src/db/client.js";
import { startEmbeddedPostgres } from "../src/db/embedded.js";
import { migrateDatabase } from "../src/db/migrate.js";
import { migrateJobs } from "../src/jobs/worker.js";
import { makeLogger } from "../src/log.js";

declare module "vitest" {
  export interface ProvidedContext {
    /** Address of the run's Postgres, with `DATABASE` where the database's name goes. */
    postgres: string;
  }
}

/** One Postgres for the run, with a migrated template that each test file clones. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), "billing-test-"));
  const postgres = await startEmbeddedPostgres({ dataDir, throwaway: true });
  const admin = openSql(postgres.url(), { max: 1, applicationName: "tests" });
  await admin`create database template_billing`;
  const template = postgres.url("template_billing");
  await migrateDatabase(template);
  await migrateJobs(template, makeLogger("error"));
  await admin`alter database template_billing is_template true allow_connections false`;
  await admin.end();
  project.provide("postgres", postgres.url("DATABASE"));
  return async () => {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
