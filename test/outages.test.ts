import { sql } from "drizzle-orm";
import { expect } from "vitest";
import { otherProcesses } from "./support/another-process.js";
import { test as base, startTestApp, type TestApp } from "./support/app.js";
import { type Answer, codesOf } from "./support/graphql.js";
import { openPostgresProxy, type PostgresProxy, startWired } from "./support/postgres-proxy.js";
import { apiRequests, plantFault } from "./support/stripe.js";
import { until } from "./support/until.js";

/** A service whose wire to Postgres can be cut. */
const test = base.extend<{ wired: { app: TestApp; wire: PostgresProxy } }>({
  wired: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, wire, stop } = await startWired({ environment: { STRIPE_TIMEOUT_SECONDS: "1" } });
      await use({ app, wire });
      await stop();
    },
    { scope: "file" },
  ],
});

const metricsToken = "a-token-that-only-the-operator-knows";

const register = "mutation ($input: RegisterCustomerInput!) { registerCustomer(input: $input) { customer { id } } }";

test.for([
  ["Stripe fails", { status: 500 }],
  ["Stripe fails under load", { status: 503 }],
  ["Stripe limits us", { status: 429 }],
  ["Stripe does not accept our key", { status: 401 }],
  ["Stripe answers rubbish", { garbage: true }],
  ["Stripe hangs up", { after: true }],
] as const)("%s: the caller is told to try again, and nothing of Stripe's answer", async ([what, effect], { app }) => {
  const somebody = app.person(what.replaceAll(" ", "-"));
  await plantFault(app, { method: "POST", path: "/v1/customers", times: 3, ...effect });
  const answer = await somebody.graphql(register, { input: {} });
  await app.control("DELETE", "/sandbox/faults");

  expectTemporary(answer, "registerCustomer");
  expect(app.logged.join("")).toContain(String(answer.errors?.[0]?.extensions["requestId"]));
  expect((await somebody.graphql(register, { input: {} })).errors).toBeUndefined();
});

test("Stripe does not answer at all: the caller is told so after the time limit", async ({ wired: { app } }) => {
  const ada = app.person("ada");
  await plantFault(app, { method: "POST", path: "/v1/customers", times: 3, hang: true });
  const answer = await ada.graphql(register, { input: {} });
  await app.control("DELETE", "/sandbox/faults");
  expectTemporary(answer, "registerCustomer");
});

base("Stripe answers nobody: calls fail at once until one is answered, and the operator hears of it once", async () => {
  const { app, stop } = await startTestApp({
    environment: { STRIPE_TIMEOUT_SECONDS: "1", METRICS_TOKEN: metricsToken },
  });
  try {
    const calls = async () => (await apiRequests(app, "POST", "/v1/*")).length;
    const tryAs = (sub: string) => app.person(sub).graphql(register, { input: {} });
    await plantFault(app, { path: "/v1/*", times: 1_000, reset: true });
    for (const answer of await Promise.all(["hal", "ida", "jon"].map(tryAs))) {
      expectTemporary(answer, "registerCustomer");
    }
    const before = await calls();
    for (const sub of ["kim", "leo", "mia"]) expectTemporary(await tryAs(sub), "registerCustomer");
    // Each would ask at least twice; one call may have tried whether it is over.
    expect((await calls()) - before).toBeLessThan(3);

    await app.control("DELETE", "/sandbox/faults");
    await until("somebody to be registered", async () => (await tryAs("kim")).data?.registerCustomer?.customer);
    expect((await tryAs("leo")).errors).toBeUndefined();
    for (const line of ["stripe does not answer", "stripe answers again"]) {
      expect(app.logged.filter((entry) => entry.includes(line))).toHaveLength(1);
    }
    const metrics = await fetch(`${app.url}/metrics`, { headers: { authorization: `Bearer ${metricsToken}` } });
    expect(await metrics.text()).toContain("billing_stripe_outages_total 1");
  } finally {
    await stop();
  }
});

test("a fault of ours is a fixed sentence and an id to ask about; the log has the rest", async ({ app }) => {
  const ada = app.person("ada");
  await app.connection.db.execute(sql`alter table payments rename to payments_gone`);
  try {
    const answer = await ada.graphql("{ viewer { id } payments { totalCount } }");
    expect(answer.status).toBe(200);
    expect(answer.data).toMatchObject({ viewer: { id: expect.any(String) }, payments: null });
    expect(answer.errors).toEqual([
      {
        message: "Something went wrong on our side. Nothing was charged twice; try again.",
        path: ["payments"],
        locations: expect.any(Array),
        extensions: { code: "INTERNAL_SERVER_ERROR", requestId: answer.headers.get("x-request-id") },
      },
    ]);
    expectNoInternals(answer);
    const line = app.logged.find(
      (entry) => entry.includes(`"${answer.headers.get("x-request-id")}"`) && entry.includes("operation failed"),
    );
    expect(line).toContain('relation \\"payments\\" does not exist');
  } finally {
    await app.connection.db.execute(sql`alter table payments_gone rename to payments`);
  }
});

test("Postgres goes away: what is in memory is served, the rest says so, and all is well when it is back", async ({
  wired: { app, wire },
}) => {
  const ada = app.person("ada");
  await ada.ask("{ viewer { customer { id } } }");
  wire.cut();
  const answer = await ada.graphql("{ tiers { slug } viewer { customer { id } } }");
  expect(answer.status).toBe(200);
  expect(answer.data.tiers).not.toEqual([]);
  expectTemporary(answer, "viewer");
  const readiness = await fetch(`${app.url}/readyz`);
  expect(readiness.status).toBe(503);
  expect(await readiness.json()).toEqual({ status: "not ready", checks: { database: false, catalog: true } });
  expect((await fetch(`${app.url}/healthz`)).status).toBe(200);

  wire.restore();
  await until("the service to be ready", async () => (await fetch(`${app.url}/readyz`)).ok, 30_000);
  await until(
    "queries to be served",
    async () => !(await ada.graphql("{ viewer { customer { id } } }")).errors,
    30_000,
  );
});

test("Postgres goes away in the middle of mutations: they fail, the process and its locks do not", async ({
  wired: { app, wire },
}) => {
  const people = Array.from({ length: 12 }, (_, index) => app.person(`crowd-${index}`));
  await plantFault(app, { method: "POST", path: "/v1/customers", times: people.length, delay_ms: 200 });
  const answers = people.map((person) => person.graphql(register, { input: {} }));
  await until("locks to be held", async () => {
    const [row] = await app.connection.db.execute<{ held: number }>(
      sql`select count(*)::int as held from pg_locks where locktype = 'advisory' and granted`,
    );
    return (row?.held ?? 0) >= 4;
  });
  wire.cut();
  for (const answer of await Promise.all(answers)) if (answer.errors) expectTemporary(answer, "registerCustomer");
  wire.restore();
  await app.control("DELETE", "/sandbox/faults");
  for (const person of people) {
    await until(
      `${person.sub} to be registered`,
      async () => (await person.graphql(register, { input: {} })).data?.registerCustomer?.customer,
      30_000,
    );
  }
});

test("live updates go on after Postgres was away", async ({ wired: { app, wire } }) => {
  const ada = app.person("streamer");
  const stream = await ada.subscribe("subscription { entitlementsChanged { entitlements { feature { key } } } }");
  wire.cut();
  wire.restore();
  await until("the service to be ready", async () => (await fetch(`${app.url}/readyz`)).ok, 30_000);
  await until("the checkout to be opened", () => ada.checkout("starter").catch(() => null), 30_000);
  await ada.buy("starter");
  await until("the update", () => stream.waiting.length > 0, 30_000);
  expect(await stream.next()).toMatchObject({ data: { entitlementsChanged: { entitlements: expect.any(Array) } } });
  await stream.close();
});

function expectTemporary(answer: Answer, field: string): void {
  expect(answer.status).toBe(200);
  expect(codesOf(answer)).toEqual(["UPSTREAM_UNAVAILABLE"]);
  expect(answer.errors?.[0]).toEqual({
    message: "The payment provider or the database does not answer just now. Try again shortly.",
    path: expect.arrayContaining([field]),
    locations: expect.any(Array),
    extensions: { code: "UPSTREAM_UNAVAILABLE", retryable: true, requestId: answer.headers.get("x-request-id") },
  });
  expectNoInternals(answer);
}

/** Nothing that tells how the service is made, nor what a provider or the database said. */
function expectNoInternals(answer: Answer): void {
  expect(JSON.stringify(answer.errors)).not.toMatch(
    /stack|\bat \w+ \(|node_modules|\.ts|select |insert |relation|postgres|sk_test|api_error|unknown error|rate limit|cus_|127\.0\.0\.1/i,
  );
}

test("a process that is told to stop while its worker's connection answers nothing ends in order", async ({ app }) => {
  const wire = await openPostgresProxy(app.config.database.url);
  const processes = otherProcesses();
  try {
    const swallowed = wire.stallAt('LISTEN "jobs:insert"');
    const { process } = await processes.serve(app, { worker: true, databaseUrl: wire.url });
    await swallowed;
    process.child.kill("SIGTERM");
    await until("it stops", () => process.output().includes('"stopping"'));
    wire.restore();
    await process.ended;
    expect(process.child.exitCode, process.output()).toBe(0);
  } finally {
    await processes.clear();
    await wire.close();
  }
});
