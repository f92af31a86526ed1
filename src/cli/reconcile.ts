import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type Progress, workOn } from "../billing/reconciliation/reconciliation.job.js";
import { progressOf } from "../billing/reconciliation/reconciliation.progress.js";
import {
  beginReconciliation,
  findComparisons,
  loadDifferences,
} from "../billing/reconciliation/reconciliation.service.js";
import type { ReconciliationRow } from "../billing/reconciliation/reconciliation.table.js";
import type { Deps } from "../deps.js";
import { Problem, runCommand, withPatientDeps } from "./command.js";
import { customerNamed } from "./named-customer.js";
import { openProgressBar } from "./progress-bar.js";
import { renderDifferences } from "./reconcile/render-differences.js";

const usage = `Usage: npm run reconcile -- [--customer ID] [--repair] [--reason TEXT]

Compares this service's records with Stripe's: everybody's, or one customer's by global ID or by the ID in your own
system. With --repair it brings the records here in line; nothing is ever changed at Stripe. It needs the service's own
settings. Cut off, it goes on where it was when it is run again, or by itself where the service runs its jobs.

Exit code: 0 when the records are Stripe's, 1 when differences remain or something could not be compared, 2 for a
wrong command.`;

const pauseMs = 1_000;

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
  return withPatientDeps("error", async (deps) => {
    const { repair, reason } = values;
    const userId = values.customer === undefined ? null : (await customerNamed(deps, values.customer)).id;
    return reconcile(deps, { userId, repair, reason });
  });
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
  const bar = openProgressBar();
  try {
    for (;;) {
      const progress = await workOn(deps, id);
      const [row] = await findComparisons(deps, [id]);
      if (!row) throw new Problem("The comparison was deleted meanwhile.");
      bar.show({ ...(await progressOf(deps, row)), unit: "customers", note: noteOf(row, progress) });
      if (row.status !== "RUNNING") return row;
      if (progress !== "MORE") await sleep(pauseMs);
    }
  } finally {
    bar.end();
  }
}

function noteOf({ checkedCount, differenceCount }: ReconciliationRow, progress: Progress): string {
  const wait = progress === "WAITING" ? "; waiting, as Stripe, Postgres or a customer's lock is not to be had" : "";
  return `${checkedCount} objects compared, ${differenceCount} differences${wait}`;
}

await runCommand(usage, main);
