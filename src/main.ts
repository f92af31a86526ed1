import { startApp } from "./app.js";
import { ConfigError, environment, readConfig } from "./config.js";
import { explainDatabaseProblem } from "./db/explain.js";
import { makeLogger } from "./log.js";

/** Process entry in production: configuration, service, and an orderly end on SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const config = readConfig(environment());
  const log = makeLogger(config.logLevel);
  const app = await startApp(config, log);
  log.info({ url: app.url, worker: config.worker }, "listening");

  let isStopping = false;
  const stop = async (signal: string) => {
    if (isStopping) return;
    isStopping = true;
    log.info({ signal }, "stopping");
    setTimeout(() => {
      log.error("not everything finished in time");
      process.exit(1);
    }, config.shutdownTimeoutMs).unref();
    await app.close();
    log.info("stopped");
    process.exit(0);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

main().catch((error: unknown) => {
  console.error(explain(error));
  process.exit(1);
});

/** What an operator can mend is one clear line; anything else is a bug, and shown whole. */
function explain(error: unknown): unknown {
  if (error instanceof ConfigError) return error.message;
  const problem = explainDatabaseProblem(error);
  return problem ? `${problem} Nothing was started.` : error;
}
