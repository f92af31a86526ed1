import type { Logger } from "pino";
import type { Viewer } from "../../auth/viewer.js";
import type { Db } from "../../db/client.js";
import type { LiveUpdates } from "../../live/listen.js";
import { cacheKeys } from "./service-key.cache.js";
import { faultOf, hashOf, isMarked, isWhole, toHolder } from "./service-key.js";
import { findKeysByHash, markUsed } from "./service-key.repository.js";
import { keyChange } from "./service-key.service.js";
import { gatherUses, noteEveryMs } from "./service-key.use.js";

/** The service keys as one process knows them. */
export interface Keyring {
  /** Whether a text is meant as a service key. */
  isKey(text: string): boolean;
  /**
   * Who calls with this key, or why it opens nothing. What is known of a key is at most 10 s old, and forgotten
   * at once when any process revokes one. Rejects when Postgres cannot say and nothing as new is remembered.
   */
  holderOf(key: string): Promise<Viewer | "unknown" | "revoked" | "expired">;
  /** Calls back when a key was revoked, or may have been, once `holderOf` knows. */
  onRevoked(listener: () => void): void;
  close(): Promise<void>;
}

/** Keeps the keys of one process. `now` is the wall clock, in milliseconds. */
export function keepKeyring(db: Db, live: LiveUpdates, log: Logger, now: () => number = Date.now): Keyring {
  const keys = cacheKeys((hashes) => findKeysByHash(db, hashes), now);
  const uses = gatherUses((used) => markUsed(db, used, noteEveryMs), now, log);
  live.onEvery(keyChange, () => keys.forget());
  return {
    isKey: isMarked,
    async holderOf(secret) {
      const key = isWhole(secret) ? await keys.find(hashOf(secret)) : undefined;
      if (!key) return "unknown";
      const fault = faultOf(key, now());
      if (fault) return fault;
      uses.note(key.id);
      return toHolder(key);
    },
    // Listeners are called in the order in which they came: the keys are forgotten before anybody asks again.
    onRevoked: (listener) => live.onEvery(keyChange, listener),
    close: () => uses.flush(),
  };
}
