import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import jwt from "jsonwebtoken";
import { insertVersion } from "../src/billing/catalog/catalog.repository.js";
import { readCatalogFile } from "../src/billing/catalog/catalog-file.js";
import { userIdOf } from "../src/billing/users/user.js";
import { connect, openSql } from "../src/db/client.js";
import { startEmbeddedPostgres } from "../src/db/embedded.js";
import { migrateDatabase } from "../src/db/migrate.js";
import { freePort } from "../src/dev/ports.js";
import { migrateJobs } from "../src/jobs/worker.js";
import { makeLogger } from "../src/log.js";
import { answers, type BenchRequest, type Contestant, compareSideBySide } from "./side-by-side.js";

/**
 * `npm run bench:usage`: the built service, as it runs in production with every limit on, beside hand-written routes
 * that run the same functions of the database. Both on this machine and one Postgres, turn about, the load from this
 * process. Only the ratios of one run mean anything; CPU is user and system time of the processes, per request.
 */
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5);
const seconds = Number(process.env["BENCH_SECONDS"] ?? 4);
const connections = 32;
const customers = 10_000;

const externalId = (n: number) => `customer-${n % customers}`;

const secret = "a secret of the benchmark that nobody else would use";
const [issuer, audience] = ["https://bench.example", "billing"];
const token = jwt.sign({ sub: "bench", roles: ["billing:service"] }, secret, { issuer, audience, expiresIn: "1h" });

/** A token of each customer, for what customers ask themselves. */
const customerTokens = Array.from({ length: customers }, (_, n) =>
  jwt.sign({ sub: externalId(n) }, secret, { issuer, audience, expiresIn: "1h" }),
);

interface Places {
  readonly graphql: string;
  readonly route: string;
}

type Request = Omit<BenchRequest, "headers"> & { readonly token?: string };

/** The same question, asked both ways. `serial` makes every request another one. */
interface Scenario {
  readonly name: string;
  readonly goal: number;
  /** Events in one request, to tell events a second. */
  readonly size: number;
  readonly graphql: (serial: number) => Request;
  readonly route: (serial: number) => Request;
}

const eventsOf = (count: number) =>
  Array.from({ length: count }, () => ({ feature: "streaming_minutes", quantity: 1, idempotencyKey: randomUUID() }));

const mutation = `mutation Record($input: RecordUsageInput!) { recordUsage(input: $input) {
  results { idempotencyKey isAccepted userErrors { code } entitlement { used limit } } userErrors { code } } }`;

function recording(name: string, goal: number, size: number, who: (serial: number) => string): Scenario {
  return {
    name,
    goal,
    size,
    graphql: (serial) => {
      const input = { externalCustomerId: who(serial), events: eventsOf(size) };
      return { path: "/graphql", method: "POST", body: JSON.stringify({ query: mutation, variables: { input } }) };
    },
    route: (serial) => {
      const [userId, external] = [userIdOf(who(serial)), who(serial)];
      return {
        path: "/usage",
        method: "POST",
        body: JSON.stringify({ userId, externalId: external, events: eventsOf(size) }),
      };
    },
  };
}

const gate = `query Gate($feature: String!) { entitlement(feature: $feature) { hasAccess limit used remaining } }`;

const scenarios: readonly Scenario[] = [
  recording("recordUsage, distinct customers", 0.5, 1, externalId),
  recording("recordUsage, one hot customer", 1, 1, () => "customer-0"),
  recording("recordUsage, 100 events a call", 0.5, 100, externalId),
  {
    name: "entitlement by key",
    goal: 0.6,
    size: 1,
    graphql: (serial) => {
      const body = JSON.stringify({ query: gate, variables: { feature: "streaming_minutes" } });
      return { path: "/graphql", method: "POST", body, token: customerTokens[serial % customers] ?? "" };
    },
    route: (serial) => ({
      path: `/entitlement?feature=streaming_minutes&user=${userIdOf(externalId(serial))}`,
      method: "GET",
    }),
  },
];

async function main(): Promise<void> {
  execFileSync("npm", ["run", "--silent", "build"], { stdio: "inherit" });
  const dataDir = await mkdtemp(join(tmpdir(), "billing-bench-"));
  const server = await startEmbeddedPostgres({ dataDir, throwaway: true });
  const children: ChildProcess[] = [];
  try {
    const url = await seed(server.url);
    const [graphqlPort, routePort] = [await freePort(), await freePort()];
    const service = fork("dist/main.js", {
      env: { ...process.env, ...serviceEnvironment(url, graphqlPort) },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const route = fork("bench/usage-route.ts", {
      execArgv: ["--import", "tsx"],
      env: { ...process.env, DATABASE_URL: url, JWT_SECRET: secret, PORT: String(routePort) },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    children.push(service, route);
    const places = { graphql: `http://127.0.0.1:${graphqlPort}`, route: `http://127.0.0.1:${routePort}` };
    await Promise.all([answers(`${places.graphql}/readyz`), answers(`${places.route}/entitlement`)]);
    console.log(
      `Node ${process.version}, ${cpus().length} cores, ${connections} connections, ${rounds} rounds of ${seconds} s, turn about: median (least to most)`,
    );
    const only = process.argv[2];
    for (const scenario of scenarios.filter(({ name }) => !only || name.includes(only))) {
      await compareSideBySide(
        {
          title: scenario.name,
          goal: scenario.goal,
          size: scenario.size,
          unit: scenario.size > 1 ? "events" : "requests",
          ...contestants(scenario, places, { service, route }),
          // GraphQL says no with a 200.
          isFailure: (body) => body.includes('"errors"') || body.includes('"isAccepted":false'),
        },
        { rounds, seconds, connections, dataDir },
      );
    }
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Makes a database with customers who all subscribe to the tier without limits; gives its address. */
async function seed(address: (database?: string) => string): Promise<string> {
  const admin = openSql(address(), { max: 1, applicationName: "bench" });
  await admin`create database bench`;
  await admin.end();
  const url = address("bench");
  await migrateDatabase(url);
  await migrateJobs(url, makeLogger("error"));
  const { db, close } = connect(url, { max: 1, applicationName: "bench", statementTimeoutMs: 0 });
  const definition = await readCatalogFile("catalog.yaml");
  await insertVersion(db, { hash: "bench", definition, portalConfigurationId: null, pushedAt: new Date() });
  await close();
  const sql = openSql(url, { max: 1, applicationName: "bench", statementTimeoutMs: 0 });
  const names = Array.from({ length: customers }, (_, n) => externalId(n));
  const ids = names.map(userIdOf);
  await sql`insert into users (id, external_id, created_at, recorded_at, updated_at)
    select id, name, now(), now(), now() from unnest(${ids}::uuid[], ${names}::text[]) u (id, name)`;
  await sql`insert into subscriptions (id, user_id, stripe_subscription_id, status, tier_slug, quantity, started_at, usage_anchor,
      usage_unit, current_period_start, current_period_end, recorded_at, updated_at)
    select gen_random_uuid(), id, 'sub_' || id, 'ACTIVE', 'enterprise', 1, now() - interval '10 days', now() - interval '10 days',
      'month', now() - interval '10 days', now() + interval '20 days', now(), now() from unnest(${ids}::uuid[]) u (id)`;
  await sql`vacuum analyze`;
  await sql.end();
  return url;
}

function serviceEnvironment(url: string, port: number): NodeJS.ProcessEnv {
  return {
    NODE_ENV: "production",
    HOST: "127.0.0.1",
    PORT: String(port),
    DATABASE_URL: url,
    JWT_SECRET: secret,
    JWT_ISSUER: issuer,
    JWT_AUDIENCE: audience,
    STRIPE_SECRET_KEY: "sk_test_ofThebenchmark0000",
    STRIPE_WEBHOOK_SECRET: "whsec_ofTheBenchmark0000",
    RETURN_URL_ORIGINS: "https://bench.example",
  };
}

interface Processes {
  readonly service: ChildProcess;
  readonly route: ChildProcess;
}

function contestants(scenario: Scenario, places: Places, { service, route }: Processes) {
  return {
    ours: { name: "GraphQL", url: places.graphql, child: service, ask: asking(scenario.graphql) },
    byHand: { name: "the route", url: places.route, child: route, ask: asking(scenario.route) },
  };
}

function asking(ask: (serial: number) => Request): Contestant["ask"] {
  return (serial) => {
    const { token: own, ...request } = ask(serial);
    const authorization = `Bearer ${own ?? token}`;
    return {
      ...request,
      headers: request.body ? { authorization, "content-type": "application/json" } : { authorization },
    };
  };
}

await main();
