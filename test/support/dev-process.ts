import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../src/dev/ports.js";
import { until } from "./until.js";

/** A run of `npm run dev`, or of another script, in a process of its own. */
export interface Run {
  readonly child: ChildProcess;
  /** Everything it printed so far, standard error included. */
  output(): string;
  /** Resolves with the exit code once it has ended. */
  readonly ended: Promise<number | null>;
}

/** Free ports and an empty data folder, and the runs that were started on them. */
export interface DevPlace {
  readonly port: number;
  readonly sandboxPort: number;
  readonly dataDir: string;
  /** Starts `src/dev.ts` there and waits until it is ready, or has ended. */
  dev(environment?: Record<string, string>): Promise<Run>;
  /** Starts any script with the place's environment. */
  run(script: string, environment?: Record<string, string>, args?: string[]): Run;
  /** Processes that still run on this place's data or ports. */
  leftovers(): Promise<string[]>;
  /** Ends what is left and removes the data. */
  clear(): Promise<void>;
}

export async function makeDevPlace(): Promise<DevPlace> {
  const dataDir = await mkdtemp(join(tmpdir(), "billing-dev-"));
  const [port, sandboxPort] = [await freePort(), await freePort()];
  const runs: Run[] = [];

  const place: DevPlace = {
    port,
    sandboxPort,
    dataDir,
    run(script, environment = {}, args = []) {
      // Empty counts as unset, and keeps a developer's own `.env` out of the tests.
      const unset = { NODE_ENV: "", DATABASE_URL: "", STRIPE_SECRET_KEY: "", STRIPE_WEBHOOK_SECRET: "" };
      const child = spawn(process.execPath, ["--import", "tsx", script, ...args], {
        env: {
          ...process.env,
          ...unset,
          PORT: String(port),
          SANDBOX_PORT: String(sandboxPort),
          DATA_DIR: dataDir,
          ...environment,
        },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on("data", (chunk: Buffer) => {
          output += chunk;
        });
      }
      const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
      const run = { child, output: () => output, ended };
      runs.push(run);
      return run;
    },
    async dev(environment) {
      const run = place.run("src/dev.ts", environment);
      await until(
        "dev is ready or has ended",
        () => run.output().includes("is running") || run.child.exitCode !== null,
        30_000,
      );
      return run;
    },
    leftovers: () => processesNaming([dataDir, `--port ${sandboxPort} `]),
    async clear() {
      for (const { child, ended } of runs) {
        if (child.exitCode === null && child.signalCode === null) child.kill("SIGINT");
        await ended;
      }
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  return place;
}

/** Command lines of running processes that name one of these. */
async function processesNaming(words: readonly string[]): Promise<string[]> {
  const ps = spawn("ps", ["-eo", "pid=,stat=,args="], { stdio: ["ignore", "pipe", "ignore"] });
  let listing = "";
  ps.stdout.on("data", (chunk: Buffer) => {
    listing += chunk;
  });
  await new Promise((resolve) => ps.once("close", resolve));
  // A zombie has ended; it only waits for its parent to look.
  return listing.split("\n").filter((line) => words.some((word) => line.includes(word)) && !/^\s*\d+\s+Z/.test(line));
}
