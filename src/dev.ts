import { join } from "node:path";
import { ConfigError, developmentEnvironment, environment, readConfig, readDevConfig } from "./config.js";
import { type DataDir, takeDataDir } from "./dev/data-dir.js";
import type { DevDatabase } from "./dev/database.js";
import { requireFreePort } from "./dev/ports.js";
import { StartProblem } from "./dev/problem.js";
import { type SandboxProcess, startSandboxProcess } from "./dev/sandbox-process.js";

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
    // The service takes a second to load: meanwhile the database and the sandbox start, side by side.
    const service = import("./dev/service.js");
    const data = dev.databaseUrl && dev.stripeSecretKey ? null : takeDataDir(dev.dataDir);
    if (data) closers.push(data.stop);
    const [database, sandbox] = await bothOrNeither(startOrUseDatabase(data), startOrSkipSandbox(data));
    const { runService } = await service;
    const services = sandbox && { apiBase: sandbox.url, clockUrl: `${sandbox.url}/sandbox/clock` };
    const config = readConfig(developmentEnvironment(env, { databaseUrl: database.url, sandbox: services }));
    const running = await runService(config, { database: database.description, sandbox });
    closers.push(running.close);
    console.log(running.banner((performance.now() - startedAt) / 1000));
    process.send?.({ ready: running.url, sandbox: sandbox?.url ?? null });
  }

  async function startOrUseDatabase(data: DataDir | null): Promise<DevDatabase> {
    const { startDatabase, useDatabase } = await import("./dev/database.js");
    const isEmbedded = data && !dev.databaseUrl;
    const database = await (isEmbedded ? startDatabase(data) : useDatabase(dev.databaseUrl ?? ""));
    closers.push(database.stop);
    return database;
  }

  async function startOrSkipSandbox(data: DataDir | null): Promise<SandboxProcess | null> {
    if (!data || dev.stripeSecretKey) return null;
    const sandbox = await startSandboxProcess({
      port: dev.sandboxPort,
      stateFile: join(data.dir, "sandbox.json"),
    });
    closers.push(sandbox.stop);
    return sandbox;
  }
}

/** Waits for both, so that one that failed leaves none that starts behind its back. */
async function bothOrNeither<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
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
