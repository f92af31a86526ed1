import { openSql } from "../db/client.js";
import { startEmbeddedPostgres } from "../db/embedded.js";
import type { DataDir } from "./data-dir.js";
import { dataDirProblem, oneLine, StartProblem } from "./problem.js";

/** The database that development runs on. */
export interface DevDatabase {
  readonly url: string;
  /** One line that says what it is. */
  readonly description: string;
  stop(): Promise<void>;
}

/** The database that the embedded Postgres keeps everything in. */
export const databaseName = "billing";

/** The embedded Postgres, started or taken over from a run that was killed. */
export async function startDatabase({ dir, lock }: DataDir): Promise<DevDatabase> {
  const server = await startEmbeddedPostgres({ dataDir: dir, lock }).catch((error: unknown) => {
    throw dataDirProblem(error, dir);
  });
  await ensureDatabase(server.url());
  const origin = server.adopted ? "taken over from a run that was killed" : server.isCold ? "new" : "as it was left";
  return {
    url: server.url(databaseName),
    description: `embedded Postgres on port ${server.port}, data in ${server.dataDir} (${origin})`,
    stop: () => server.stop(),
  };
}

/** Somebody else's Postgres: looked at, never started or stopped. Throws one clear line when it cannot be used. */
export async function useDatabase(url: string): Promise<DevDatabase> {
  const { hostname, port, pathname } = new URL(url);
  const place = `${hostname}:${port || 5432}${pathname}`;
  const sql = openSql(url, { max: 1, applicationName: "billing-dev" });
  try {
    await sql`select 1`;
  } catch (error) {
    throw new StartProblem(`DATABASE_URL: ${place} cannot be used: ${reasonOf(error)}`);
  } finally {
    await sql.end({ timeout: 1 });
  }
  return { url, description: `Postgres at ${place} (DATABASE_URL)`, stop: async () => {} };
}

/** Looked for at every start: a first run may have been killed between making the cluster and making this. */
async function ensureDatabase(url: string): Promise<void> {
  const sql = openSql(url, { max: 1, applicationName: "billing-dev" });
  try {
    const [found] = await sql`select 1 from pg_database where datname = ${databaseName}`;
    if (!found) await sql.unsafe(`create database ${databaseName}`);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ECONNREFUSED") return "nothing listens there.";
  if (code === "ENOTFOUND") return "there is no such host.";
  if (code === "CONNECT_TIMEOUT") return "it does not answer.";
  return oneLine(error);
}
