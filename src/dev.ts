import { join } from "node:path";
import { ConfigError, developmentEnvironment, environment, readConfig, readDevConfig } from "./config.js";
import { takeDataDir } from "./dev/data-dir.js";
import { requireFreePort } from "./dev/ports.js";
import { StartProblem } from "./dev/problem.js";

/**
 * `npm run dev`: a Postgres, a Stripe sandbox, the catalog, the API and its worker, with nothing
 * configured. DATABASE_URL and STRIPE_SECRET_KEY each replace their embedded half.
 */
async function main(): Promise<void> {
  const startedAt = performance.now();
  const env = environment();
  const dev = readDevConfig(env);
  const closers: (() => Promise<void>)[] = [];
  const stopAll = orderlyStop(closers);
  try {
    await start();
  } catch (error) {
    await stopAll();
    throw error;
  }

  async function start(): Promise<void> {
    await requireFreePort(dev.host, dev.port, "PORT");
    if (!dev.stripeSecretKey) await requireFreePort("127.0.0.1", dev.sandboxPort, "SANDBOX_PORT");
    // The service takes a second to load: meanwhile the database and the sandbox start.
    const service = import("./dev/service.js");
    const { startDatabase, useDatabase } = await import("./dev/database.js");
    const database = await (dev.databaseUrl ? useDatabase(dev.databaseUrl) : startDatabase(dev.dataDir));
    closers.push(database.stop);

    const sandbox = dev.stripeSecretKey ? null : await startSandbox(database.dataDir);
    const { runService } = await service;
    const services = sandbox && { apiBase: sandbox.url, clockUrl: `${sandbox.url}/sandbox/clock` };
    const config = readConfig(developmentEnvironment(env, { databaseUrl: database.url, sandbox: services }));
    const running = await runService(config, { database: database.description, sandboxUrl: sandbox?.url ?? null });
    closers.push(running.close);
    console.log(running.banner((performance.now() - startedAt) / 1000));
    process.send?.({ ready: running.url, sandbox: sandbox?.url ?? null });
  }

  async function startSandbox(dataDir: string | null) {
    const { startSandboxProcess } = await import("./dev/sandbox-process.js");
    const data = dataDir ? { dir: dataDir } : takeDataDir(dev.dataDir);
    if ("stop" in data) closers.push(data.stop);
    const sandbox = await startSandboxProcess({
      port: dev.sandboxPort,
      stateFile: join(data.dir, "sandbox.json"),
      webhookUrl: `http://127.0.0.1:${dev.port}/webhooks/stripe`,
    });
    closers.push(sandbox.stop);
    return sandbox;
  }
}

/** Ctrl-C, SIGTERM and a closed terminal stop everything in the reverse order of starting, once. */
function orderlyStop(closers: (() => Promise<void>)[]): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  const stopAll = () => {
    stopping ??= (async () => {
      for (;;) {
        const close = closers.pop();
        if (!close) return;
        await close().catch((error: unknown) => console.error("While stopping:", error));
      }
    })();
    return stopping;
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "disconnect"] as const) {
    process.on(signal, () => {
      void stopAll().then(() => process.exit(0));
    });
  }
  return stopAll;
}

main().catch((error: unknown) => {
  const isForDevelopers = error instanceof StartProblem || error instanceof ConfigError;
  console.error(isForDevelopers ? error.message : error);
  process.exit(1);
});
