import { execFile } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Where Stripe's command line is, if it is installed. https://docs.stripe.com/stripe-cli */
export const stripeCli = [process.env["STRIPE_CLI"], "node_modules/.bin/stripe"].find(
  (path) => path !== undefined && existsSync(path),
);

const scratch = mkdtempSync(join(tmpdir(), "stripe-cli-"));
// Nobody's own login is used, and nothing is reported.
const env = { ...process.env, XDG_CONFIG_HOME: scratch, STRIPE_CLI_TELEMETRY_OPTOUT: "1" };

/** Runs it and gives what it said; rejects with that when it fails. */
export async function callStripeCli(...args: string[]): Promise<string> {
  if (stripeCli === undefined) throw new Error("Stripe's command line is not installed.");
  const { stdout, stderr } = await run(stripeCli, args, { env, timeout: 60_000 });
  return stdout + stderr;
}

/** The events it can trigger. */
export async function triggerableEvents(): Promise<string[]> {
  const help = await callStripeCli("trigger", "--help");
  return [...help.matchAll(/^ {2}([a-z_0-9]+(?:\.[a-z_0-9]+)+)$/gm)].map(([, name = ""]) => name);
}
