import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import postgres from "postgres";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../src/db/embedded.js";

export const isRoot = process.getuid?.() === 0;

/** What must be undone when the running test ends, newest first. */
export const cleanups: (() => unknown)[] = [];

export async function cleanUp(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

export function temporaryFolder(): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), "billing-embedded-"));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export async function start(dataDir: string): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, throwaway: true });
  cleanups.push(() => server.stop());
  return server;
}

export async function startElsewhere(): Promise<number> {
  const dataDir = temporaryFolder();
  await start(dataDir);
  return serverPid(dataDir);
}

export async function ask(url: string, query: string): Promise<unknown[]> {
  const sql = postgres(url, { max: 1, backoff: false });
  try {
    return [...(await sql.unsafe(query))];
  } finally {
    await sql.end();
  }
}

export function serverPid(dataDir: string): number {
  return parseInt(readFileSync(path.join(dataDir, "postgres", "postmaster.pid"), "utf8"), 10);
}

export async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}

/** Another process that owns the server, in a process group of its own. */
export function runOwner(dataDir: string, extra = "", uid?: number) {
  const code = `import postgres from "postgres";
    import { startEmbeddedPostgres } from ${JSON.stringify(pathToFileURL(path.resolve("src/db/embedded.ts")).href)};
    const server = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, throwaway: true });
    process.stdin.resume();
    ${extra}
    console.log(JSON.stringify({ url: server.url(), isCold: server.isCold }));`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", code], {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  cleanups.push(async () => {
    if (child.exitCode === null && child.signalCode === null) await kill(child, "SIGTERM");
  });
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`The owner ended: ${errors}`);
    return value;
  };
  return { child, nextLine, started: nextLine().then((line): { url: string; isCold: boolean } => JSON.parse(line)) };
}

/** A program that has nothing to do with Postgres but runs as the server's user, so that Postgres itself would mind. */
export async function runSleeper(): Promise<number> {
  const account = isRoot ? postgresUser() : {};
  const child = spawn("sleep", ["600"], { ...account, stdio: "ignore" });
  cleanups.push(() => kill(child, "SIGKILL"));
  await once(child, "spawn");
  return Number(child.pid);
}

/** The pid of a child whose parent never waits for it. */
export async function runZombie(): Promise<number> {
  const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 600"], { stdio: ["ignore", "pipe", "ignore"] });
  cleanups.push(() => kill(parent, "SIGKILL"));
  const [line] = await once(createInterface(parent.stdout), "line");
  return Number(line);
}

function postgresUser(): { uid: number; gid: number } {
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const user = users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody");
  return { uid: Number(user?.[2]), gid: Number(user?.[3]) };
}

export function readableByAll(): boolean {
  for (let dir = path.resolve("."); ; dir = path.dirname(dir)) {
    if ((statSync(dir).mode & 0o005) !== 0o005) return false;
    if (dir === path.dirname(dir)) return true;
  }
}
