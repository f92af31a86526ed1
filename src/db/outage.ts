/** Postgres away, starting, stopping, a standby, or without room, memory or a connection to spare: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const outageStates = /^(08...|25006|57P0[1-5]|53[1-4]00|57014)$/;

/** The same as postgres.js and Node spell it. */
const outageCodes = [
  "CONNECT_TIMEOUT",
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ENOTFOUND",
  "ETIMEDOUT",
];

/** Whether an error, or what caused it, is that the database cannot answer now. */
export function isDatabaseOutage(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
    if (outageStates.test(code) || outageCodes.includes(code)) return true;
  }
  return false;
}

/** `undefined_table`, `undefined_column`: what code that is newer than its database gets to hear. */
const staleSchemaCodes = ["42P01", "42703"];

/** Whether an error, or what caused it, is that the database has not been migrated for this version. */
export function isStaleSchema(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause && staleSchemaCodes.includes(String(cause.code))) return true;
  }
  return false;
}
