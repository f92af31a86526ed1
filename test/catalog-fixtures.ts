import { randomUUID } from "node:crypto";
import { generateDrizzleJson, generateMigration } from "drizzle-kit/api";
import postgres from "postgres";
import * as tables from "../src/billing/catalog/catalog.table.js";
import { type Connection, connect } from "../src/db/client.js";
import { cleanUp, start, temporaryFolder } from "./embedded-fixtures.js";

let adminUrl: (database?: string) => string;

/** Starts a Postgres for the tests of one file. */
export async function openCatalogDatabase(): Promise<void> {
  const server = await start(temporaryFolder());
  adminUrl = (database) => server.url(database);
}

/** Stops it and leaves nothing behind. */
export async function closeCatalogDatabase(): Promise<void> {
  await cleanUp();
}

/** An empty database with the catalog's tables only. */
export async function freshCatalogDatabase(): Promise<{ connection: Connection; url: string }> {
  const name = `catalog_${randomUUID().replaceAll("-", "")}`;
  await run(adminUrl(), [`create database ${name}`]);
  const url = adminUrl(name);
  await run(url, await generateMigration(generateDrizzleJson({}), generateDrizzleJson(tables)));
  return { connection: connect(url, { max: 4, applicationName: "test" }), url };
}

async function run(url: string, statements: string[]): Promise<void> {
  const sql = postgres(url, { max: 1 });
  for (const statement of statements) await sql.unsafe(statement);
  await sql.end();
}
