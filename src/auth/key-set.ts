import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { z } from "zod";
import { algorithmsOf } from "../config/public-keys.js";
import type { VerificationKey } from "./keys.js";

/** No issuer has as many; more would make a token without `kid` costly to judge. */
const mostKeys = 100;

const keySet = z.object({ keys: z.array(z.unknown()).max(mostKeys) });

const publishedKey = z.looseObject({
  kid: z.string().optional(),
  alg: z.string().optional(),
  use: z.string().optional(),
  key_ops: z.array(z.string()).optional(),
});

/**
 * The keys of a JSON Web Key Set (RFC 7517) that can verify tokens. Keys that cannot (for encryption,
 * too weak, or of a kind that is not known) are left out, as section 5 there demands. Throws when it is no such
 * set, or none is left: an issuer without keys is one that is broken.
 */
export function readKeySet(document: unknown): VerificationKey[] {
  const parsed = keySet.safeParse(document);
  if (!parsed.success) throw new Error("It is not a JSON Web Key Set.");
  const keys = parsed.data.keys.flatMap(readKey);
  if (keys.length === 0) throw new Error("None of its keys can verify a token.");
  return keys;
}

function readKey(value: unknown): VerificationKey[] {
  const { data } = publishedKey.safeParse(value);
  if (!data || (data.use ?? "sig") !== "sig" || !(data.key_ops ?? ["verify"]).includes("verify")) return [];
  const key = importKey(data);
  const algorithms = key ? algorithmsOf(key).filter((algorithm) => (data.alg ?? algorithm) === algorithm) : [];
  return key && algorithms.length > 0 ? [{ keyId: data.kid, algorithms, key }] : [];
}

function importKey(jwk: JsonWebKey): KeyObject | null {
  try {
    return createPublicKey({ key: jwk, format: "jwk" });
  } catch {
    return null; // a secret key, or a kind that Node does not know
  }
}
