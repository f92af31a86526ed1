import { developmentEnvironment, type Environment, readDevConfig } from "../config.js";
import { prepareHome, readOrCreatePassword } from "../db/embedded-home.js";
import { findOrphan } from "../db/embedded-pid-file.js";
import { databaseName } from "./database.js";

/**
 * The environment that a command runs with: in development (`NODE_ENV=development`), what a running
 * `npm run dev` started stands in for an unset DATABASE_URL and STRIPE_SECRET_KEY. Elsewhere it is what it was.
 */
export async function commandEnvironment(env: Environment): Promise<Environment> {
  if (env["NODE_ENV"] !== "development") return env;
  const dev = readDevConfig(env);
  const databaseUrl = dev.databaseUrl ?? (await runningDatabase(dev.dataDir));
  if (!databaseUrl) return env;
  const apiBase = `http://127.0.0.1:${dev.sandboxPort}`;
  const sandbox = dev.stripeSecretKey ? null : { apiBase, clockUrl: `${apiBase}/sandbox/clock` };
  return developmentEnvironment(env, { databaseUrl, sandbox });
}

async function runningDatabase(dataDir: string): Promise<string | undefined> {
  const home = prepareHome(dataDir);
  const password = readOrCreatePassword(home);
  const running = await findOrphan(home, password);
  return running ? `postgres://postgres:${password}@127.0.0.1:${running.port}/${databaseName}` : undefined;
}
