import type { TestApp } from "./app.js";

/** Lets the database refuse every answer to an idempotency key meanwhile, as where a process ends just then. */
export async function whileNoAnswerIsKept<T>({ connection: { db } }: TestApp, use: () => Promise<T>): Promise<T> {
  await db.execute(
    "create or replace function refuse() returns trigger language plpgsql as $$ begin raise exception 'not now'; end $$",
  );
  await db.execute("create trigger refuse before insert on idempotency_keys for each row execute function refuse()");
  try {
    return await use();
  } finally {
    await db.execute("drop trigger refuse on idempotency_keys");
  }
}
