import { sql } from "drizzle-orm";
import type { Db } from "../db/client.js";

/** How a job is added. */
export interface JobOptions {
  /** A waiting job with the same key is replaced; one that runs already does not count. */
  readonly key?: string;
  /** When to run it, by the wall clock; at once when left out. */
  readonly runAt?: Date;
}

/** Adds a job, in the caller's transaction when there is one: it runs only if that commits. */
export async function enqueue(db: Db, task: string, { key, runAt }: JobOptions = {}): Promise<void> {
  await db.execute(
    sql`select graphile_worker.add_job(${task}::text, '{}'::json, job_key => ${key ?? null}::text,
      run_at => ${runAt?.toISOString() ?? null}::timestamptz, max_attempts => 3)`,
  );
}
