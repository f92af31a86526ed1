import { openSql } from "../db/client.js";
import { type Announcement, channel } from "./announce.js";
import { makeQueue, type Queue } from "./queue.js";

/** Changes announced by any process on this database. */
export interface LiveUpdates {
  /**
   * Changes of one kind about one subject, as they are committed from now on. A `null` says to read
   * again: something may have been missed after a broken connection, or `everyMs` has passed.
   */
  changes(kind: string, subject: string, everyMs?: number): AsyncIterableIterator<Announcement | null>;
  /** Changes of one kind, whoever they are about; a `null` as above. */
  everyChange(kind: string): AsyncIterableIterator<Announcement | null>;
  /** Calls back for each change of one kind, whoever it is about, and after a broken connection. */
  onEvery(kind: string, listener: () => void): void;
  close(): Promise<void>;
}

type Changes = Queue<Announcement | null>;

/** In place of a subject; no subject is spelled so. */
const everybody = "*";

/** A consumer further behind than this reads again instead. */
const longestQueue = 100;

/** Starts to listen; resolves once nothing committed from now on can be missed. */
export async function listen(url: string): Promise<LiveUpdates> {
  const sql = openSql(url, { max: 1, applicationName: "billing-live", statementTimeoutMs: 0 });
  const queues = new Map<string, Set<Changes>>();
  const listeners = new Map<string, Set<() => void>>();
  let isFirst = true;

  const hear = (text: string) => {
    const announcement: Announcement = JSON.parse(text);
    for (const subject of [announcement.subject, everybody]) {
      for (const queue of queues.get(topic(announcement.kind, subject)) ?? []) queue.push(announcement);
    }
    for (const listener of listeners.get(announcement.kind) ?? []) listener();
  };
  const connected = () => {
    if (!isFirst) {
      for (const all of queues.values()) for (const queue of all) queue.push(null);
      for (const all of listeners.values()) for (const listener of all) listener();
    }
    isFirst = false;
  };
  await sql.listen(channel, hear, connected);

  const follow = (name: string, everyMs?: number) => {
    const timer = everyMs === undefined ? undefined : setInterval(() => queue.push(null), everyMs);
    const queue: Changes = makeQueue<Announcement | null>(longestQueue, null, () => {
      clearInterval(timer);
      const left = queues.get(name);
      left?.delete(queue);
      if (left?.size === 0) queues.delete(name);
    });
    queues.set(name, (queues.get(name) ?? new Set()).add(queue));
    return queue;
  };

  return {
    changes: (kind, subject, everyMs) => follow(topic(kind, subject), everyMs),
    everyChange: (kind) => follow(topic(kind, everybody)),
    onEvery(kind, listener) {
      listeners.set(kind, (listeners.get(kind) ?? new Set()).add(listener));
    },
    close: () => sql.end({ timeout: 1 }),
  };
}

function topic(kind: string, subject: string): string {
  return `${kind}:${subject}`;
}
