import { createSecretKey, type KeyObject } from "node:crypto";
import { algorithmsOf } from "../config/public-keys.js";
import type { IdentityConfig } from "../config.js";
import type { RemoteKeys } from "./remote-keys.js";

/** A key, and the only algorithms that a token may use it with: those of its own kind. */
export interface VerificationKey {
  /** The issuer's name for it. Undefined for keys without one, which may be behind any name. */
  readonly keyId: string | undefined;
  readonly algorithms: readonly string[];
  readonly key: KeyObject;
}

/** Everything that one issuer may sign with. */
export interface IssuerKeys {
  /** Set by the operator, and always there. */
  readonly fixed: readonly VerificationKey[];
  /** Published by the issuer; null where it publishes none. */
  readonly remote: RemoteKeys | null;
}

/**
 * The keys of the settings. They are made once: from a string, jsonwebtoken would derive a key again
 * for each token, at 70 times the cost.
 */
export function fixedKeys({ secrets, publicKeys }: IdentityConfig["jwt"]): VerificationKey[] {
  const secretKeys = secrets.map((secret) => createSecretKey(Buffer.from(secret)));
  return [
    ...secretKeys.map((key) => ({ keyId: undefined, algorithms: ["HS256"], key })),
    ...publicKeys.map((key) => ({ keyId: undefined, algorithms: algorithmsOf(key), key })),
  ];
}
