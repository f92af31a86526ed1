import { fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../src/dev/ports.js";

/**
 * `npm run bench:start`: how long `npm run dev` takes to be ready and to stop, cold (empty data folder)
 * and warm (the folder of the run before). Wall time from the start of the process, in milliseconds.
 */
const rounds = 5;

interface Times {
  readonly ready: number;
  readonly stopped: number;
}

async function main(): Promise<void> {
  const cold: Times[] = [];
  const warm: Times[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const dataDir = await mkdtemp(join(tmpdir(), "billing-bench-"));
    cold.push(await run(dataDir));
    warm.push(await run(dataDir));
    await rm(dataDir, { recursive: true, force: true });
  }
  console.log(`Node ${process.version}, ${cpus().length} cores, ${rounds} rounds, ms: median (least to most)`);
  console.log(`cold start  ${summary(cold.map(({ ready }) => ready))}`);
  console.log(`warm start  ${summary(warm.map(({ ready }) => ready))}`);
  console.log(`stop        ${summary([...cold, ...warm].map(({ stopped }) => stopped))}`);
}

async function run(dataDir: string): Promise<Times> {
  const [port, sandboxPort] = [await freePort(), await freePort()];
  const startedAt = performance.now();
  const child = fork("src/dev.ts", {
    execArgv: ["--import", "tsx"],
    env: { ...process.env, DATA_DIR: dataDir, PORT: String(port), SANDBOX_PORT: String(sandboxPort) },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  await new Promise<void>((resolve, reject) => {
    child.once("message", () => resolve());
    child.once("exit", () => reject(new Error("`npm run dev` ended before it was ready.")));
  });
  const ready = performance.now() - startedAt;
  const stopAt = performance.now();
  child.kill("SIGINT");
  await new Promise((resolve) => child.once("exit", resolve));
  return { ready, stopped: performance.now() - stopAt };
}

function summary(times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b).map(Math.round);
  return `${sorted[Math.floor(sorted.length / 2)]} (${sorted[0]} to ${sorted.at(-1)})`;
}

await main();
