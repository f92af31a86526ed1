import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { identifyProcess, isErrno, isRunning, type ProcessIdentity } from "./embedded-process.js";

/** A data folder that belongs to this process until it lets go or ends. */
export interface DataDirLock {
  /** Gives the folder back. Harmless when repeated. */
  release(): void;
}

/**
 * Takes a data folder for this process, or throws naming the live process that has it.
 *
 * The lock of a process that ended, however badly, is taken over: it names the owner by pid and
 * start time, so neither a reused pid nor a restart of the machine keeps the folder locked.
 */
export function lockDataDir(dir: string): DataDirLock {
  const file = path.join(dir, "owner.lock");
  const self = identifyProcess(process.pid);
  if (!self) throw new Error("This process cannot find itself in the process table.");
  const content = JSON.stringify(self);

  for (;;) {
    if (place(file, content)) return { release: () => removeOwn(file, content) };
    const found = readIfThere(file);
    if (found === null) continue;
    refuseIfAlive(dir, found);
    removeStale(file, found);
  }
}

/** A hard link appears whole or not at all, so nobody ever reads half a lock. */
function place(file: string, content: string): boolean {
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  writeFileSync(draft, content, { mode: 0o600, flag: "wx" });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (isErrno(error, "EEXIST")) return false;
    throw error;
  } finally {
    rmSync(draft);
  }
}

function refuseIfAlive(dir: string, content: string): void {
  const owner = parseOwner(content);
  if (!owner || !isRunning(owner)) return;
  const who = owner.pid === process.pid ? "this very process" : `process ${owner.pid}, which is still running`;
  throw new Error(`The data folder ${dir} is in use by ${who}. Stop it first, or set DATA_DIR to another folder.`);
}

/** Moves the lock aside before judging it again: of several that find it stale only one gets it, and a fresh one is put back. */
function removeStale(file: string, judged: string): void {
  const aside = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return; // Another starter was faster.
    throw error;
  }
  try {
    if (readFileSync(aside, "utf8") !== judged) linkSync(aside, file);
  } finally {
    rmSync(aside, { force: true });
  }
}

function removeOwn(file: string, content: string): void {
  if (readIfThere(file) === content) rmSync(file, { force: true });
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return null;
    throw error;
  }
}

function parseOwner(content: string): ProcessIdentity | null {
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value !== "object" || value === null || !("pid" in value) || !("startedAt" in value)) return null;
    const { pid, startedAt } = value;
    return typeof pid === "number" && typeof startedAt === "string" ? { pid, startedAt } : null;
  } catch {
    return null; // Not a lock we wrote: nobody can be holding it.
  }
}
