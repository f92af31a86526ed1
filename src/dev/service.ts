import pretty from "pino-pretty";
import { startApp } from "../app.js";
import type { Config } from "../config.js";
import { migrateDatabase } from "../db/migrate.js";
import { migrateJobs } from "../jobs/worker.js";
import { makeLogger } from "../log.js";
import { banner } from "./banner.js";
import { bringCatalog } from "./catalog.js";

/** What the service stands on in development. */
interface Ground {
  readonly database: string;
  readonly sandboxUrl: string | null;
}

/** Migrates, brings the catalog and starts the service. */
export async function runService(config: Config, ground: Ground) {
  const log = makeLogger(config.logLevel, pretty({ sync: true, singleLine: true, translateTime: "HH:MM:ss" }));
  await Promise.all([migrateDatabase(config.database.url), migrateJobs(config.database.url, log)]);
  const catalog = await bringCatalog(config, ground.sandboxUrl !== null, () => new Date());
  const app = await startApp(config, log);
  return {
    url: app.url,
    close: app.close,
    banner: (seconds: number) => banner({ url: app.url, config, seconds, catalog, ...ground }),
  };
}
