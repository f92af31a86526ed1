import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSql } from "../src/db/client.js";
import { cloneDatabase, type TestDatabase } from "./support/database.js";
import { type DevPlace, makeDevPlace } from "./support/dev-process.js";

let place: DevPlace;
let database: TestDatabase;
const role = `guest_${randomBytes(4).toString("hex")}`;

beforeAll(async () => {
  [place, database] = await Promise.all([makeDevPlace(), cloneDatabase()]);
  await asOwner(`create role ${role} login password 'let me in'`);
});

afterAll(async () => {
  await asOwner(`drop role ${role}`);
  await database.drop();
  await place.clear();
});

async function asOwner(statement: string): Promise<void> {
  const sql = openSql(database.url, { max: 1, applicationName: "tests" });
  await sql.unsafe(statement);
  await sql.end();
}

/** The test's address of the database with something in it changed. */
function address(changes: Partial<Pick<URL, "username" | "password" | "pathname" | "port">>): string {
  return Object.assign(new URL(database.url), changes).href;
}

test.for([
  ["nobody answers there", () => address({ port: "1" }), "the database does not answer."],
  ["the password is wrong", () => address({ password: "wrong" }), "Postgres does not accept this user and password."],
  ["there is no such database", () => address({ pathname: "/no_such" }), "there is no such database."],
  [
    "the database is another's",
    () => address({ username: role, password: "let me in" }),
    "this user may not do that; it must own the database.",
  ],
] as const)("migrating says in one line that %s", async ([_what, url, problem]) => {
  const run = place.run("src/cli/migrate.ts", { DATABASE_URL: url() });
  expect(await run.ended).toBe(1);
  expect(run.output().trim()).toBe(`DATABASE_URL: ${problem}`);
});

test.for([
  ["src/main.ts", " Nothing was started."],
  ["src/cli/catalog.ts", ""],
] as const)("%s says so as well", async ([script, rest]) => {
  const settings = {
    DATABASE_URL: address({ password: "wrong" }),
    STRIPE_SECRET_KEY: "sk_test_nobodys_key_000000000000",
    STRIPE_WEBHOOK_SECRET: "whsec_nobodys_secret_0000000000",
    JWT_SECRET: "a key of thirty-two bytes or more for this test",
    JWT_ISSUER: "https://login.example",
    JWT_AUDIENCE: "billing",
    RETURN_URL_ORIGINS: "https://studio.example",
  };
  const run = place.run(script, settings, script.includes("cli") ? ["push"] : []);
  expect(await run.ended).toBe(1);
  expect(run.output().trim()).toBe(`DATABASE_URL: Postgres does not accept this user and password.${rest}`);
});
