import type { RawSql } from "../../src/db/client.js";

interface Plan {
  readonly "Node Type": string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly "Rows Removed by Index Recheck"?: number;
  readonly Plans?: readonly Plan[];
}

/** A query as Drizzle makes it. */
export interface Query {
  toSQL(): { sql: string; params: unknown[] };
}

/** Runs a query; gives the kinds of steps, and how many rows the step touched that touched most. */
export async function explain(sql: RawSql, query: Query): Promise<{ steps: Set<string>; touched: number }> {
  const { sql: text, params } = query.toSQL();
  // What Drizzle makes are texts, numbers and flags; the driver's type for them is a union of much more.
  const values = params as string[];
  const [row] = await sql.unsafe<{ "QUERY PLAN": { Plan: Plan }[] }[]>(
    `explain (analyze, format json) ${text}`,
    values,
  );
  const steps = new Set<string>();
  let touched = 0;
  const visit = (plan: Plan) => {
    steps.add(plan["Node Type"]);
    const each =
      plan["Actual Rows"] + (plan["Rows Removed by Filter"] ?? 0) + (plan["Rows Removed by Index Recheck"] ?? 0);
    touched = Math.max(touched, each * plan["Actual Loops"]);
    for (const part of plan.Plans ?? []) visit(part);
  };
  const top = row?.["QUERY PLAN"][0]?.Plan;
  if (!top) throw new Error("Postgres explained nothing.");
  visit(top);
  return { steps, touched };
}
