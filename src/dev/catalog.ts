import { CatalogFileError } from "../billing/catalog/catalog-fault.js";
import { readCatalogFile } from "../billing/catalog/catalog-file.js";
import { planCatalog, pushCatalog } from "../billing/catalog/catalog-push.js";
import type { Config } from "../config.js";
import { connect, type Db } from "../db/client.js";
import { makeCatalogGateway } from "../stripe/catalog-gateway.js";
import { makeStripeClient } from "../stripe/client.js";
import { StripeRefused, StripeUnavailable } from "../stripe/stripe-errors.js";
import { oneLine, StartProblem } from "./problem.js";

const file = "catalog.yaml";

/** Pushes the catalog to the sandbox; to Stripe itself nothing is pushed by itself, only said what would be. */
export async function bringCatalog(config: Config, isSandbox: boolean, now: () => Date): Promise<string[]> {
  const definition = await readCatalogFile(file).catch((error: unknown) => {
    throw error instanceof CatalogFileError ? new StartProblem(error.message) : error;
  });
  const stripe = makeCatalogGateway(makeStripeClient(config.stripe));
  if (!isSandbox) {
    const changes = await planCatalog(stripe, definition).catch((error: unknown) => {
      if (!(error instanceof StripeUnavailable || error instanceof StripeRefused)) throw error;
      throw new StartProblem(`STRIPE_SECRET_KEY: Stripe cannot be asked with it: ${oneLine(error.cause ?? error)}`);
    });
    return planLines(changes, config);
  }
  return withDatabase(config.database.url, async (db) => {
    const { version, isNewVersion } = await pushCatalog({ db, stripe, now }, definition);
    return [`Catalog    ${file}, version ${version}${isNewVersion ? " (new)" : ""}`];
  });
}

function planLines(changes: readonly { readonly summary: string }[], config: Config): string[] {
  const forward = `Webhooks   stripe listen --forward-to http://127.0.0.1:${config.port}/webhooks/stripe`;
  if (changes.length === 0) return [`Catalog    ${file}: Stripe has it all`, forward];
  return [
    `Catalog    ${file} is not in Stripe yet; a push would make these changes:`,
    ...changes.map(({ summary }) => `             ${summary}`),
    "           Apply them with: NODE_ENV=development npm run catalog -- push",
    forward,
  ];
}

async function withDatabase<T>(url: string, work: (db: Db) => Promise<T>): Promise<T> {
  const connection = connect(url, { max: 1, applicationName: "billing-dev" });
  try {
    return await work(connection.db);
  } finally {
    await connection.close();
  }
}
