import { createPubSub, Repeater } from "@graphql-yoga/subscription";
import { openSql } from "../db/client.js";
import { type Announcement, channel } from "./announce.js";

/** Changes announced by any process on this database. */
export interface LiveUpdates {
  /**
   * Changes of one kind about one subject, as they are committed. After a broken connection comes
   * one `null`: something may have been missed, so read again.
   */
  changes(kind: string, subject: string): AsyncIterableIterator<Announcement | null>;
  /** Calls back for each change of one kind, whoever it is about, and after a broken connection. */
  onEvery(kind: string, listener: () => void): void;
  close(): Promise<void>;
}

/** Starts to listen; resolves once nothing committed from now on can be missed. */
export async function listen(url: string): Promise<LiveUpdates> {
  const sql = openSql(url, { max: 1, applicationName: "billing-live", statementTimeoutMs: 0 });
  const pubSub = createPubSub<{ change: [string, Announcement]; reconnected: [null] }>();
  const listeners = new Map<string, Set<() => void>>();
  let isFirst = true;

  const hear = (text: string) => {
    const announcement: Announcement = JSON.parse(text);
    pubSub.publish("change", topic(announcement.kind, announcement.subject), announcement);
    for (const listener of listeners.get(announcement.kind) ?? []) listener();
  };
  const connected = () => {
    if (!isFirst) {
      pubSub.publish("reconnected", null);
      for (const all of listeners.values()) for (const listener of all) listener();
    }
    isFirst = false;
  };
  await sql.listen(channel, hear, connected);

  return {
    changes: (kind, subject) =>
      Repeater.merge([pubSub.subscribe("change", topic(kind, subject)), pubSub.subscribe("reconnected")]),
    onEvery(kind, listener) {
      listeners.set(kind, (listeners.get(kind) ?? new Set()).add(listener));
    },
    close: () => sql.end({ timeout: 1 }),
  };
}

function topic(kind: string, subject: string): string {
  return `${kind}:${subject}`;
}
