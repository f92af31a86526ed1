import { ConfigError, environment, readDatabaseUrl } from "../config.js";
import { explainDatabaseProblem } from "../db/explain.js";
import { migrateDatabase } from "../db/migrate.js";
import { commandEnvironment } from "../dev/running.js";
import { migrateJobs } from "../jobs/worker.js";
import { makeLogger } from "../log.js";

/** `npm run db:migrate`: brings the database of `DATABASE_URL` up to date. */
async function main(): Promise<void> {
  const url = readDatabaseUrl(await commandEnvironment(environment()));
  await migrateDatabase(url);
  await migrateJobs(url, makeLogger("warn"));
  console.log("The database is up to date.");
}

main().catch((error: unknown) => {
  console.error(error instanceof ConfigError ? error.message : (explainDatabaseProblem(error) ?? error));
  process.exit(1);
});
