import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { SANDBOX_WEBHOOK_SECRET } from "../config.js";
import { StartProblem } from "./problem.js";

/** The sandbox, in a process of its own. */
export interface SandboxProcess {
  readonly url: string;
  /** Has all events sent to an address from now on, signed with the secret of development. */
  sendEventsTo(url: string): Promise<void>;
  stop(): Promise<void>;
}

/** Where the sandbox listens and keeps its state. */
export interface SandboxSettings {
  readonly port: number;
  readonly stateFile: string;
}

const program = fileURLToPath(new URL("../../sandbox/main.ts", import.meta.url));
const ready = z.object({ listening: z.string() });
const patienceMs = 2_000;

/**
 * Starts the sandbox and waits until it listens.
 *
 * It has a process group of its own, so that Ctrl-C reaches us first and everything stops in order;
 * it ends by itself when its channel to us breaks, however we end.
 */
export async function startSandboxProcess(settings: SandboxSettings): Promise<SandboxProcess> {
  const args = ["--port", String(settings.port), "--state", settings.stateFile];
  const child = spawn(process.execPath, ["--import", "tsx", program, ...args], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    detached: true,
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = await listening(child);
  return { url, sendEventsTo: (receiver) => sendEvents(url, receiver), stop: () => stop(child, exited) };
}

async function sendEvents(sandbox: string, url: string): Promise<void> {
  const answer = await fetch(`${sandbox}/sandbox/webhook_endpoints`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ url, secret: SANDBOX_WEBHOOK_SECRET }),
  });
  if (!answer.ok) throw new Error(`The sandbox did not take the address of webhooks: ${await answer.text()}`);
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let complaints = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      complaints = (complaints + chunk.toString()).slice(-4_000);
      process.stderr.write(chunk);
    });
    child.once("message", (message) => resolve(ready.parse(message).listening));
    child.once("error", reject);
    child.once("exit", () =>
      reject(new StartProblem(complaints.trim() || "The Stripe sandbox ended without saying why.")),
    );
  });
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const force = setTimeout(() => child.kill("SIGKILL"), patienceMs);
  await exited;
  clearTimeout(force);
}
