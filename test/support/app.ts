import { test as base } from "vitest";
import type { Sandbox } from "../../sandbox/sandbox.js";
import { type App, startApp } from "../../src/app.js";
import { developmentToken } from "../../src/auth/development-token.js";
import { readCatalogFile } from "../../src/billing/catalog/catalog-file.js";
import { pushCatalog } from "../../src/billing/catalog/catalog-push.js";
import { type Config, developmentEnvironment, readConfig, SANDBOX_WEBHOOK_SECRET } from "../../src/config.js";
import { type Connection, connect } from "../../src/db/client.js";
import { freePort } from "../../src/dev/ports.js";
import { makeLogger } from "../../src/log.js";
import { makeCatalogGateway } from "../../src/stripe/catalog-gateway.js";
import { makeStripeClient } from "../../src/stripe/client.js";
import { cloneDatabase } from "./database.js";
import { expectExactCounters } from "./exact.js";
import { type Answer, sendGraphql } from "./graphql.js";
import { makePerson, type Person } from "./person.js";
import { startJudgedSandbox } from "./sandbox.js";
import { control } from "./stripe.js";

/** A whole service of a test file's own: database, sandbox with its clock, API and worker. */
export interface TestApp {
  readonly url: string;
  readonly config: Config;
  readonly sandbox: Sandbox;
  readonly connection: Connection;
  /** The SDK on the sandbox, for what a merchant would do in the dashboard. */
  readonly stripe: ReturnType<typeof makeStripeClient>;
  /** What the service logged, a JSON line each. */
  readonly logged: string[];
  now(): Date;
  /** Sends an operation over HTTP. */
  graphql(query: string, variables?: Record<string, unknown>, token?: string): Promise<Answer>;
  /** Somebody with a token of their own. */
  person(sub: string, options?: { role?: "admin" | "service"; email?: string | null }): Person;
  /** A customer who has bought this tier through the hosted page, and whose entitlements are in force. */
  customerOn(tier: string, sub?: string): Promise<Person>;
  /** Sends a request to the sandbox's control API. */
  control(method: string, path: string, body?: unknown): Promise<unknown>;
}

/** What a test file may change about its service. */
export interface TestAppOptions {
  readonly environment?: Record<string, string>;
  readonly worker?: boolean;
  /** Comma-separated; the sandbox signs with its own, so it is to be among them. */
  readonly webhookSecrets?: string;
  /** Changes what no environment variable of a test may: the mode, the way to the database. */
  readonly configure?: (config: Config) => Config | Promise<Config>;
}

/** A test asks for as much as it needs; those of the limits switch them on. */
const unlimited = {
  RATE_LIMIT_ANONYMOUS: "off",
  RATE_LIMIT_CUSTOMER: "off",
  RATE_LIMIT_SERVICE: "off",
  RATE_LIMIT_ADMIN: "off",
  RATE_LIMIT_MONEY: "off",
};

let people = 0;

/** Starts everything on free ports of 127.0.0.1; gives it with the function that stops it. */
export async function startTestApp(options: TestAppOptions = {}): Promise<{ app: TestApp; stop(): Promise<void> }> {
  const [database, port] = await Promise.all([cloneDatabase(), freePort()]);
  const sandbox = await startJudgedSandbox({ retryDelaysMs: [200, 400, 800, 1_600] });
  const services = { apiBase: sandbox.url, clockUrl: `${sandbox.url}/sandbox/clock` };
  const asRead = readConfig({
    ...developmentEnvironment(
      { PORT: String(port), ...unlimited, ...options.environment },
      { databaseUrl: database.url, sandbox: services },
    ),
    NODE_ENV: "test",
    HOST: "127.0.0.1",
    WORKER: String(options.worker ?? true),
    ...(options.webhookSecrets && { STRIPE_WEBHOOK_SECRET: options.webhookSecrets }),
  });
  const config = (await options.configure?.(asRead)) ?? asRead;
  const connection = connect(database.url, { max: 2, applicationName: "tests" });
  const stripe = makeStripeClient(config.stripe);
  const definition = await readCatalogFile("catalog.yaml");
  await pushCatalog({ db: connection.db, stripe: makeCatalogGateway(stripe), now: sandbox.now }, definition);
  // Only now: what the first push tells of itself would be in every test's inbox.
  const endpoint = { url: `http://127.0.0.1:${port}/webhooks/stripe`, secret: SANDBOX_WEBHOOK_SECRET };
  await control({ sandbox }, "POST", "/sandbox/webhook_endpoints", endpoint);

  const logged: string[] = [];
  const log = makeLogger("debug", { write: (line) => void logged.push(line) });
  const service: App = await startApp(config, log);
  const { url } = service;

  const app: TestApp = {
    url,
    config,
    sandbox,
    connection,
    stripe,
    logged,
    now: service.now,
    graphql: (query, variables, token) => sendGraphql(url, query, variables, token),
    person(sub, { role, email } = {}) {
      const token = developmentToken(config, {
        sub,
        name: sub,
        ...(email !== null && { email: email ?? `${sub}@example.com` }),
        ...(role && { role }),
      });
      return makePerson(app, sub, token);
    },
    async customerOn(tier, sub = `somebody-${++people}`) {
      const person = app.person(sub);
      await person.buy(tier);
      return person;
    },
    control: (method, path, body) => control({ sandbox }, method, path, body),
  };
  return {
    app,
    async stop() {
      await service.close();
      await sandbox.close();
      await connection.close();
      await database.drop();
    },
  };
}

/** A test with a service that the file's tests share. After each of them every counter must be exact. */
export const test = base.extend<{ app: TestApp; exactness: undefined }>({
  app: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, stop } = await startTestApp();
      await use(app);
      await stop();
    },
    { scope: "file" },
  ],
  exactness: [
    async ({ app }, use) => {
      await use(undefined);
      await expectExactCounters(app.connection);
    },
    { auto: true },
  ],
});
