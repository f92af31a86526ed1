import { revive } from "./revive.js";

/** All objects of one kind, newest last. Objects are never changed in place: `put` replaces them. */
export interface Table<T extends { id: string }> {
  find(id: string): T | undefined;
  put(record: T): T;
  remove(id: string): void;
  /** Newest first, as Stripe lists. */
  newestFirst(): T[];
  /** What belongs to a customer (payments of invoices: to an invoice), oldest first. */
  of(owner: string): T[];
  /** Tells of every record there is, and of every one that is put, loaded or removed from now on. */
  watch(changed: (id: string) => void): void;
  /** Takes an object in Stripe's JSON form as it is. */
  load(json: string): void;
  /** For the state file, oldest first. */
  dump(): T[];
}

export function createTable<T extends { id: string }>(ownedBy: "customer" | "invoice" = "customer"): Table<T> {
  const records = new Map<string, T>();
  const byOwner = new Map<string, Set<string>>();
  const watchers: ((id: string) => void)[] = [];

  function replace(id: string, next: T | undefined): void {
    const before = ownerOf(records.get(id), ownedBy);
    const after = ownerOf(next, ownedBy);
    if (before !== after && before !== null) byOwner.get(before)?.delete(id);
    if (before !== after && after !== null) byOwner.set(after, (byOwner.get(after) ?? new Set()).add(id));
    if (next) records.set(id, next);
    else records.delete(id);
    for (const changed of watchers) changed(id);
  }

  return {
    find: (id) => records.get(id),
    put: (record) => {
      replace(record.id, record);
      return record;
    },
    remove: (id) => replace(id, undefined),
    newestFirst: () => [...records.values()].reverse(),
    of: (owner) =>
      [...(byOwner.get(owner) ?? [])].flatMap((id) => {
        const record = records.get(id);
        return record ? [record] : [];
      }),
    watch: (changed) => {
      watchers.push(changed);
      for (const id of records.keys()) changed(id);
    },
    load: (json) => {
      const record: T = revive(json);
      replace(record.id, record);
    },
    dump: () => [...records.values()],
  };
}

function ownerOf(record: object | undefined, field: string): string | null {
  const reference: unknown = record && Object.getOwnPropertyDescriptor(record, field)?.value;
  if (typeof reference === "string") return reference;
  const isExpanded = typeof reference === "object" && reference !== null && "id" in reference;
  return isExpanded ? String(reference.id) : null;
}
