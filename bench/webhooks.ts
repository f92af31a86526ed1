import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import type { Sql } from "postgres";
import Stripe from "stripe";
import { type Sandbox, startSandbox } from "../sandbox/sandbox.js";
import { readCatalogFile } from "../src/billing/catalog/catalog-file.js";
import { pushCatalog } from "../src/billing/catalog/catalog-push.js";
import { userIdOf } from "../src/billing/users/user.js";
import { SANDBOX_SECRET_KEY } from "../src/config.js";
import { connect, openSql } from "../src/db/client.js";
import { startEmbeddedPostgres } from "../src/db/embedded.js";
import { migrateDatabase } from "../src/db/migrate.js";
import { freePort } from "../src/dev/ports.js";
import { migrateJobs } from "../src/jobs/worker.js";
import { makeLogger } from "../src/log.js";
import { makeCatalogGateway } from "../src/stripe/catalog-gateway.js";
import { answers, type BenchRequest, compareSideBySide } from "./side-by-side.js";

/**
 * `npm run bench:webhooks`: the built service's webhook route beside one written by hand, both on this machine and one
 * Postgres, turn about, the load from this process; then how long an event takes to be in force, and how fast a heap
 * of waiting events is worked off. Only the ratios of one run mean anything.
 */
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5);
const seconds = Number(process.env["BENCH_SECONDS"] ?? 4);
const connections = 16;
const goal = 0.85;
const secret = "whsec_of_the_benchmark";

/** Bodies as Stripe sends them, of which each request gets one with an ID of its own. */
interface Bodies {
  readonly subscription: string;
  readonly invoice: string;
}

interface Place {
  readonly sql: Sql;
  readonly url: string;
  readonly dataDir: string;
  readonly sandbox: Sandbox;
  readonly stripe: Stripe;
  readonly children: ChildProcess[];
}

async function main(): Promise<void> {
  execFileSync("npm", ["run", "--silent", "build"], { stdio: "inherit" });
  const dataDir = await mkdtemp(join(tmpdir(), "billing-bench-"));
  const server = await startEmbeddedPostgres({ dataDir, throwaway: true });
  const port = await freePort();
  const sandbox = await startSandbox({ webhookEndpoint: { url: `http://127.0.0.1:${port}/webhooks/stripe`, secret } });
  const stripe = new Stripe(SANDBOX_SECRET_KEY, { host: "127.0.0.1", port: sandbox.port, protocol: "http" });
  const url = await seed(server.url, stripe, sandbox.now);
  const sql = openSql(url, { max: 2, applicationName: "bench", statementTimeoutMs: 0 });
  const place: Place = { sql, url, dataDir, sandbox, stripe, children: [] };
  try {
    console.log(`Node ${process.version}, ${cpus().length} cores`);
    await acknowledging(place);
    await untilInForce(place, port);
    await draining(place, port);
  } finally {
    for (const child of place.children) child.kill("SIGKILL");
    await sql.end();
    await sandbox.close();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function seed(address: (database?: string) => string, stripe: Stripe, now: () => Date): Promise<string> {
  const admin = openSql(address(), { max: 1, applicationName: "bench" });
  await admin`create database bench`;
  await admin.end();
  const url = address("bench");
  await migrateDatabase(url);
  await migrateJobs(url, makeLogger("error"));
  const { db, close } = connect(url, { max: 1, applicationName: "bench", statementTimeoutMs: 0 });
  await pushCatalog({ db, stripe: makeCatalogGateway(stripe), now }, await readCatalogFile("catalog.yaml"));
  await close();
  return url;
}

/** Starts the built service; it answers when this resolves. */
async function serve(place: Place, port: number, worker: boolean): Promise<ChildProcess> {
  const child = fork("dist/main.js", {
    env: {
      ...process.env,
      NODE_ENV: "test",
      HOST: "127.0.0.1",
      PORT: String(port),
      DATABASE_URL: place.url,
      JWT_SECRET: "a secret of the benchmark that nobody else would use",
      JWT_ISSUER: "https://bench.example",
      JWT_AUDIENCE: "billing",
      STRIPE_SECRET_KEY: SANDBOX_SECRET_KEY,
      STRIPE_API_BASE: place.sandbox.url,
      STRIPE_WEBHOOK_SECRET: secret,
      BILLING_CLOCK_URL: `${place.sandbox.url}/sandbox/clock`,
      RETURN_URL_ORIGINS: "https://bench.example",
      WORKER: String(worker),
    },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  place.children.push(child);
  await answers(`http://127.0.0.1:${port}/readyz`);
  return child;
}

async function stop(place: Place, child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
  place.children.splice(place.children.indexOf(child), 1);
}

/** From the arrival of a request to its 200; nothing is processed meanwhile. */
async function acknowledging(place: Place): Promise<void> {
  const bodies = await realBodies(place);
  const [servicePort, routePort] = [await freePort(), await freePort()];
  const service = await serve(place, servicePort, false);
  const route = fork("bench/webhook-route.ts", {
    execArgv: ["--import", "tsx"],
    env: { ...process.env, DATABASE_URL: place.url, STRIPE_WEBHOOK_SECRET: secret, PORT: String(routePort) },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  place.children.push(route);
  await answers(`http://127.0.0.1:${routePort}/`);
  const asks: [title: string, ask: (serial: number) => BenchRequest][] = [
    ["subscription events", (serial) => delivery(bodies.subscription, serial)],
    ["invoice events", (serial) => delivery(bodies.invoice, serial)],
    ["a mix of both", (serial) => delivery(serial % 2 === 0 ? bodies.subscription : bodies.invoice, serial)],
    ["every second one a repeat", (serial) => delivery(bodies.subscription, serial - (serial % 2))],
  ];
  for (const [title, ask] of asks) {
    const before = await commits(place.sql);
    const stored = await storedEvents(place.sql);
    await compareSideBySide(
      {
        title,
        goal,
        size: 1,
        unit: "events",
        ours: { name: "the service", url: `http://127.0.0.1:${servicePort}`, child: service, ask },
        byHand: { name: "by hand", url: `http://127.0.0.1:${routePort}`, child: route, ask },
      },
      { rounds, seconds, connections, dataDir: place.dataDir },
    );
    const byHand = await place.sql`select count(*)::int as count from events_by_hand`;
    const ours = (await storedEvents(place.sql)) - stored;
    const statements = (await commits(place.sql)) - before - Number(byHand[0]?.["count"]);
    if (!title.includes("repeat"))
      console.log(`  about ${(statements / ours).toFixed(2)} statements of ours for each event`);
    await place.sql`truncate events_by_hand`;
    await place.sql`truncate webhook_events`;
  }
  await stop(place, service);
  route.kill("SIGKILL");
}

/** Events of a subscription as the sandbox tells of them, as long as Stripe's. */
async function realBodies({ stripe }: Place): Promise<Bodies> {
  await subscribe(stripe, "somebody@example.com");
  const body = async (type: string) => {
    const [event] = (await stripe.events.list({ type, limit: 1 })).data;
    if (!event) throw new Error(`The sandbox has told of no ${type}.`);
    return JSON.stringify(event).replaceAll(event.id, "evt_SERIAL");
  };
  return { subscription: await body("customer.subscription.created"), invoice: await body("invoice.paid") };
}

let run = 0;
function delivery(template: string, serial: number): BenchRequest {
  if (serial === 0) run += 1;
  const body = template.replaceAll("evt_SERIAL", `evt_${run}_${serial}`);
  const time = Math.floor(Date.now() / 1000);
  const signature = createHmac("sha256", secret).update(`${time}.${body}`).digest("hex");
  const headers = { "content-type": "application/json", "stripe-signature": `t=${time},v1=${signature}` };
  return { path: "/webhooks/stripe", method: "POST", headers, body };
}

async function commits(sql: Sql): Promise<number> {
  await sql`select pg_stat_force_next_flush()`;
  const [row] = await sql`select xact_commit::int as count from pg_stat_database where datname = current_database()`;
  return Number(row?.["count"]);
}

async function storedEvents(sql: Sql): Promise<number> {
  const [row] = await sql`select count(*)::int as count from webhook_events`;
  return Number(row?.["count"]);
}

/** A customer of the service's, with a card; their subscription begins at Stripe, and we hear of it. */
async function subscribe(stripe: Stripe, email: string, sql?: Sql): Promise<void> {
  const { data } = await stripe.prices.list({ lookup_keys: [await monthlyKey(stripe)] });
  const { id: customer } = await stripe.customers.create({ email });
  if (sql) {
    await sql`insert into users (id, external_id, stripe_customer_id, created_at, recorded_at, updated_at)
      values (${userIdOf(email)}, ${email}, ${customer}, now(), now(), now())`;
  }
  const { id: default_payment_method } = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  await stripe.subscriptions.create({ customer, default_payment_method, items: [{ price: data[0]?.id ?? "" }] });
}

let key: string | undefined;
async function monthlyKey(stripe: Stripe): Promise<string> {
  if (key) return key;
  for await (const { lookup_key, recurring, unit_amount } of stripe.prices.list({ limit: 100 })) {
    if (lookup_key && recurring?.interval === "month" && unit_amount === 2999) key = lookup_key;
  }
  if (!key) throw new Error("The catalog has no price of $29.99 a month.");
  return key;
}

/** From the arrival of an event to its effect being committed, with one customer waiting, and with sixteen. */
async function untilInForce(place: Place, port: number): Promise<void> {
  const service = await serve(place, port, true);
  let serial = 0;
  console.log("\nFrom the arrival of a subscription's first event until it is in force");
  for (const [waiting, times] of [
    [1, 60],
    [16, 12],
  ] as const) {
    const since = new Date();
    for (let round = 0; round < times; round += 1) {
      const all = Array.from({ length: waiting }, () =>
        subscribe(place.stripe, `waits-${++serial}@example.com`, place.sql),
      );
      await Promise.all(all);
      await untilProcessed(place.sql);
    }
    const [row] = await place.sql`
      select percentile_cont(0.5) within group (order by ms) as p50, percentile_cont(0.99) within group (order by ms) as p99,
        count(*)::int as count from (
          select extract(epoch from processed_at - received_at) * 1000 as ms from webhook_events
          where type = 'customer.subscription.created' and status = 'PROCESSED' and received_at >= ${since}) took`;
    console.log(
      `  ${waiting} waiting: p50 ${Number(row?.["p50"]).toFixed(0)} ms, p99 ${Number(row?.["p99"]).toFixed(0)} ms (${row?.["count"]} subscriptions)`,
    );
  }
  await stop(place, service);
}

async function untilProcessed(sql: Sql): Promise<void> {
  for (;;) {
    const [row] =
      await sql`select count(*)::int as count from webhook_events where status in ('PENDING', 'PROCESSING')`;
    if (row?.["count"] === 0 && (await storedEvents(sql)) > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** How fast a heap of events is worked off, from the start of a worker to the last event. */
async function draining(place: Place, port: number): Promise<void> {
  await place.sql`truncate webhook_events`;
  const intake = await serve(place, port, false);
  let serial = 0;
  while ((await storedEvents(place.sql)) < 10_000) {
    const some = Array.from({ length: 20 }, () => subscribe(place.stripe, `drains-${++serial}@example.com`, place.sql));
    await Promise.all(some);
    await place.sandbox.answered();
  }
  const [row] = await place.sql`select count(*)::int as count, count(distinct (object_kind, object_id))::int as objects
    from webhook_events where status = 'PENDING'`;
  await stop(place, intake);
  const worker = await serve(place, port, true);
  const begun = performance.now();
  await untilProcessed(place.sql);
  const took = (performance.now() - begun) / 1000;
  console.log(
    `\n${row?.["count"]} waiting events of ${row?.["objects"]} objects are worked off in ${took.toFixed(1)} s: ${Math.round(Number(row?.["count"]) / took)} a second`,
  );
  await stop(place, worker);
}

await main();
