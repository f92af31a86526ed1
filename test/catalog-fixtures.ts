import type Stripe from "stripe";
import type { Sandbox, SandboxOptions } from "../sandbox/sandbox.js";
import type { Catalog, CatalogDefinition } from "../src/billing/catalog/catalog.js";
import { findCatalog } from "../src/billing/catalog/catalog.repository.js";
import { parseCatalog } from "../src/billing/catalog/catalog-file.js";
import type { PushDeps } from "../src/billing/catalog/catalog-push.js";
import { type Connection, connect } from "../src/db/client.js";
import { type CatalogGateway, makeCatalogGateway } from "../src/stripe/catalog-gateway.js";
import { makeStripeClient } from "../src/stripe/client.js";
import { cloneDatabase } from "./support/database.js";
import { startJudgedSandbox } from "./support/sandbox.js";

/** A sandbox and a database that nothing was pushed to. */
export interface Bench {
  readonly sandbox: Sandbox;
  readonly stripe: Stripe;
  readonly connection: Connection;
  readonly databaseUrl: string;
  readonly deps: PushDeps;
  /** The catalog as a service would read it. */
  catalog(): Promise<Catalog>;
  close(): Promise<void>;
}

export async function openBench(options: SandboxOptions = {}): Promise<Bench> {
  const [sandbox, database] = await Promise.all([startJudgedSandbox(options), cloneDatabase()]);
  const stripe = makeStripeClient({
    secretKey: "sk_test_sandbox",
    apiBase: new URL(sandbox.url),
    timeoutMs: 5_000,
  });
  const connection = connect(database.url, { max: 4, applicationName: "test" });
  return {
    sandbox,
    stripe,
    connection,
    databaseUrl: database.url,
    deps: { db: connection.db, stripe: makeCatalogGateway(stripe), now: () => new Date("2026-11-01T12:00:00Z") },
    async catalog() {
      const catalog = await findCatalog(connection.db);
      if (!catalog) throw new Error("No catalog was pushed");
      return catalog;
    },
    async close() {
      await connection.close();
      await sandbox.close();
      await database.drop();
    },
  };
}

/** A price list with one paid tier, and another one if asked for. */
export function priceList({ pro = "29.99", extra = "", tax = "exclusive" } = {}): CatalogDefinition {
  const lines = [
    "currency: usd",
    `tax: { behavior: ${tax} }`,
    "features: { guests: { name: Guests, kind: limit, unit: guest } }",
    "tiers:",
    "  free: { name: Free, default: true, features: { guests: 1 } }",
    `  pro: { name: Pro, description: For shows, prices: { month: ${pro} }, features: { guests: 6 } }`,
    extra,
    "  crew: { name: Crew, hidden: true, staff: true, features: { guests: unlimited } }",
  ];
  return parseCatalog(lines.join("\n"), "catalog.yaml");
}

/** What Stripe has of our prices: our ID, lookup key, amounts and whether it is sold, in order. */
export async function pricesInStripe(stripe: Stripe) {
  const { data } = await stripe.prices.list({ limit: 100, expand: ["data.currency_options"] });
  const shown = data.map((price) => [
    price.metadata["billing_price"],
    price.lookup_key,
    Object.fromEntries(
      Object.entries(price.currency_options ?? {}).map(([currency, option]) => [currency, option.unit_amount]),
    ),
    price.active,
  ]);
  return shown.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** The gateway of a process that dies when Stripe has done this step, before it hears of it. */
export function cutOffAfter(stripe: CatalogGateway, step: keyof CatalogGateway): CatalogGateway {
  return new Proxy(stripe, {
    get:
      (gateway, name) =>
      async (...args: unknown[]) => {
        const answer = await Reflect.apply(Reflect.get(gateway, name), gateway, args);
        if (name === step) throw new Error("cut off");
        return answer;
      },
  });
}
