import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { reasonFault } from "../billing/audit/audit.js";
import { type Departure, forgetCustomer } from "../billing/departures/forget-customer.js";
import { isMissing } from "../stripe/stripe-errors.js";
import { Problem, runCommand, WrongCommand, withPatientDeps } from "./command.js";
import { patiently } from "./import/patience.js";
import { customerNamed } from "./named-customer.js";

const usage = `Usage: npm run customer -- forget ID [--yes] [--reason TEXT]

Lets a customer leave for good, by global ID or by the ID in your own system: ends what runs at once and without credit,
deletes the customer at Stripe, and erases what is personal in this service's records. Invoices and payments stay, under
a customer without a name. It cannot be undone. It needs the service's own settings and a pushed catalog. Cut off, it is
done by running it again; whoever was forgotten is on record no longer.

  --yes       does not ask; needed where there is no terminal
  --reason    goes into the audit log, so name nobody in it (npm run customer)

Exit code: 0 when the customer is forgotten, 1 when that could not be done or nobody on record has the ID, 2 for a wrong
command.`;

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    strict: true,
    allowPositionals: true,
    options: {
      yes: { type: "boolean", default: false },
      reason: { type: "string", default: "npm run customer" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const [verb, id, ...rest] = positionals;
  if (verb !== "forget" || id === undefined || rest.length > 0) {
    throw new WrongCommand("Say whom to forget: forget ID");
  }
  const { reason, yes } = values;
  const [fault] = reasonFault(reason)?.refusals ?? [];
  if (fault) throw new WrongCommand(fault.message);
  if (!yes && !process.stdin.isTTY) throw new WrongCommand("There is no terminal to ask on: add --yes.");
  return withPatientDeps("error", async (deps) => {
    const user = await customerNamed(deps, id);
    if (!yes && !(await isConfirmed(user.externalId))) throw new Problem("Nothing was done.");
    const forget = () => forgetCustomer(deps, user.id, { actor: "command line", reason });
    const departure = await patiently(forget, (problem) => console.error(`Waiting: ${problem}`)).catch(tellStranger);
    console.log(outcomes[departure]);
    return departure === "NOBODY" ? 1 : 0;
  });
}

const outcomes: Readonly<Record<Departure, string>> = {
  FORGOTTEN: "The customer is forgotten: what ran has ended, and nothing personal is left here.",
  FORGOTTEN_BEFORE: "This customer was forgotten before: there is nothing left to do.",
  NOBODY: "There is no such customer on record any more.",
};

async function isConfirmed(externalId: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`Forget ${externalId} for good? Type the ID to go on: `);
    return answer.trim() === externalId;
  } finally {
    terminal.close();
  }
}

/** Stripe remembers whom it deleted: one that it never heard of is another account's. */
function tellStranger(error: unknown): never {
  if (!isMissing(error)) throw error;
  throw new Problem("Stripe does not know this customer: is the key the right account's? Nothing was erased.");
}

await runCommand(usage, main);
