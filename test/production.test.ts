import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../src/dev/ports.js";
import { cloneDatabase, type TestDatabase } from "./support/database.js";
import { codesOf, sendGraphql } from "./support/graphql.js";
import { until } from "./support/until.js";

let database: TestDatabase;

beforeAll(async () => {
  [database] = await Promise.all([cloneDatabase(), promisify(execFile)("npm", ["run", "build"])]);
});

afterAll(() => database.drop());

/** What an operator must set, with values that are not anybody's. */
const settingsOfNobody = {
  DATABASE_URL: "",
  STRIPE_SECRET_KEY: "sk_test_nobodys_key_000000000000",
  STRIPE_WEBHOOK_SECRET: "whsec_nobodys_secret_0000000000",
  JWT_SECRET: "a key of thirty-two bytes or more just for this test",
  JWT_ISSUER: "https://login.example",
  JWT_AUDIENCE: "billing",
  RETURN_URL_ORIGINS: "https://studio.example",
  HOST: "127.0.0.1",
};
const settings = () => ({ ...settingsOfNobody, DATABASE_URL: database.url });

/** Empty counts as unset, and keeps a developer's own `.env` out of the tests. */
const unset = { ...Object.fromEntries(Object.keys(settingsOfNobody).map((name) => [name, ""])), NODE_ENV: "" };

/** Starts the built service as production does: no development dependencies, no NODE_ENV. */
function start(environment: Record<string, string>) {
  const child = spawn(process.execPath, ["dist/main.js"], { env: { ...process.env, ...unset, ...environment } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  return { child, ended, output: () => output };
}

test("the built service runs in production, shows nothing that is for developers, and ends in order on SIGTERM", async () => {
  const port = await freePort();
  const service = start({ ...settings(), PORT: String(port) });
  const url = `http://127.0.0.1:${port}`;
  await until("the service listens", () => service.output().includes('"listening"'));
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: "ok" });
  // Nothing was pushed yet: the service says so instead of serving an empty price list.
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
  expect(codesOf(await sendGraphql(url, "{ tiers { slug } }"))).toEqual(["UPSTREAM_UNAVAILABLE"]);
  expect(codesOf(await sendGraphql(url, "{ __schema { queryType { name } } }"))).toEqual(["GRAPHQL_VALIDATION_FAILED"]);
  const page = await fetch(`${url}/graphql`, { headers: { accept: "text/html" } });
  expect(page.status).toBe(400);
  const asked = await fetch(`${url}/graphql`, {
    method: "OPTIONS",
    headers: { origin: "http://localhost:3000", "access-control-request-method": "POST" },
  });
  expect(asked.headers.get("access-control-allow-origin")).toBeNull();
  service.child.kill("SIGTERM");
  expect(await service.ended).toBe(0);
});

test("without its settings the built service says all that is missing and does not start", async () => {
  const service = start({});
  expect(await service.ended).toBe(1);
  for (const name of ["DATABASE_URL", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "JWT_SECRET"]) {
    expect(service.output()).toContain(name);
  }
});

test("a database that does not answer, or was not migrated, is one clear line", async () => {
  const away = start({ ...settings(), DATABASE_URL: "postgres://billing:secret@127.0.0.1:1/billing" });
  expect(await away.ended).toBe(1);
  expect(away.output().trim()).toBe("DATABASE_URL: the database does not answer. Nothing was started.");
  const empty = start({ ...settings(), DATABASE_URL: database.url.replace(/[^/]+$/, "postgres") });
  expect(await empty.ended).toBe(1);
  expect(empty.output().trim()).toMatch(/^The database is older than this version/m);
});
