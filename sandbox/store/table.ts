import { revive } from "./revive.js";

/** All objects of one kind, newest last. Objects are never changed in place: `put` replaces them. */
export interface Table<T extends { id: string }> {
  find(id: string): T | undefined;
  put(record: T): T;
  remove(id: string): void;
  /** Newest first, as Stripe lists. */
  newestFirst(): T[];
  /** Takes an object in Stripe's JSON form as it is. */
  load(json: string): void;
  /** For the state file, oldest first. */
  dump(): T[];
}

export function createTable<T extends { id: string }>(): Table<T> {
  const records = new Map<string, T>();
  return {
    find: (id) => records.get(id),
    put: (record) => {
      records.set(record.id, record);
      return record;
    },
    remove: (id) => records.delete(id),
    newestFirst: () => [...records.values()].reverse(),
    load: (json) => {
      const record: T = revive(json);
      records.set(record.id, record);
    },
    dump: () => [...records.values()],
  };
}
