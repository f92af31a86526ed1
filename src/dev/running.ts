import { type Environment, readDevConfig } from "../config.js";
import { prepareHome, readOrCreatePassword } from "../db/embedded-home.js";
import { findOrphan } from "../db/embedded-pid-file.js";
import { databaseName } from "./database.js";

/**
 * The environment that a command runs with: in development, the embedded Postgres of a running
 * `npm run dev` stands in for an unset DATABASE_URL. Elsewhere it is what it was.
 */
export async function commandEnvironment(env: Environment): Promise<Environment> {
  if (env["NODE_ENV"] !== "development" || env["DATABASE_URL"]) return env;
  const home = prepareHome(readDevConfig(env).dataDir);
  const password = readOrCreatePassword(home);
  const running = await findOrphan(home, password);
  if (!running) return env;
  return { ...env, DATABASE_URL: `postgres://postgres:${password}@127.0.0.1:${running.port}/${databaseName}` };
}
