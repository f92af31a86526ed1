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
export async function enqueue(db: Db, task: string, options: JobOptions = {}): Promise<void> {
  // A waiting job that a worker took in this very moment can neither be replaced nor stand for this one: graphile-worker
  // 0.17.3 then adds none. Asked again it sees that the job runs, and adds another.
  for (let tries = 0; tries < mostTries; tries++) if (await isAdded(db, task, options)) return;
  throw new Error(`A job could not be added: ${task}.`);
}

const mostTries = 5;

async function isAdded(db: Db, task: string, { key, runAt }: JobOptions): Promise<boolean> {
  const added = await db.execute<{ id: string | null }>(
    sql`select id from graphile_worker.add_job(${task}::text, '{}'::json, job_key => ${key ?? null}::text,
      run_at => ${runAt?.toISOString() ?? null}::timestamptz, max_attempts => 3)`,
  );
  return added.some(({ id }) => id !== null);
}
