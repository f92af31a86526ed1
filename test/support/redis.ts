import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { freePort } from "../../src/dev/ports.js";

/** Whether this machine has a Redis to start; the tests that need one are skipped where it has none. */
export const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;

/** A Redis of a test file's own, which keeps nothing. */
export interface TestRedis {
  readonly url: string;
  stop(): Promise<void>;
  /** Starts it again on the same port, empty. */
  start(): Promise<void>;
}

export async function startRedis(): Promise<TestRedis> {
  const port = await freePort();
  let server: ChildProcess | undefined;
  const redis: TestRedis = {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      const options = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
      const started = spawn("redis-server", options, { stdio: ["ignore", "pipe", "inherit"] });
      server = started;
      for await (const line of createInterface(started.stdout)) if (line.includes("Ready to accept")) break;
    },
    async stop() {
      if (!server || server.exitCode !== null) return;
      const ended = once(server, "exit");
      server.kill("SIGKILL");
      await ended;
    },
  };
  await redis.start();
  return redis;
}
