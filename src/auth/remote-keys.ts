import type { Logger } from "pino";
import { fetchKeySet } from "./fetch-key-set.js";
import type { VerificationKey } from "./keys.js";
import { KeysUnavailable } from "./keys-unavailable.js";

/** Keys that an issuer publishes. */
export interface RemoteKeys {
  /** Those that go by this name, or all when the token names none; empty for a name that the issuer does not know. Throws KeysUnavailable. */
  find(keyId: string | undefined): Promise<readonly VerificationKey[]>;
}

const minute = 60_000;
/** A key that the issuer has withdrawn is good for no longer than this and one more request. */
const refreshAfterMs = 10 * minute;
/** So old, keys are not used for even one more request without asking first, unless the issuer is known to be away. */
const staleAfterMs = 60 * minute;
/** Anybody can make up names of keys; the issuer must not be asked for each. */
const missPauseMs = minute;
/** How long to leave an issuer alone that did not answer. */
const failurePauseMs = 1_000;

/** What tests change: time, in milliseconds from any start, and how long an answer may take. */
export interface FollowOptions {
  readonly now?: () => number;
  readonly timeoutMs?: number;
}

/**
 * Follows an issuer's key set: reads it at once without being waited for, again once it is 10 minutes
 * old, and at most once a minute for a key that it does not know. Requests share one reading. What was
 * read last stays in force while the issuer does not answer; that is logged when it begins and ends.
 */
export function followKeys(
  url: string,
  log: Logger,
  { now = () => performance.now(), timeoutMs = 5_000 }: FollowOptions = {},
): RemoteKeys {
  let known: { readonly keys: readonly VerificationKey[]; readonly readAt: number } | null = null;
  let failedAt: number | null = null; // null while the issuer answers
  let missedAt = -Infinity;
  let underWay: Promise<void> | null = null;

  /** Never rejects: what came of it is in the variables above. */
  function refresh(): Promise<void> {
    underWay ??= fetchKeySet(url, timeoutMs)
      .then(succeed, fail)
      .finally(() => {
        underWay = null;
      });
    return underWay;
  }

  function succeed(keys: readonly VerificationKey[]): void {
    if (failedAt !== null) log.info({ url }, "the identity provider's keys can be read again");
    known = { keys, readAt: now() };
    failedAt = null;
  }

  function fail(error: unknown): void {
    if (failedAt === null)
      log.error({ err: error, url }, "the identity provider's keys cannot be read; those read before stay in force");
    failedAt = now();
  }

  async function keepFresh(): Promise<void> {
    const age = known ? now() - known.readAt : Infinity;
    if (age < refreshAfterMs || (failedAt !== null && now() - failedAt < failurePauseMs && !underWay)) return;
    const isWorthWaiting = known === null || (age >= staleAfterMs && failedAt === null);
    const refreshed = refresh();
    if (isWorthWaiting) await refreshed;
  }

  function named(keyId: string | undefined): readonly VerificationKey[] {
    if (!known) throw new KeysUnavailable(`No keys were read from ${url} yet.`);
    return known.keys.filter((key) => keyId === undefined || key.keyId === undefined || key.keyId === keyId);
  }

  void refresh();
  return {
    async find(keyId) {
      await keepFresh();
      const found = named(keyId);
      if (found.length > 0) return found;

      if (underWay || now() - missedAt >= missPauseMs) {
        if (!underWay) missedAt = now();
        await refresh();
      }
      const foundAfterAll = named(keyId);
      if (foundAfterAll.length === 0 && failedAt !== null)
        throw new KeysUnavailable(`Whether ${url} has the key cannot be told.`);
      return foundAfterAll;
    },
  };
}
