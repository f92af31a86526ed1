import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { test as base, expect } from "vitest";
import { startEmbeddedPostgres } from "../src/db/embedded.js";
import { cloneDatabase } from "./support/database.js";
import { type DevPlace, makeDevPlace, type Run } from "./support/dev-process.js";
import { sendGraphql } from "./support/graphql.js";
import { startJudgedSandbox } from "./support/sandbox.js";
import { until } from "./support/until.js";

const test = base.extend<{ place: DevPlace }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
  place: async ({}, use) => {
    const place = await makeDevPlace();
    await use(place);
    await place.clear();
  },
});

const address = (place: DevPlace) => `http://127.0.0.1:${place.port}`;
const customerToken = (run: Run) => /customer's token[^\n]*\n(\S+)/.exec(run.output())?.[1] ?? "";
const register = "mutation { registerCustomer(input: {}) { customer { id createdAt } userErrors { code } } }";

/** Ends a run as Ctrl-C does; gives its exit code. */
function interrupt(run: Run): Promise<number | null> {
  run.child.kill("SIGINT");
  return run.ended;
}

test("with nothing configured everything starts, is announced, and is there again after a restart", async ({
  place,
}) => {
  const cold = await place.dev();
  expect(cold.output()).toContain(`GraphQL    ${address(place)}/graphql`);
  expect(cold.output()).toContain("admin's token");
  expect(cold.output()).toContain(place.dataDir);
  expect((await fetch(`${address(place)}/readyz`)).status).toBe(200);
  expect((await stat(join(place.dataDir, "postgres-password"))).mode & 0o777).toBe(0o600);
  const first = await sendGraphql(address(place), register, {}, customerToken(cold));
  // The events of its own customer arrive; those of the prices that the first start made would hide the banner.
  await until("an event to arrive", () => cold.output().includes("customer.created"));
  expect(cold.output()).not.toMatch(/price\.created|product\.created/);
  expect(await interrupt(cold)).toBe(0);
  await until("nothing is left running", async () => (await place.leftovers()).length === 0);

  const warm = await place.dev();
  const second = await sendGraphql(address(place), register, {}, customerToken(warm));
  expect(second.data).toEqual(first.data);
  const customers = await fetch(`http://127.0.0.1:${place.sandboxPort}/v1/customers`, {
    headers: { authorization: "Bearer sk_test_sandbox_development" },
  });
  expect(JSON.parse(await customers.text()).data).toHaveLength(1);
});

test("what a killed run left behind is taken over by the next", async ({ place }) => {
  const killed = await place.dev();
  await sendGraphql(address(place), register, {}, customerToken(killed));
  killed.child.kill("SIGKILL");
  await killed.ended;
  const next = await place.dev();
  expect(next.output()).toContain("taken over from a run that was killed");
  const { data } = await sendGraphql(address(place), "{ viewer { customer { email } } }", {}, customerToken(next));
  expect(data.viewer.customer.email).toBe("ada@example.com");
  expect(await interrupt(next)).toBe(0);
  await until("nothing is left running", async () => (await place.leftovers()).length === 0);
});

test("a first run that was killed before its database was made does the next no harm", async ({ place }) => {
  const cluster = await startEmbeddedPostgres({ dataDir: place.dataDir });
  await cluster.stop();
  const next = await place.dev();
  expect((await fetch(`${address(place)}/readyz`)).status, next.output()).toBe(200);
});

test("the sandbox's clock is the service's, before the move is answered", async ({ place }) => {
  const run = await place.dev();
  const to = "2031-01-01T00:00:00.000Z";
  const headers = { "content-type": "application/json" };
  await fetch(`http://127.0.0.1:${place.sandboxPort}/sandbox/clock`, {
    method: "POST",
    headers,
    body: JSON.stringify({ to }),
  });
  // A payer without a record was created "now", by the billing clock.
  const { data } = await sendGraphql(address(place), "{ viewer { customer { createdAt } } }", {}, customerToken(run));
  expect(data.viewer.customer.createdAt.slice(0, 10)).toBe("2031-01-01");
});

test("while it runs, the catalog can be pushed again by command", async ({ place }) => {
  await place.dev();
  const push = place.run("src/cli/catalog.ts", { NODE_ENV: "development" }, ["push"]);
  expect(await push.ended, push.output()).toBe(0);
  expect(push.output()).toContain("Catalog version 1 is in force, as before.");
});

test("a taken port is one clear line, and nothing is left running", async ({ place }) => {
  const other = createServer().listen(place.port, "127.0.0.1");
  await until("the port is taken", () => other.listening);
  const run = await place.dev();
  expect(await run.ended).toBe(1);
  expect(run.output().trim()).toMatch(new RegExp(`^Port ${place.port} on 127.0.0.1 is taken\\..*PORT=.*$`));
  expect(await place.leftovers()).toEqual([]);
  other.close();
});

test("a data folder that cannot be written is one clear line, and nothing is left running", async ({ place }) => {
  const run = await place.dev({ DATA_DIR: "/proc/billing" });
  expect(await run.ended).toBe(1);
  expect(run.output().trim()).toMatch(/^DATA_DIR: \/proc\/billing cannot be used: .*$/);
  expect(await place.leftovers()).toEqual([]);
});

test("a wrong DATABASE_URL is one clear line, and nothing is left running", async ({ place }) => {
  const run = await place.dev({ DATABASE_URL: "postgres://ada:secret@127.0.0.1:1/billing" });
  expect(await run.ended).toBe(1);
  expect(run.output().trim()).toBe("DATABASE_URL: 127.0.0.1:1/billing cannot be used: nothing listens there.");
  expect(await place.leftovers()).toEqual([]);
});

test("a live Stripe key is refused", async ({ place }) => {
  const run = await place.dev({
    STRIPE_SECRET_KEY: "sk_live_not_a_real_key_0000",
    STRIPE_WEBHOOK_SECRET: "whsec_0000000000000000",
  });
  expect(await run.ended).toBe(1);
  expect(run.output()).toContain("STRIPE_SECRET_KEY is a live key");
  expect(run.output()).not.toContain("sk_live_not_a_real_key");
});

test("DATABASE_URL replaces the embedded Postgres, which is then not started", async ({ place }) => {
  const database = await cloneDatabase();
  const run = await place.dev({ DATABASE_URL: database.url });
  expect(run.output()).toContain("(DATABASE_URL)");
  expect((await place.leftovers()).filter((line) => line.includes("bin/postgres"))).toEqual([]);
  expect(await interrupt(run)).toBe(0);
  await database.drop();
});

test("with a Stripe test key nothing is pushed by itself: the plan and the commands are printed", async ({ place }) => {
  const stripe = await startJudgedSandbox();
  const own = {
    STRIPE_SECRET_KEY: "sk_test_somebodys_own_key_0000",
    STRIPE_WEBHOOK_SECRET: "whsec_0000000000000000",
    STRIPE_API_BASE: stripe.url,
  };
  const run = await place.dev(own);
  expect(run.output()).toContain("is not in Stripe yet");
  expect(run.output()).toContain("npm run catalog -- push");
  expect(run.output()).toContain(`stripe listen --forward-to ${address(place)}/webhooks/stripe`);
  const products = await fetch(`${stripe.url}/v1/products`, { headers: { authorization: "Bearer sk_test_x" } });
  expect(JSON.parse(await products.text()).data).toEqual([]);

  const push = place.run("src/cli/catalog.ts", { ...own, NODE_ENV: "development" }, ["push"]);
  expect(await push.ended, push.output()).toBe(0);
  await until("the running service has the catalog", async () => {
    const { data } = await sendGraphql(address(place), "{ tiers { slug } }");
    return data.tiers?.length === 4;
  });
  expect(await interrupt(run)).toBe(0);
  await stripe.close();
});

test("the tour goes the whole way on a service of its own", async ({ place }) => {
  const run = place.run("src/cli/tour.ts");
  expect(await run.ended, run.output()).toBe(0);
  expect(run.output()).toContain("All as it should be");
});
