import { open, readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { ownMetadataKey, type PayerSource } from "../billing/adoption/payer-source.js";
import { reasonFault } from "../billing/audit/audit.js";
import { Problem, runCommand, WrongCommand, withPatientDeps } from "./command.js";
import { MapFault, type PayerMap, readPayerMap } from "./import/payer-map.js";
import { leftoversOf, renderReport, renderResult } from "./import/render-result.js";
import { runImport } from "./import/run-import.js";

const usage = `Usage: npm run import -- [--id-from metadata:KEY] [--map FILE] [--dry-run] [--report FILE] [--reason TEXT]

Adopts the customers that a Stripe account has already: ties each to its payer in your own system, and brings in their
subscriptions, invoices, payments and cards. Nothing is ever changed at Stripe. It needs the service's own settings and
a pushed catalog. Who is known already is left alone; cut off, it goes on where it was when it is run again.

  --id-from   where Stripe's metadata holds the payer's ID in your own system (metadata:${ownMetadataKey})
  --map       a file that says who is who: CSV with a line of headings, or JSON lines, with \`id\` (the payer's in your
              own system) and \`stripe_customer\` or \`email\`
  --dry-run   says what would be done, and writes nothing
  --report    writes those left over into a CSV file; completed with IDs, it is the next run's map
  --reason    goes into the audit log (npm run import)

What names the payer first, counts: the map by Stripe's ID, the metadata, the map by e-mail address. A payer has one
Stripe customer; where that would have to be guessed, all of them are left over.

Exit code: 0 when every customer is adopted or known and the catalog knows every price, 1 when something is left over or
it could not be done, 2 for a wrong command.`;

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    strict: true,
    options: {
      "id-from": { type: "string", default: `metadata:${ownMetadataKey}` },
      map: { type: "string" },
      "dry-run": { type: "boolean", default: false },
      report: { type: "string" },
      reason: { type: "string", default: "npm run import" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const { map, report, reason } = values;
  const [fault] = reasonFault(reason)?.refusals ?? [];
  if (fault) throw new WrongCommand(fault.message);
  if (map !== undefined && report !== undefined && resolve(map) === resolve(report)) {
    throw new WrongCommand("--report would write over the map.");
  }
  const metadataKey = metadataKeyOf(values["id-from"]);
  const { byStripeId, byEmail } = map === undefined ? { byStripeId: noIds, byEmail: noIds } : await readMap(map);
  if (report !== undefined) await makeSureOf(report);
  const order = values["dry-run"] ? null : { actor: "command line", reason };
  // What would be logged for each subscription at an unknown price is told once for each price.
  return withPatientDeps("fatal", async (deps) => {
    const source: PayerSource = { metadataKey, byStripeId, byEmail };
    const result = await runImport(deps, source, order);
    console.log(renderResult(result));
    if (report !== undefined) await writeFile(report, renderReport(result));
    return leftoversOf(result).length > 0 || result.unknownPrices.length > 0 ? 1 : 0;
  });
}

const noIds: ReadonlyMap<string, string | null> = new Map();

/** Stripe's keys have up to 40 characters: https://docs.stripe.com/metadata */
function metadataKeyOf(text: string): string {
  const [, key] = /^metadata:([^[\]]{1,40})$/.exec(text) ?? [];
  if (key === undefined) throw new WrongCommand("--id-from names a key of Stripe's metadata: metadata:KEY");
  return key;
}

/** Before hours of work, whether there is a place for what comes of it: for the owner alone, as it has e-mail addresses in it. */
async function makeSureOf(report: string): Promise<void> {
  try {
    await (await open(report, "a", 0o600)).close();
  } catch (error) {
    throw new Problem(`${report} cannot be written: ${error instanceof Error ? error.message : error}`);
  }
}

async function readMap(file: string): Promise<PayerMap> {
  try {
    const map = readPayerMap(await readFile(file, "utf8"));
    const left = map.emptyRows > 0 ? `; rows left out, as they say nothing: ${map.emptyRows}` : "";
    console.error(`${file} names ${map.rows} payers${left}.`);
    return map;
  } catch (error) {
    if (error instanceof MapFault) throw new Problem(`${file}: ${error.message}`);
    if (error instanceof Error && "code" in error) throw new Problem(`${file} cannot be read: ${error.message}`);
    throw error;
  }
}

await runCommand(usage, main);
