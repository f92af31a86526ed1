import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type SQL, sql } from "drizzle-orm";
import type Stripe from "stripe";
import { type OtherProcesses, otherProcesses } from "./another-process.js";
import type { TestApp } from "./app.js";
import type { Run } from "./dev-process.js";

/** A place for maps and reports, and the command. */
export interface ImportBench {
  /** The path of a file with this content. */
  file(name: string, content: string): Promise<string>;
  /** Starts `npm run import` with the service's own settings. */
  start(app: TestApp, ...args: string[]): Promise<Run>;
  /** The same to its end; gives the exit code with all that was said. */
  run(app: TestApp, ...args: string[]): Promise<{ code: number | null; output: string }>;
  readonly processes: OtherProcesses;
  clear(): Promise<void>;
}

export async function makeImportBench(): Promise<ImportBench> {
  const dir = await mkdtemp(join(tmpdir(), "billing-import-"));
  const processes = otherProcesses();
  const start: ImportBench["start"] = (app, ...args) =>
    processes.run(
      "src/cli/import.ts",
      {
        DATABASE_URL: app.config.database.url,
        STRIPE_API_BASE: app.sandbox.url,
        BILLING_CLOCK_URL: app.config.billingClockUrl ?? "",
        RECONCILE_REQUESTS_PER_SECOND: "100",
      },
      args,
    );
  return {
    processes,
    start,
    async file(name, content) {
      const path = join(dir, name);
      await writeFile(path, content);
      return path;
    },
    async run(app, ...args) {
      const { ended, output } = await start(app, ...args);
      return { code: await ended, output: output() };
    },
    async clear() {
      await processes.clear();
      await rm(dir, { recursive: true });
    },
  };
}

/** A customer that the host product made itself, with a card of their own. */
export async function soldElsewhere(app: TestApp, params: Stripe.CustomerCreateParams): Promise<Stripe.Customer> {
  const customer = await app.stripe.customers.create({
    ...params,
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  return customer;
}

/** Sells a subscription as the host product's own code would. */
export async function sell(
  app: TestApp,
  customer: Stripe.Customer,
  price: string,
  more: Partial<Stripe.SubscriptionCreateParams> = {},
): Promise<Stripe.Subscription> {
  return app.stripe.subscriptions.create({ customer: customer.id, items: [{ price }], ...more });
}

/** Stripe's ID of a tier's monthly price. */
export async function stripePriceOf(app: TestApp, tier: string): Promise<string> {
  const { data } = await app.stripe.prices.list({ lookup_keys: [`${tier}_month_usd`] });
  const [price] = data;
  if (!price) throw new Error(`${tier} has no price.`);
  return price.id;
}

/** All that an import writes, row by row. */
export async function recordsOf(app: TestApp): Promise<Record<string, unknown[]>> {
  const read = async (rows: SQL) => [...(await app.connection.db.execute(rows))];
  return {
    users: await read(sql`select * from users order by id`),
    subscriptions: await read(sql`select * from subscriptions order by id`),
    invoices: await read(sql`select * from invoices order by id`),
    payments: await read(sql`select * from payments order by id`),
    acts: await read(sql`select * from audit_log where action = 'customer.import' order by id`),
  };
}

/** How many rows of each kind there are. */
export async function countsOf(app: TestApp): Promise<Record<string, number>> {
  const records = await recordsOf(app);
  return Object.fromEntries(Object.entries(records).map(([table, rows]) => [table, rows.length]));
}
