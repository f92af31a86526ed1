import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import net from "node:net";
import { promisify } from "node:util";
import { type Binaries, spawnSettings } from "./embedded-binaries.js";
import { guardExit } from "./embedded-guard.js";
import type { Home } from "./embedded-home.js";
import { type LiveServer, readPidFile } from "./embedded-pid-file.js";
import { identifyProcess, until } from "./embedded-process.js";

const READY_MS = 60_000;
const PORT_TRIES = 3;

/** How to run the server. */
export interface LaunchOptions {
  /** Null: any free one. */
  readonly port: number | null;
  /** For tests: faster, and a crash of the machine may lose everything. */
  readonly throwaway: boolean;
}

/** Creates the cluster unless it exists; true when it did. An interrupted attempt leaves nothing that looks finished. */
export async function createCluster(
  home: Home,
  binaries: Binaries,
  password: string,
  options: LaunchOptions,
): Promise<boolean> {
  if (existsSync(home.cluster)) return false;
  const draft = `${home.cluster}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  // In a file, as everybody can read a command line; the server's user must be able to read it.
  const passwordFile = `${home.passwordFile}.${randomBytes(6).toString("hex")}`;
  writeFileSync(passwordFile, password, { mode: 0o600, flag: "wx" });
  try {
    for (const each of home.account ? [draft, passwordFile] : [])
      chownSync(each, home.account?.uid ?? -1, home.account?.gid ?? -1);
    const secrecy = ["--auth=scram-sha-256", "--username=postgres", `--pwfile=${passwordFile}`];
    const text = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
    const sync = options.throwaway ? ["--no-sync"] : [];
    await promisify(execFile)(
      binaries.initdb,
      [`--pgdata=${draft}`, ...secrecy, ...text, ...sync, "--no-instructions"],
      spawnSettings(home),
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(draft, home.cluster);
  return true;
}

/** Starts the server and returns once it accepts connections; throws with the end of its log when it does not. */
export async function launch(home: Home, binaries: Binaries, options: LaunchOptions): Promise<LiveServer> {
  if (options.port !== null) {
    if (await isTaken(options.port)) throw new Error(`Port ${options.port} on 127.0.0.1 is in use by another program.`);
    return launchOn(options.port, home, binaries, options);
  }
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      return await launchOn(port, home, binaries, options);
    } catch (error) {
      // Somebody else may have taken the free port before Postgres did.
      if (attempt === PORT_TRIES || !(await isTaken(port))) throw error;
    }
  }
}

async function launchOn(port: number, home: Home, binaries: Binaries, options: LaunchOptions): Promise<LiveServer> {
  const log = openSync(home.logFile, "w", 0o600);
  const child = spawn(binaries.postgres, [`-D${home.cluster}`, ...serverFlags(port, options)], {
    ...spawnSettings(home),
    // A process group of its own: Ctrl-C must reach us first, who stop the server last.
    detached: true,
    // A file, not a pipe: the server must outlive us without choking on its log.
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  child.unref();
  let ended: string | null = null;
  child.once("error", (error) => (ended = error.message));
  child.once("exit", (code, signal) => (ended = `it ended with ${signal ?? `code ${code}`}`));
  const unguard = guardExit(() => child.kill("SIGQUIT"));

  try {
    // The server writes its own state into its pid file: no need to guess from the log or by connecting.
    const isReady = () => readPidFile(home.cluster)?.pid === child.pid && readPidFile(home.cluster)?.status === "ready";
    const settled = await until(() => ended !== null || isReady(), READY_MS);
    const process = child.pid === undefined || ended !== null ? null : identifyProcess(child.pid);
    if (settled && process) return { process, port };

    child.kill("SIGQUIT");
    throw new Error(
      `Postgres did not start (${ended ?? "not ready in time"}). The end of ${home.logFile}:\n${endOf(home.logFile)}`,
    );
  } finally {
    unguard();
  }
}

function serverFlags(port: number, { throwaway }: LaunchOptions): string[] {
  const always = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    timezone: "UTC",
    log_timezone: "UTC",
  };
  const careless = { fsync: "off", synchronous_commit: "off", full_page_writes: "off", max_connections: 200 };
  return Object.entries(throwaway ? { ...always, ...careless } : always).flatMap(([name, value]) => [
    "-c",
    `${name}=${value}`,
  ]);
}

function endOf(file: string): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-15).join("\n");
}

async function freePort(): Promise<number> {
  const server = await listen(0);
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("No free port on 127.0.0.1.");
  return address.port;
}

async function isTaken(port: number): Promise<boolean> {
  try {
    const server = await listen(port);
    await new Promise((resolve) => server.close(resolve));
    return false;
  } catch {
    return true;
  }
}

function listen(port: number): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
