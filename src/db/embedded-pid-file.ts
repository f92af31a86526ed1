import { closeSync, constants, ftruncateSync, openSync, readFileSync, realpathSync, writeSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import type { Home } from "./embedded-home.js";
import { identifyProcess, isErrno, isServerOf, type ProcessIdentity } from "./embedded-process.js";

/** What a Postgres server says of itself in `postmaster.pid`. */
export interface PidFile {
  readonly pid: number;
  readonly directory: string;
  readonly port: number;
  /** `starting`, `ready`, `stopping` or empty. */
  readonly status: string;
}

/** A server that runs and that our password opens. */
export interface LiveServer {
  readonly process: ProcessIdentity;
  readonly port: number;
}

const SETTLING_MS = 30_000;

/** The cluster's pid file, or null when there is none. */
export function readPidFile(cluster: string): PidFile | null {
  try {
    const lines = readFileSync(path.join(cluster, "postmaster.pid"), "utf8").split("\n");
    return { pid: Number(lines[0]), directory: lines[1] ?? "", port: Number(lines[3]), status: lines[7]?.trim() ?? "" };
  } catch (error) {
    if (isErrno(error, "ENOENT")) return null;
    throw error;
  }
}

/**
 * The server that a killed run left behind, or null when there is none.
 *
 * It is taken over only if its process is a Postgres on our cluster and our password opens it;
 * a server on our cluster that fails this is an error, as we must neither use nor stop it. One that
 * is still starting or stopping is waited for.
 */
export async function findOrphan(home: Home, password: string): Promise<LiveServer | null> {
  const deadline = performance.now() + SETTLING_MS;
  for (;;) {
    const file = readPidFile(home.cluster);
    if (!file) return null;
    const identity = identifyProcess(file.pid);
    if (!identity || !isServerOf(file.pid, home.cluster, home.account?.uid ?? process.getuid?.() ?? null)) {
      disownPidFile(home.cluster);
      return null;
    }

    const directory = await loginDirectory(file.port, password, home, identity);
    if (directory !== null) {
      if (isSamePlace(directory, home.cluster) && isSamePlace(file.directory, home.cluster))
        return { process: identity, port: file.port };
      throw strange(home, identity, `calls its data folder ${directory}`);
    }
    if (performance.now() > deadline) throw strange(home, identity, "lets nobody in");
    await sleep(25);
  }
}

/** The data folder as the server tells after a login; null while it accepts no connections. */
async function loginDirectory(
  port: number,
  password: string,
  home: Home,
  identity: ProcessIdentity,
): Promise<string | null> {
  const sql = postgres({
    host: "127.0.0.1",
    port,
    user: "postgres",
    password,
    database: "postgres",
    max: 1,
    connect_timeout: 5,
    backoff: false,
  });
  try {
    const [row] = await sql<{ data_directory: string }[]>`show data_directory`;
    return row?.data_directory ?? "";
  } catch (error) {
    if (error instanceof postgres.PostgresError && error.code.startsWith("28")) {
      throw strange(home, identity, `refuses the password in ${home.passwordFile}`);
    }
    return null; // Not listening yet, or no longer: the caller looks again until its patience ends.
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/**
 * Keeps a pid file that names no server of ours from blocking the start.
 *
 * Postgres refuses to start while the pid is in use, by whatever process. It exempts its parent, so
 * the file gets our pid; deleting it would also skip its check for backends that outlived their
 * server. As root we write into a folder of another user, so no link is followed.
 */
function disownPidFile(cluster: string): void {
  const file = path.join(cluster, "postmaster.pid");
  const rest = readFileSync(file, "utf8").split("\n").slice(1);
  const handle = openSync(file, constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    ftruncateSync(handle);
    writeSync(handle, [process.pid, ...rest].join("\n"));
  } finally {
    closeSync(handle);
  }
}

function isSamePlace(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}

function strange(home: Home, { pid }: ProcessIdentity, what: string): Error {
  return new Error(
    `A Postgres server (process ${pid}) runs on ${home.cluster} but ${what}. Stop it (kill -INT ${pid}), then start again.`,
  );
}
