import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { openDeps } from "../app.js";
import { uuidOf } from "../billing/global-id.js";
import { workOn } from "../billing/reconciliation/reconciliation.job.js";
import {
  beginReconciliation,
  findComparisons,
  loadDifferences,
} from "../billing/reconciliation/reconciliation.service.js";
import type { ReconciliationRow } from "../billing/reconciliation/reconciliation.table.js";
import { userIdOf } from "../billing/users/user.js";
import { findCustomer } from "../billing/users/user.service.js";
import { ConfigError, environment, readConfig } from "../config.js";
import { explainDatabaseProblem } from "../db/explain.js";
import type { Deps } from "../deps.js";
import { commandEnvironment } from "../dev/running.js";
import { makeLogger } from "../log.js";
import { renderDifferences } from "./reconcile/render-differences.js";

const usage = `Usage: npm run reconcile -- [--customer ID] [--repair] [--reason TEXT]

Compares this service's records with Stripe's: everybody's, or one customer's by global ID or by the ID in your own
system. With --repair it brings the records here in line; nothing is ever changed at Stripe. It needs the service's own
settings. Cut off, it goes on where it was when it is run again, or by itself where the service runs its jobs.

Exit code: 0 when the records are Stripe's, 1 when differences remain or something could not be compared, 2 for a
wrong command.`;

const pauseMs = 1_000;

/** What an operator can mend, in a line. */
class Problem extends Error {}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    strict: true,
    options: {
      customer: { type: "string" },
      repair: { type: "boolean", default: false },
      reason: { type: "string", default: "npm run reconcile" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const closers: (() => Promise<unknown> | unknown)[] = [];
  try {
    const config = readConfig(await commandEnvironment(environment()));
    const { patient, catalog } = await openDeps(config, makeLogger("error", process.stderr), closers);
    if (!catalog.isLoaded()) throw new Problem("No catalog has been pushed yet: run `npm run catalog -- push`.");
    const { repair, reason } = values;
    const userId = values.customer === undefined ? null : await userOf(patient, values.customer);
    return await reconcile(patient, { userId, repair, reason });
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function userOf(deps: Deps, id: string): Promise<string> {
  const user = await findCustomer(deps, uuidOf("Customer", id) ?? userIdOf(id));
  if (!user) throw new Problem("There is no such customer on record: give a global ID, or the ID in your own system.");
  return user.id;
}

async function reconcile(deps: Deps, order: Pick<ReconciliationRow, "userId" | "repair" | "reason">): Promise<number> {
  const begun = await beginReconciliation(deps, "command line", order);
  if (begun.repair !== order.repair) {
    console.error(`Another comparison runs, ${begun.repair ? "with" : "without"} repair; this follows it to its end.`);
  }
  const ended = await followToTheEnd(deps, begun.id);
  const [differences = []] = await loadDifferences(deps, [ended.id]);
  if (differences.length > 0) console.log(renderDifferences(differences));
  const left = ended.differenceCount - ended.repairedCount;
  console.log(
    `${ended.checkedCount} objects compared, ${ended.differenceCount} differences found, ${ended.repairedCount} repaired.`,
  );
  if (ended.differenceCount > differences.length) console.log(`The first ${differences.length} of them are shown.`);
  if (ended.lastError !== null) console.error(`Not everything could be compared: ${ended.lastError}`);
  return left > 0 || ended.status === "FAILED" ? 1 : 0;
}

async function followToTheEnd(deps: Deps, id: string): Promise<ReconciliationRow> {
  const showProgress = makeProgressLine();
  for (;;) {
    const progress = await workOn(deps, id);
    const [row] = await findComparisons(deps, [id]);
    if (!row) throw new Problem("The comparison was deleted meanwhile.");
    showProgress(row, progress === "WAITING");
    if (row.status !== "RUNNING") return row;
    if (progress !== "MORE") await sleep(pauseMs);
  }
}

/** On standard error, so that the table can be kept by itself; over the last one where that is a terminal. */
function makeProgressLine() {
  let shown = "";
  return ({ checkedCount, differenceCount, status }: ReconciliationRow, isWaiting: boolean): void => {
    const wait = isWaiting ? "; waiting, as Stripe, Postgres or a customer's lock is not to be had" : "";
    const line = `${checkedCount} objects compared, ${differenceCount} differences${wait}`;
    const [start, end] = process.stderr.isTTY ? ["\r\x1b[K", status === "RUNNING" ? "" : "\n"] : ["", "\n"];
    if (line !== shown || process.stderr.isTTY) process.stderr.write(start + line + end);
    shown = line;
  };
}

/** What to tell the operator of an error that is theirs to mend; undefined for a bug. */
function explain(error: unknown): string | undefined {
  if (error instanceof Problem || error instanceof ConfigError) return error.message;
  return explainDatabaseProblem(error);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  console.error(isUsage ? `${error.message}\n\n${usage}` : (explain(error) ?? error));
  process.exitCode = isUsage ? 2 : 1;
}
