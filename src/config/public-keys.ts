import { createPublicKey, type KeyObject } from "node:crypto";

const rsaAlgorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
const curveAlgorithms = new Map([
  ["prime256v1", ["ES256"]],
  ["secp384r1", ["ES384"]],
  ["secp521r1", ["ES512"]],
]);
/** RFC 7518, section 3.3, asks for this many bits at least. */
const leastRsaBits = 2048;

/**
 * The JWS algorithms that a public key can verify: those of its own kind and no others, so that no
 * token can choose how its key is used. None for a key that is too weak or of another kind.
 *
 * RFC 7518, section 3.1, and for Ed25519 RFC 8037 and its newer name in RFC 9864.
 */
export function algorithmsOf(key: KeyObject): readonly string[] {
  const { modulusLength = 0, namedCurve = "" } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "rsa") return modulusLength >= leastRsaBits ? rsaAlgorithms : [];
  if (key.asymmetricKeyType === "ec") return curveAlgorithms.get(namedCurve) ?? [];
  return key.asymmetricKeyType === "ed25519" ? ["EdDSA", "Ed25519"] : [];
}

const block = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g;

/** The public keys of one or more PEM blocks (`\n` may stand for a line break), or what is wrong with them: it completes "VARIABLE …". */
export function readPublicKeys(text: string): KeyObject[] | string {
  const pem = text.replaceAll("\\n", "\n");
  const blocks = [...pem.matchAll(block)];
  if (blocks.length === 0 || pem.replaceAll(block, "").trim() !== "")
    return "must be public keys in PEM, one after the other: -----BEGIN PUBLIC KEY----- … -----END PUBLIC KEY-----";
  if (blocks.some(([, label = ""]) => label.includes("PRIVATE")))
    return "has a private key, which belongs to the issuer alone: set its public half, and replace the pair";
  const keys = blocks.map(([one]) => readPublicKey(one));
  const wrong = keys.flatMap((key, index) => (key && algorithmsOf(key).length > 0 ? [] : [index + 1]));
  if (wrong.length > 0)
    return `must be RSA keys of at least ${leastRsaBits} bits, P-256, P-384, P-521 or Ed25519 keys; block ${wrong.join(", ")} is none`;
  return keys.flatMap((key) => key ?? []);
}

function readPublicKey(pem: string): KeyObject | null {
  try {
    return createPublicKey(pem);
  } catch {
    return null; // OpenSSL's own words help nobody
  }
}
