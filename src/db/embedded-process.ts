import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A process that is told apart from a later one that got the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque: equal for the same process, different after its pid was reused or the machine restarted. */
  readonly startedAt: string;
}

/** The process running under this pid, or null when there is none. A zombie counts as none: it holds nothing any more. */
export function identifyProcess(pid: number): ProcessIdentity | null {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  if (process.platform === "linux") return identifyByProc(pid);
  if (process.platform === "win32") return answersToSignals(pid) ? { pid, startedAt: "unknown" } : null;

  const line = ps(pid, "stat=,lstart=");
  return line === null || line.startsWith("Z") ? null : { pid, startedAt: line.replace(/^\S+\s+/, "") };
}

/** Whether this very process, and not a successor with its pid, still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.startedAt === identity.startedAt;
}

/** Whether the process is a Postgres server on the given cluster folder (a real path), run by the given user. */
export function isServerOf(pid: number, cluster: string, uid: number | null): boolean {
  if (process.platform === "win32") return true; // Cannot be told without tools; the login that follows decides.
  if (process.platform !== "linux") {
    const line = ps(pid, "uid=,command=");
    return (
      line !== null &&
      /\bpostgres\b/.test(line) &&
      line.includes(cluster) &&
      (uid === null || parseInt(line, 10) === uid)
    );
  }
  try {
    // The server's working directory is its cluster; this holds for no other program by accident.
    const sameUser = uid === null || statSync(`/proc/${pid}`).uid === uid;
    const isPostgres = readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "postgres";
    return sameUser && isPostgres && readlinkSync(`/proc/${pid}/cwd`) === cluster;
  } catch {
    return false; // Gone, or another user's: either way not ours.
  }
}

/** Stops a server in the orderly way (fast shutdown), then by force, and returns once it is gone. Throws if it will not go. */
export async function stopServer(identity: ProcessIdentity, patienceMs = 5_000): Promise<void> {
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    if (!isRunning(identity)) return;
    sendSignal(identity, signal);
    if (await until(() => !isRunning(identity), patienceMs)) return;
  }
  throw new Error(`Postgres (process ${identity.pid}) did not stop.`);
}

/** Sends a signal unless the process is gone already. */
export function sendSignal(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  try {
    if (isRunning(identity)) process.kill(identity.pid, signal);
  } catch (error) {
    if (!isErrno(error, "ESRCH")) throw error; // It ended between the look and the signal.
  }
}

/** Polls until the condition holds; false when it did not within the time, in milliseconds. */
export async function until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) return false;
    await sleep(10);
  }
  return true;
}

/** Whether the error is the operating system's with this code, such as `ENOENT`. */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function identifyByProc(pid: number): ProcessIdentity | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command name, in parentheses, may itself hold spaces and parentheses: count from the last one.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, startTicks] = [fields[0], fields[19]];
    if (state === "Z" || state === "X" || startTicks === undefined) return null;
    // Ticks count from boot, so the boot belongs to the name.
    return { pid, startedAt: `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}/${startTicks}` };
  } catch (error) {
    if (isErrno(error, "ENOENT") || isErrno(error, "ESRCH")) return null;
    throw error;
  }
}

function ps(pid: number, columns: string): string | null {
  try {
    return (
      execFileSync("ps", ["-o", columns, "-p", String(pid)], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }).trim() || null
    );
  } catch {
    return null; // ps exits with 1 when there is no such process.
  }
}

function answersToSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error, "EPERM");
  }
}
