import type { Tables } from "../store/tables.js";

/** One event still unknown to one endpoint. */
export interface Undelivered {
  event: string;
  endpoint: string;
}

/** Keeps an event's `pending_webhooks`: the endpoints that have not taken it, retries given up included. */
export interface UndeliveredEvents {
  add(pair: Undelivered): void;
  /** Counts an endpoint that took the event; the second time it is nothing new. */
  taken(pair: Undelivered): void;
  dump(): Undelivered[];
}

export function createUndelivered(tables: Tables, saved: Undelivered[]): UndeliveredEvents {
  const pairs = new Map(saved.map((pair) => [nameOf(pair), pair]));
  return {
    add: (pair) => {
      pairs.set(nameOf(pair), { event: pair.event, endpoint: pair.endpoint });
    },
    taken: (pair) => {
      const event = tables.event.find(pair.event);
      if (!pairs.delete(nameOf(pair)) || !event) return;
      tables.event.put({ ...event, pending_webhooks: Math.max(0, event.pending_webhooks - 1) });
    },
    dump: () => [...pairs.values()],
  };
}

function nameOf({ event, endpoint }: Undelivered): string {
  return `${event} ${endpoint}`;
}
