import { parseArgs } from "node:util";
import type { CatalogDefinition } from "../billing/catalog/catalog.js";
import { CatalogFileError } from "../billing/catalog/catalog-fault.js";
import { readCatalogFile } from "../billing/catalog/catalog-file.js";
import { inWords, offersOf } from "../billing/catalog/catalog-offer.js";
import { planCatalog, pushCatalog, type WantedWebhook } from "../billing/catalog/catalog-push.js";
import { type CatalogConfig, ConfigError, environment, readCatalogConfig, readPushConfig } from "../config.js";
import { connect } from "../db/client.js";
import { explainDatabaseProblem } from "../db/explain.js";
import { commandEnvironment } from "../dev/running.js";
import { BillingError } from "../errors.js";
import { webhookPath } from "../http/stripe-webhook-endpoint.js";
import { makeCatalogGateway } from "../stripe/catalog-gateway.js";
import { makeStripeClient } from "../stripe/client.js";
import { StripeRefused } from "../stripe/stripe-errors.js";
import { handledEvents } from "../webhooks/handled-events.js";

const usage = `Usage: npm run catalog -- <command> [--file catalog.yaml]

  check   say what is wrong with the file; needs nothing but the file
  plan    show what a push would change in Stripe, and change nothing
  push    make Stripe and the database match the file; running services follow by themselves

In Stripe these are products, prices, the settings of the billing portal and, where PUBLIC_URL is set, the
webhook endpoint. Nothing is ever deleted there.

Exit code: 0 when all is well, 1 when the file, Stripe or the database says no, 2 for a wrong command.`;

type Command = (definition: CatalogDefinition, file: string) => Promise<string>;

const commands: Readonly<Record<string, Command>> = { check, plan, push };

async function check(definition: CatalogDefinition, file: string): Promise<string> {
  const tiers = definition.tiers.map(
    (tier) => `  ${tier.slug.padEnd(20)} ${tier.name.padEnd(20)} ${priceTag(definition, tier.slug)}`,
  );
  const { features } = definition;
  return [`${file} is fine: ${definition.tiers.length} tiers, ${features.length} features.`, ...tiers].join("\n");
}

function priceTag(definition: CatalogDefinition, slug: string): string {
  const offers = offersOf(definition).filter((offer) => offer.tierSlug === slug);
  if (offers.length === 0) return "-";
  return offers.map(({ amounts, interval }) => `${inWords(amounts)} a ${interval}`).join("; ");
}

async function plan(definition: CatalogDefinition): Promise<string> {
  const config = readCatalogConfig(await commandEnvironment(environment()));
  const { webhook, note } = webhookOf(config);
  const changes = await planCatalog(gatewayOf(config), definition, webhook);
  if (changes.length === 0) return ["Stripe has it all; a push would change nothing there.", ...note].join("\n");
  const lines = changes.map((change) => `  ${change.summary}`);
  return [`A push would make ${inNumber(changes.length, "change")} in Stripe:`, ...lines, ...note].join("\n");
}

async function push(definition: CatalogDefinition): Promise<string> {
  const config = readPushConfig(await commandEnvironment(environment()));
  const { webhook, note } = webhookOf(config);
  // Waiting for another push may take longer than a query of the service ever should.
  const options = { max: 1, applicationName: "billing-catalog", statementTimeoutMs: 60_000 };
  const connection = connect(config.databaseUrl, options);
  try {
    const deps = { db: connection.db, stripe: gatewayOf(config), now: () => new Date() };
    const { changes, version, isNewVersion } = await pushCatalog(deps, definition, webhook);
    const done =
      changes.length === 0 ? ["Stripe had it all."] : ["Changed in Stripe:", ...changes.map((line) => `  ${line}`)];
    const inForce = `Catalog version ${version} is in force${isNewVersion ? "." : ", as before."}`;
    return [...done, inForce, ...note].join("\n");
  } finally {
    await connection.close();
  }
}

/** The webhook endpoint to keep, and what the operator should know of it. */
function webhookOf({ publicUrl, stripe }: CatalogConfig): { webhook: WantedWebhook | null; note: string[] } {
  // The sandbox sends to the service that started it, without being asked.
  if (stripe.apiBase) return { webhook: null, note: [] };
  if (!publicUrl) {
    return { webhook: null, note: ["PUBLIC_URL is not set: the webhook endpoints in Stripe are left alone."] };
  }
  const url = publicUrl + webhookPath;
  const note = `Webhooks go to ${url}; Stripe's dashboard shows the secret: https://dashboard.stripe.com/webhooks`;
  return { webhook: { url, events: handledEvents, onSecret: tellSecret }, note: [note] };
}

/** At once and not with the rest: should the push fail after this, the secret would be lost. */
function tellSecret(secret: string): void {
  console.log(`Stripe made a webhook endpoint. Its signing secret, which is not kept anywhere here:

  ${secret}

Set STRIPE_WEBHOOK_SECRET to it and restart the service; while an older endpoint's events may still arrive, list
both secrets with a comma between. Until then events are refused, and Stripe sends them again for up to 3 days.
`);
}

function gatewayOf({ stripe }: CatalogConfig) {
  return makeCatalogGateway(makeStripeClient(stripe));
}

function inNumber(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** What to tell the operator of an error that is theirs to mend; undefined for a bug. */
function explain(error: unknown): string | undefined {
  if (error instanceof CatalogFileError) {
    const { faults, message } = error;
    return faults.length === 0 ? message : `${message}\n\n${inNumber(faults.length, "fault")}; nothing was changed.`;
  }
  if (error instanceof ConfigError || error instanceof StripeRefused) return error.message;
  if (!(error instanceof BillingError)) return explainDatabaseProblem(error);
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : "";
  return `${error.message}${cause}\nPush again: it goes on where this one stopped.`;
}

async function main(args: string[]): Promise<number> {
  const options = { file: { type: "string", default: "catalog.yaml" }, help: { type: "boolean", short: "h" } } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true, strict: true });
  const command = positionals.length === 1 ? commands[positionals[0] ?? ""] : undefined;
  if (values.help || !command) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  console.log(await command(await readCatalogFile(values.file), values.file));
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  console.error(isUsage ? `${error.message}\n\n${usage}` : (explain(error) ?? error));
  process.exitCode = isUsage ? 2 : 1;
}
