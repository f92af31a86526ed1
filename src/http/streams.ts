/** The streams of this process: how many each caller has, and how each is ended. */
export interface Streams {
  /** Counts a stream in. False, and not counted, when its caller has as many as they may. */
  add(connection: object, id: string, caller: string, end: () => void): boolean;
  /** Ends a stream, if it is there, and counts it out. */
  remove(connection: object, id: string): void;
  /** Ends a stream, even while it waits for something to happen. */
  end(connection: object, id: string): void;
}

interface Entry {
  readonly caller: string;
  readonly end: () => void;
}

/** Keeps count. `most` is for one caller, on all their connections together. */
export function makeStreams(most: number): Streams {
  const entries = new WeakMap<object, Map<string, Entry>>();
  const counts = new Map<string, number>();
  return {
    add(connection, id, caller, end) {
      const count = counts.get(caller) ?? 0;
      if (count >= most) return false;
      counts.set(caller, count + 1);
      entries.set(connection, (entries.get(connection) ?? new Map()).set(id, { caller, end }));
      return true;
    },
    remove(connection, id) {
      const entry = entries.get(connection)?.get(id);
      if (!entry) return;
      entry.end();
      entries.get(connection)?.delete(id);
      const left = (counts.get(entry.caller) ?? 1) - 1;
      if (left === 0) counts.delete(entry.caller);
      else counts.set(entry.caller, left);
    },
    end: (connection, id) => entries.get(connection)?.get(id)?.end(),
  };
}
