import { constants, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from "node:crypto";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { secondsFromNow } from "./token.js";

/** A key pair that an identity provider signs with, and the name that it goes by. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: KeyObject;
  /** What it publishes of it. */
  readonly jwk: JsonWebKey;
  readonly pem: string;
}

/** How the provider answers when asked for its keys. */
export type Manner = "keys" | "error" | "hang" | "rubbish" | "no keys" | "flood" | "redirect" | "hang up";

/** A JWKS server of a test's own on 127.0.0.1. */
export interface IdentityProvider {
  /** Of its key set. */
  readonly url: string;
  /** How often it was asked. */
  readonly requests: () => number;
  /** Replaces what it publishes: keys, or parts of a key set that are none. */
  publish(...keys: readonly (SigningKey | JsonWebKey)[]): void;
  behave(manner: Manner): void;
  stop(): Promise<void>;
}

/** Makes a key pair for one of the algorithms of RFC 7518 or RFC 8037. */
export function makeKey(alg: string, kid: string = `${alg}-key`): SigningKey {
  const { publicKey, privateKey } = makePair(alg);
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
  return { kid, alg, privateKey, pem, jwk: { ...publicKey.export({ format: "jwk" }), kid, alg, use: "sig" } };
}

const curves = new Map([
  ["ES256", "P-256"],
  ["ES384", "P-384"],
  ["ES512", "P-521"],
]);

function makePair(alg: string) {
  const namedCurve = curves.get(alg);
  if (namedCurve) return generateKeyPairSync("ec", { namedCurve });
  return alg.startsWith("Ed") ? generateKeyPairSync("ed25519") : generateKeyPairSync("rsa", { modulusLength: 2048 });
}

/** Signs a token by hand; valid for an hour unless the claims say otherwise. `header` adds to what is usual, or replaces it. */
export function signWith({ kid, alg, privateKey }: SigningKey, claims: object, header: object = {}): string {
  const content = [
    { alg, kid, typ: "JWT", ...header },
    { exp: secondsFromNow(3_600), ...claims },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${content}.${signatureOf(Buffer.from(content), alg, privateKey).toString("base64url")}`;
}

function signatureOf(content: Buffer, alg: string, key: KeyObject): Buffer {
  const hash = alg.startsWith("Ed") ? null : `sha${alg.slice(2)}`;
  if (alg.startsWith("ES")) return sign(hash, content, { key, dsaEncoding: "ieee-p1363" });
  if (!alg.startsWith("PS")) return sign(hash, content, key);
  const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_DIGEST: saltLength } = constants;
  return sign(hash, content, { key, padding, saltLength });
}

const elsewhere = "/elsewhere.json";

/** Starts a provider that publishes these keys. */
export async function startIdentityProvider(...keys: readonly SigningKey[]): Promise<IdentityProvider> {
  let requests = 0;
  let manner: Manner = "keys";
  let published: readonly (SigningKey | JsonWebKey)[] = keys;
  const keySet = () => JSON.stringify({ keys: published.map((key) => ("jwk" in key ? key.jwk : key)) });
  const server = createServer((request, response) => {
    requests += 1;
    answer(response, request.url === elsewhere ? "keys" : manner, keySet());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/.well-known/jwks.json`,
    requests: () => requests,
    publish: (...next) => {
      published = next;
    },
    behave: (next) => {
      manner = next;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** All but the answers that hold nothing have the right keys in them: what is wrong is how they come. */
function answer(response: ServerResponse, manner: Manner, keySet: string): void {
  if (manner === "hang") return;
  if (manner === "hang up") return void response.destroy();
  if (manner === "error") return void response.writeHead(500).end(keySet);
  if (manner === "redirect") return void response.writeHead(302, { location: elsewhere }).end();
  if (manner === "flood") return void response.end(keySet + " ".repeat(1_000_000));
  if (manner === "rubbish") return void response.end("<!doctype html><title>Sign in</title>");
  response.setHeader("content-type", "application/json").end(manner === "no keys" ? '{"keys":[]}' : keySet);
}
