import { type SQL, sql } from "drizzle-orm";
import { openSql } from "./client.js";

/** Advisory locks on a small pool of their own, so that work under a lock can never starve itself of connections. */
export interface Locks {
  /**
   * Runs `work` while holding the lock named `key`, in every process on this database.
   *
   * Waits at most `waitMs`, for a free connection and for the lock together; then throws `LockBusy`.
   * The lock is tied to its connection: a crash of either side sets it free.
   */
  hold<T>(key: string, waitMs: number, work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The lock was not to be had in time. */
export class LockBusy extends Error {
  override readonly name = "LockBusy";
}

/** No statement here takes longer than somebody waits for a lock; what is done under it runs elsewhere. */
const statementTimeoutMs = 10_000;

/** For a statement: whether a process holds the lock of this name on this database. Reads all locks only once in it. */
export function isHeld(key: SQL): SQL {
  return sql`(hashtextextended(${key}, 0) = any (array (
    select (classid::bigint << 32) | objid::bigint from pg_locks
    where locktype = 'advisory' and objsubid = 1 and granted
      and database = (select oid from pg_database where datname = current_database()))))`;
}

/** Opens the pool. `size` is the most locks that this process holds or waits for at once. */
export function openLocks(url: string, size: number): Locks {
  const pool = openSql(url, { max: size, applicationName: "billing-locks", statementTimeoutMs });
  const turns = makeTurns();
  const connections = makeSlots(size);

  async function holdInDatabase<T>(key: string, waitMs: number, work: () => Promise<T>): Promise<T> {
    let running: Promise<T> | undefined;
    const lock = pool.begin(async (transaction) => {
      await transaction.unsafe(`set local lock_timeout = ${Math.max(1, Math.ceil(waitMs))}`);
      await transaction`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`.catch(rethrowBusy);
      running = work();
      await running;
    });
    await lock.catch((error: unknown) => {
      if (!running) throw error;
    });
    if (!running) throw new Error("The lock's transaction ended without running the work.");
    // Should the lock's connection break, the work goes on all the same: what it comes to is the answer, and
    // nobody in this process may begin before it ends.
    return running;
  }

  return {
    async hold(key, waitMs, work) {
      const deadline = performance.now() + waitMs;
      const left = () => Math.max(1, deadline - performance.now());
      const endTurn = await turns.take(key, left());
      try {
        const freeSlot = await connections.take("", left());
        try {
          return await holdInDatabase(key, left(), work);
        } finally {
          freeSlot();
        }
      } finally {
        endTurn();
      }
    },
    close: () => pool.end({ timeout: 5 }),
  };
}

const lockNotAvailable = "55P03";

function rethrowBusy(error: unknown): never {
  if (error instanceof Error && "code" in error && error.code === lockNotAvailable) throw new LockBusy();
  throw error;
}

interface Queue {
  /** Resolves with a function that must be called to let the next one go; throws `LockBusy` after `waitMs`. */
  take(key: string, waitMs: number): Promise<() => void>;
}

/** One at a time for each key, within this process: callers for one customer must not fill the pool while they wait. */
function makeTurns(): Queue {
  const queues = new Map<string, Queue>();
  const users = new Map<string, number>();
  return {
    async take(key, waitMs) {
      const queue = queues.get(key) ?? makeSlots(1);
      queues.set(key, queue);
      users.set(key, (users.get(key) ?? 0) + 1);
      const leave = () => {
        const left = (users.get(key) ?? 1) - 1;
        if (left > 0) return users.set(key, left);
        users.delete(key);
        return queues.delete(key);
      };
      try {
        const free = await queue.take(key, waitMs);
        return () => {
          free();
          leave();
        };
      } catch (error) {
        leave();
        throw error;
      }
    },
  };
}

/** At most `size` at a time, first come first served. */
function makeSlots(size: number): Queue {
  let taken = 0;
  const waiting: (() => void)[] = [];
  const free = () => {
    taken -= 1;
    waiting.shift()?.();
  };
  return {
    take: (_key, waitMs) =>
      new Promise((resolve, reject) => {
        const start = () => {
          clearTimeout(timer);
          taken += 1;
          resolve(free);
        };
        const giveUp = () => {
          waiting.splice(waiting.indexOf(start), 1);
          reject(new LockBusy());
        };
        const timer = setTimeout(giveUp, waitMs);
        if (taken < size) start();
        else waiting.push(start);
      }),
  };
}
