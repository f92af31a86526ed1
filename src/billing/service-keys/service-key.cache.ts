import DataLoader from "dataloader";
import { isDatabaseOutage } from "../../db/outage.js";
import type { ServiceKeyRow } from "./service-key.table.js";

/** As long as this what was read is taken for granted. An open socket is judged every 4 s: with these 5 that is below 10. */
const freshMs = 5_000;
/** And as long as this while Postgres is away: what was revoked must not open anything after 10 s. */
const keptMs = 10_000;
const mostKept = 1_000;
const mostAtOnce = 500;

/** Keys by their hash, remembered for seconds. */
export interface KeyCache {
  /** The key with this hash; undefined when there is none. Rejects when that cannot be told now. */
  find(hash: string): Promise<ServiceKeyRow | undefined>;
  /** Forgets all of it, what is being read included: some key is no longer what it was. */
  forget(): void;
}

interface Reading {
  readonly key: ServiceKeyRow | undefined;
  /** When it was asked for, so that the answer is never taken for newer than it is. */
  readonly at: number;
}

type ReadKeys = (hashes: readonly string[]) => Promise<ServiceKeyRow[]>;

/**
 * Remembers which key a hash is, also that it is none. `now` is the wall clock, in milliseconds.
 *
 * However many ask at once, one statement is under way at a time, with all that came since the last: guessing
 * keys costs Postgres no more than that, and cannot push out what is remembered of those that exist.
 */
export function cacheKeys(read: ReadKeys, now: () => number): KeyCache {
  // What was begun before `forget` goes on into a memory that nobody asks any more.
  let memory = startOver(read, now);
  const isYounger = ({ at }: Reading, ms: number) => now() >= at && now() < at + ms;

  return {
    async find(hash) {
      const { known, unknown, reads } = memory;
      const last = known.get(hash) ?? unknown.get(hash);
      if (last && isYounger(last, freshMs)) return last.key;
      try {
        const reading = await reads.load(hash);
        unknown.delete(hash);
        known.delete(hash);
        remember(reading.key ? known : unknown, hash, reading);
        return reading.key;
      } catch (error) {
        const mayStand = last && reads === memory.reads && isYounger(last, keptMs);
        if (mayStand && isDatabaseOutage(error)) return last.key;
        throw error;
      } finally {
        reads.clear(hash);
      }
    },
    forget() {
      memory = startOver(read, now);
    },
  };
}

function startOver(read: ReadKeys, now: () => number) {
  let underWay: Promise<unknown> = Promise.resolve();
  const readAll = async (hashes: readonly string[]): Promise<Reading[]> => {
    const at = now();
    const keys = new Map((await read(hashes)).map((key) => [key.hash, key]));
    return hashes.map((hash) => ({ key: keys.get(hash), at }));
  };
  const reads = new DataLoader<string, Reading>(
    (hashes) => {
      const all = readAll(hashes);
      underWay = all.catch(() => {}); // whoever asked hears of it
      return all;
    },
    { maxBatchSize: mostAtOnce, batchScheduleFn: (begin) => void underWay.then(begin) },
  );
  return { known: new Map<string, Reading>(), unknown: new Map<string, Reading>(), reads };
}

/** The oldest makes room. */
function remember(readings: Map<string, Reading>, hash: string, reading: Reading): void {
  readings.set(hash, reading);
  const [oldest] = readings.keys();
  if (readings.size > mostKept && oldest !== undefined) readings.delete(oldest);
}
