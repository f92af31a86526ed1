import type { ChildProcess } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import autocannon from "autocannon";

/** A request of a benchmark. */
export interface BenchRequest {
  readonly path: string;
  readonly method: "GET" | "POST";
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** One of two programs that are asked the same. `serial` makes every request another one. */
export interface Contestant {
  readonly name: string;
  readonly url: string;
  readonly child: ChildProcess;
  readonly ask: (serial: number) => BenchRequest;
}

/** What both are asked. */
export interface Comparison {
  readonly title: string;
  /** What ours is to reach, as a part of the other's requests a second. */
  readonly goal: number;
  /** Things in one request, to tell things a second. */
  readonly size: number;
  /** What such a thing is called. */
  readonly unit: string;
  readonly ours: Contestant;
  readonly byHand: Contestant;
  /** Whether a body is a failure, whatever its status. */
  readonly isFailure?: (body: string) => boolean;
}

/** How long and how hard. */
export interface Effort {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  /** Where the Postgres of both has its files. */
  readonly dataDir: string;
}

interface Measured {
  readonly perSecond: number;
  readonly p99: number;
  readonly serverMicros: number;
  readonly postgresMicros: number;
  readonly failed: number;
}

/** Asks both, turn about, and prints the medians: only the ratios of one run mean anything. */
export async function compareSideBySide(comparison: Comparison, effort: Effort): Promise<void> {
  const { title, goal, size, unit, ours, byHand } = comparison;
  let serial = 0;
  const load = (who: Contestant, seconds: number) =>
    measure(who, { ...effort, seconds }, comparison.isFailure, () => serial++);
  await load(ours, 2);
  await load(byHand, 2);
  const [mine, theirs]: [Measured[], Measured[]] = [[], []];
  for (let round = 0; round < effort.rounds; round += 1) {
    theirs.push(await load(byHand, effort.seconds));
    mine.push(await load(ours, effort.seconds));
  }
  const ratios = mine.map(({ perSecond }, round) => perSecond / (theirs[round]?.perSecond ?? Number.NaN));
  console.log(`\n${title}: ${ours.name} ${summary(ratios, 2)} of ${byHand.name} (goal ${goal})`);
  const width = Math.max(ours.name.length, byHand.name.length);
  for (const [{ name }, all] of [
    [byHand, theirs],
    [ours, mine],
  ] as const) {
    const failed = all.reduce((sum, each) => sum + each.failed, 0);
    console.log(
      `  ${name.padEnd(width)}  ${summary(all.map(({ perSecond }) => perSecond * size))} ${unit}/s, p99 ${summary(all.map(({ p99 }) => p99))} ms, CPU per request: server ${summary(all.map(({ serverMicros }) => serverMicros))} µs, Postgres ${summary(all.map(({ postgresMicros }) => postgresMicros))} µs${failed > 0 ? `, FAILED ${failed}` : ""}`,
    );
  }
}

async function measure(
  who: Contestant,
  { connections, seconds, dataDir }: Effort,
  isFailure: Comparison["isFailure"],
  serial: () => number,
): Promise<Measured> {
  const before = [await cpuOf(who.child.pid), await cpuOfPostgres(dataDir)];
  const result = await autocannon({
    url: who.url,
    connections,
    duration: seconds,
    requests: [{ setupRequest: (request) => ({ ...request, ...who.ask(serial()) }) }],
    ...(isFailure && { verifyBody: (body: unknown) => !isFailure(String(body)) }),
  });
  const [server, postgres] = [await cpuOf(who.child.pid), await cpuOfPostgres(dataDir)];
  const done = result.requests.total;
  return {
    perSecond: done / result.duration,
    p99: result.latency.p99,
    serverMicros: ((server - (before[0] ?? 0)) / done) * 1e6,
    postgresMicros: ((postgres - (before[1] ?? 0)) / done) * 1e6,
    failed: result.non2xx + result.errors + result.mismatches,
  };
}

/** The median, and from what to what. */
export function summary(values: readonly number[], digits = 0): string {
  const sorted = values.toSorted((a, b) => a - b).map((value) => value.toFixed(digits));
  return `${sorted[Math.floor(sorted.length / 2)]} (${sorted[0]} to ${sorted.at(-1)})`;
}

/** Waits until something answers there. */
export async function answers(address: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const answer = await fetch(address).catch(() => null);
    if (answer && answer.status < 503) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${address} does not answer.`);
}

const ticksPerSecond = 100;

/** User and system time of a process so far, in seconds: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
export async function cpuOf(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticksPerSecond;
}

/** The same of Postgres and all its children; those that have ended count through their parent. */
export async function cpuOfPostgres(dataDir: string): Promise<number> {
  const root = await postmasterOf(dataDir);
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  let total = 0;
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (Number(pid) === root || Number(fields[1]) === root) total += await cpuOf(Number(pid));
    if (Number(pid) === root) total += (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) / ticksPerSecond;
  }
  return total;
}

async function postmasterOf(dataDir: string): Promise<number> {
  for (const place of [dataDir, join(dataDir, "data"), join(dataDir, "postgres")]) {
    const file = await readFile(join(place, "postmaster.pid"), "utf8").catch(() => null);
    if (file) return Number(file.split("\n")[0]);
  }
  throw new Error(`No Postgres runs in ${dataDir}.`);
}
