import { isDatabaseOutage, isStaleSchema } from "./outage.js";

/** What Postgres says when the address is right and the rest of DATABASE_URL is not: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const refusals: Readonly<Record<string, string>> = {
  "28000": "Postgres does not let this user in.",
  "28P01": "Postgres does not accept this user and password.",
  "3D000": "there is no such database.",
  "42501": "this user may not do that; it must own the database.",
};

/** What an operator can mend, in a line for the terminal; undefined when the error is another one. */
export function explainDatabaseProblem(error: unknown): string | undefined {
  if (isDatabaseOutage(error)) return "DATABASE_URL: the database does not answer.";
  if (isStaleSchema(error)) return "The database is older than this version: run `node dist/cli/migrate.js` first.";
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const refusal = "code" in cause ? refusals[String(cause.code)] : undefined;
    if (refusal) return `DATABASE_URL: ${refusal}`;
  }
  return undefined;
}
