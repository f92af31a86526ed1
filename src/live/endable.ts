import type { Announcement } from "./announce.js";
import type { LiveUpdates } from "./listen.js";

/** One stream's view of live updates, and how to end it. */
export interface Endable {
  readonly live: LiveUpdates;
  /** Ends what the stream listens to. An async generator cannot be ended while it waits; its source can. */
  end(): void;
}

/** Lets everything that is listened to through it be ended from outside. */
export function endable(live: LiveUpdates): Endable {
  const open: AsyncIterableIterator<Announcement | null>[] = [];
  let isOver = false;
  const end = () => {
    isOver = true;
    for (const changes of open) void changes.return?.();
  };
  const tracked = (changes: AsyncIterableIterator<Announcement | null>) => {
    open.push(changes);
    if (isOver) end();
    return changes;
  };
  return {
    live: {
      ...live,
      changes: (...about) => tracked(live.changes(...about)),
      everyChange: (kind) => tracked(live.everyChange(kind)),
    },
    end,
  };
}
