import { fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { environment, readDevConfig } from "../../config.js";
import { freePort } from "../../dev/ports.js";
import { Surprise } from "./narrator.js";

/** Where the tour goes: a running `npm run dev`. */
export interface Place {
  readonly url: string;
  readonly sandboxUrl: string;
  /** Whether it was started for the tour. */
  readonly isOwn: boolean;
  leave(): Promise<void>;
}

const dev = fileURLToPath(new URL("../../dev.ts", import.meta.url));
const ready = z.object({ ready: z.string(), sandbox: z.string().nullable() });

/** The `npm run dev` that runs on the configured ports, or one of our own on free ports and throwaway data. */
export async function findPlace(): Promise<Place> {
  const { port, sandboxPort, stripeSecretKey } = readDevConfig(environment());
  const url = `http://127.0.0.1:${port}`;
  const sandboxUrl = `http://127.0.0.1:${sandboxPort}`;
  if (!(await answers(`${url}/readyz`))) return startOwn();
  if (stripeSecretKey || !(await answers(`${sandboxUrl}/sandbox/clock`))) {
    throw new Surprise(
      `What runs at ${url} does not use the sandbox at ${sandboxUrl}; the tour pays with test cards there.`,
    );
  }
  return { url, sandboxUrl, isOwn: false, leave: async () => {} };
}

async function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    (response) => response.ok,
    () => false,
  );
}

async function startOwn(): Promise<Place> {
  const dataDir = await mkdtemp(join(tmpdir(), "billing-tour-"));
  const [port, sandboxPort] = await Promise.all([freePort(), freePort()]);
  const child = fork(dev, {
    execArgv: ["--import", "tsx"],
    // Empty counts as unset, and keeps a file `.env` from setting it.
    env: {
      ...process.env,
      DATABASE_URL: "",
      STRIPE_SECRET_KEY: "",
      PORT: String(port),
      SANDBOX_PORT: String(sandboxPort),
      DATA_DIR: dataDir,
      LOG_LEVEL: "warn",
    },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const started = await new Promise<z.output<typeof ready>>((resolve, reject) => {
    child.once("message", (message) => resolve(ready.parse(message)));
    child.once("exit", () => reject(new Surprise("`npm run dev` did not start.")));
  });
  return {
    url: started.ready,
    sandboxUrl: started.sandbox ?? "",
    isOwn: true,
    async leave() {
      child.kill("SIGINT");
      await exited;
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
