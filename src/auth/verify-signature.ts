import { compactVerify, errors } from "jose";
import jwt from "jsonwebtoken";
import { InvalidToken } from "./invalid-token.js";
import type { IssuerKeys, VerificationKey } from "./keys.js";
import type { ParsedToken } from "./parse-token.js";

/** Algorithms whose keys an issuer can publish: those that `algorithmsOf` can give. */
const publicKeyAlgorithm = /^(?:RS256|RS384|RS512|PS256|PS384|PS512|ES256|ES384|ES512|EdDSA|Ed25519)$/;

/** Proves that the token was signed with one of the issuer's keys, each used only as its kind demands. Throws InvalidToken or KeysUnavailable. */
export async function verifySignature(token: ParsedToken, { fixed, remote }: IssuerKeys): Promise<void> {
  const fixedThatFit = thatFit(fixed, token);
  if (await isSignedByOne(token, fixedThatFit)) return;

  // Tokens of the operator's own keys are served even while the issuer is away.
  const published = remote && publicKeyAlgorithm.test(token.algorithm) ? await remote.find(token.keyId) : null;
  const publishedThatFit = thatFit(published ?? [], token);
  if (await isSignedByOne(token, publishedThatFit)) return;

  if (fixedThatFit.length + publishedThatFit.length > 0) throw new InvalidToken("signature");
  throw new InvalidToken(published?.length === 0 ? "key" : "algorithm");
}

function thatFit(keys: readonly VerificationKey[], { algorithm }: ParsedToken): VerificationKey[] {
  return keys.filter(({ algorithms }) => algorithms.includes(algorithm));
}

async function isSignedByOne(token: ParsedToken, keys: readonly VerificationKey[]): Promise<boolean> {
  for (const key of keys) {
    if (await isSignedBy(token, key)) return true;
  }
  return false;
}

function isSignedBy(token: ParsedToken, key: VerificationKey): boolean | Promise<boolean> {
  return token.algorithm === "HS256" ? isSignedBySecret(token, key) : isSignedByKeyPair(token, key);
}

/** jsonwebtoken, as jose takes five times as long for HS256; but it does not know EdDSA. Times are judged elsewhere, for all alike. */
function isSignedBySecret({ compact }: ParsedToken, { key }: VerificationKey): boolean {
  try {
    jwt.verify(compact, key, { algorithms: ["HS256"], ignoreExpiration: true, ignoreNotBefore: true });
    return true;
  } catch (error) {
    if (error instanceof jwt.JsonWebTokenError) return false;
    throw error;
  }
}

async function isSignedByKeyPair({ compact, algorithm }: ParsedToken, { key }: VerificationKey): Promise<boolean> {
  try {
    await compactVerify(compact, key, { algorithms: [algorithm] });
    return true;
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}
