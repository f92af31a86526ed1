import type { PgDatabase } from "drizzle-orm/pg-core";
import type { PostgresJsQueryResultHKT } from "drizzle-orm/postgres-js";
import { drizzle } from "drizzle-orm/postgres-js";
import type postgres from "postgres";
import { postgres as openPool } from "./driver.js";

/** The database, or one transaction on it: queries take either. */
export type Db = PgDatabase<PostgresJsQueryResultHKT, Record<string, never>>;

/** A postgres.js client for raw SQL. Never the one Drizzle was given: Drizzle changes how that one parses values. */
export type RawSql = postgres.Sql;

/** A pool, its Drizzle face, and how to close it. */
export interface Connection {
  readonly db: Db;
  /** Runs `select 1`, to tell whether Postgres answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** How a pool is opened. */
export interface ConnectOptions {
  /** Most connections at once. */
  readonly max: number;
  /** What `pg_stat_activity` shows. */
  readonly applicationName: string;
  /** Postgres ends a statement that runs longer, and a connection that stays silent for a quarter longer is given up. Milliseconds; 0 is no limit. */
  readonly statementTimeoutMs?: number;
  /** How long to wait for a connection. Milliseconds. */
  readonly connectTimeoutMs?: number;
}

const connectTimeoutMs = 4_000;
/**
 * How long a connection on which nothing happens is trusted before its other end is asked for a sign of life; it is given
 * up ten seconds later. Node's own: https://nodejs.org/api/net.html#socketsetkeepaliveenable-initialdelay
 */
const quietSeconds = 5;
/** The driver's own pauses between attempts to connect grow to 20 s, for which every caller would wait. */
const reconnectSeconds = 0.25;

/** Opens a pool for Drizzle. Connects on first use. */
export function connect(url: string, options: ConnectOptions): Connection {
  const sql = openSql(url, options);
  return {
    db: drizzle(sql),
    ping: async () => {
      await sql.unsafe("select 1");
    },
    close: () => sql.end({ timeout: 5 }),
  };
}

/** Opens a pool for raw SQL, LISTEN and locks. Connects on first use. */
export function openSql(url: string, options: ConnectOptions): RawSql {
  return openPool(url, {
    max: options.max,
    connect_timeout: (options.connectTimeoutMs ?? connectTimeoutMs) / 1_000,
    backoff: () => reconnectSeconds,
    keep_alive: quietSeconds,
    onnotice: () => {},
    connection: {
      application_name: options.applicationName,
      statement_timeout: options.statementTimeoutMs ?? 5_000,
      // The same from the other side, so that locks of a machine that has gone are free soon:
      // https://www.postgresql.org/docs/current/runtime-config-connection.html#RUNTIME-CONFIG-TCP-SETTINGS
      tcp_keepalives_idle: quietSeconds,
      tcp_keepalives_interval: 1,
      tcp_keepalives_count: 10,
      // Who waited for a lock must see what was committed meanwhile, whatever an operator's database has as its default.
      default_transaction_isolation: "read committed",
    },
  });
}

/**
 * Keeps one prepared query for each database handle.
 *
 * Building SQL text for every call costs more than running it; a handle lives as long as the
 * process, so its queries are built once. A transaction is a handle of its own and builds anew.
 */
export function prepared<Query>(build: (db: Db) => Query): (db: Db) => Query {
  const built = new WeakMap<Db, Query>();
  return (db) => {
    const known = built.get(db);
    if (known) return known;
    const query = build(db);
    built.set(db, query);
    return query;
  };
}
