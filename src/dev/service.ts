import pretty from "pino-pretty";
import { startApp } from "../app.js";
import type { Config } from "../config.js";
import { migrateDatabase } from "../db/migrate.js";
import { webhookPath } from "../http/stripe-webhook-endpoint.js";
import { migrateJobs } from "../jobs/worker.js";
import { makeLogger } from "../log.js";
import { banner } from "./banner.js";
import { bringCatalog } from "./catalog.js";
import type { SandboxProcess } from "./sandbox-process.js";

/** What the service stands on in development. */
interface Ground {
  readonly database: string;
  readonly sandbox: SandboxProcess | null;
}

/** Migrates, brings the catalog and starts the service. */
export async function runService(config: Config, { database, sandbox }: Ground) {
  const log = makeLogger(config.logLevel, pretty({ sync: true, singleLine: true, translateTime: "HH:MM:ss" }));
  await Promise.all([migrateDatabase(config.database.url), migrateJobs(config.database.url, log)]);
  const catalog = await bringCatalog(config, sandbox !== null, () => new Date());
  // Only now: what the first push tells of itself would be all that a newcomer sees of the log.
  await sandbox?.sendEventsTo(`http://127.0.0.1:${config.port}${webhookPath}`);
  const app = await startApp(config, log);
  return {
    url: app.url,
    close: app.close,
    banner: (seconds: number) =>
      banner({ url: app.url, config, seconds, catalog, database, sandboxUrl: sandbox?.url ?? null }),
  };
}
