import DataLoader from "dataloader";
import type { ServiceKeyRow } from "./service-key.table.js";

/** A key used when this much has passed is read again, behind whoever uses it. Open sockets are judged every 2 s. */
const freshMs = 4_000;
/** Nothing older than this opens anything: then whoever uses the key waits for it to be read. */
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
 * A key in use is read again before it must be, so that nobody waits for that, nor notices a short outage.
 * However many ask at once, one statement is under way at a time, with all that came since the last: guessing
 * keys costs Postgres no more than that, and cannot push out what is remembered of those that exist.
 */
export function cacheKeys(read: ReadKeys, now: () => number): KeyCache {
  // What was begun before `forget` goes on into a memory that nobody asks any more.
  let memory = startOver(read, now);
  const isYounger = ({ at }: Reading, ms: number) => now() >= at && now() < at + ms;

  const readAgain = async (hash: string): Promise<Reading> => {
    const { known, unknown, reads } = memory;
    try {
      const reading = await reads.load(hash);
      for (const readings of [known, unknown]) readings.delete(hash);
      remember(reading.key ? known : unknown, hash, reading);
      return reading;
    } finally {
      reads.clear(hash);
    }
  };
  return {
    async find(hash) {
      const last = memory.known.get(hash) ?? memory.unknown.get(hash);
      if (!last || !isYounger(last, keptMs)) return (await readAgain(hash)).key;
      // While Postgres is away this fails at each use, until what is remembered is too old and a user hears of it.
      if (!isYounger(last, freshMs)) readAgain(hash).catch(() => {});
      return last.key;
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
