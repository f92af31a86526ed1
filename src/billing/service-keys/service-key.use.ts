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

/** Gathers uses; `write` gets all keys that are due at once. A write that fails costs the note of that minute. */
export function gatherUses(
  write: (keyIds: readonly string[], usedAt: Date) => Promise<void>,
  now: () => number,
  log: Logger,
): KeyUses {
  const notedAt = new Map<string, number>();
  let due: { readonly ids: Set<string>; readonly since: number; readonly timer: NodeJS.Timeout } | undefined;
  let written: Promise<unknown> = Promise.resolve();

  const flush = async () => {
    if (due) {
      const { ids, since, timer } = due;
      due = undefined;
      clearTimeout(timer);
      const writing = write([...ids], new Date(since)).catch((error: unknown) => {
        log.warn({ err: error }, "when service keys were last used could not be written; their next use will be");
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
      // The time of the first: no key may look as if it was used after it was revoked.
      due ??= { ids: new Set(), since: at, timer: setTimeout(() => void flush(), gatherMs).unref() };
      due.ids.add(keyId);
    },
    flush,
  };
}
