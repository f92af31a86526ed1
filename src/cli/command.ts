import { openDeps } from "../app.js";
import { ConfigError, environment, readConfig } from "../config.js";
import { explainDatabaseProblem } from "../db/explain.js";
import type { Deps } from "../deps.js";
import { commandEnvironment } from "../dev/running.js";
import { makeLogger } from "../log.js";

/** What an operator can mend, in words. */
export class Problem extends Error {
  override readonly name = "Problem";
}

/** A command that was called in a way that it does not understand. */
export class WrongCommand extends Error {
  override readonly name = "WrongCommand";
}

/**
 * Runs a command and sets the process's exit code: what `main` gives, 1 where it could not be done, 2 for a wrong
 * command, which gets to see the usage.
 */
export async function runCommand(usage: string, main: (args: string[]) => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    const misuse = misuseIn(error);
    console.error(misuse === undefined ? (explain(error) ?? error) : `${misuse}\n\n${usage}`);
    process.exitCode = misuse === undefined ? 1 : 2;
  }
}

function misuseIn(error: unknown): string | undefined {
  if (error instanceof WrongCommand) return error.message;
  const isOfParser = error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  return isOfParser ? error.message : undefined;
}

/** What to tell the operator of an error that is theirs to mend; undefined for a bug. */
function explain(error: unknown): string | undefined {
  if (error instanceof Problem || error instanceof ConfigError) return error.message;
  return explainDatabaseProblem(error);
}

/**
 * Runs work with the service's own settings, database and catalog; what it asks of Stripe is paced. What is logged goes
 * to standard error, from this level on.
 */
export async function withPatientDeps(
  level: "error" | "fatal",
  work: (deps: Deps) => Promise<number>,
): Promise<number> {
  const closers: (() => Promise<unknown> | unknown)[] = [];
  try {
    const config = readConfig(await commandEnvironment(environment()));
    const { patient, catalog } = await openDeps(config, makeLogger(level, process.stderr), closers);
    if (!catalog.isLoaded()) throw new Problem("No catalog has been pushed yet: run `npm run catalog -- push`.");
    return await work(patient);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}
