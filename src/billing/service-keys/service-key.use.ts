import type { Logger } from "pino";

/** A key's last use is written no more often than this. */
export const noteEveryMs = 60_000;
/** How long uses are gathered for one statement. */
const gatherMs = 1_000;

/** When keys were last used, told to Postgres behind the requests that use them. */
export interface KeyUses {
  /** Takes note of a use. Never fails and never waits. */
  note(keyId: string): void;
  /** Writes what was gathered; resolves when nothing is being written any more. */
  flush(): Promise<void>;
}

/** The last use of each of several keys, by its ID. */
export type UsesByKey = ReadonlyMap<string, Date>;

/** Gathers uses; `write` gets all keys that are due at once. A write that fails costs the note of that minute. */
export function gatherUses(write: (uses: UsesByKey) => Promise<void>, now: () => number, log: Logger): KeyUses {
  const notedAt = new Map<string, number>();
  let due: { readonly uses: Map<string, Date>; readonly timer: NodeJS.Timeout } | undefined;
  let written: Promise<unknown> = Promise.resolve();

  const flush = async () => {
    if (due) {
      const { uses, timer } = due;
      due = undefined;
      clearTimeout(timer);
      const writing = write(uses).catch((error: unknown) => {
        log.warn({ err: error }, "when service keys were last used could not be noted; it is tried again in a minute");
      });
      written = Promise.all([written, writing]);
    }
    await written;
  };
  return {
    note(keyId) {
      const at = now();
      const last = notedAt.get(keyId) ?? Number.NEGATIVE_INFINITY;
      if (at >= last && at < last + noteEveryMs) return;
      notedAt.set(keyId, at);
      due ??= { uses: new Map(), timer: setTimeout(() => void flush(), gatherMs).unref() };
      due.uses.set(keyId, new Date(at));
    },
    flush,
  };
}
