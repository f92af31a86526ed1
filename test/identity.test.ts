import { createHmac } from "node:crypto";
import { expect } from "vitest";
import { test as base, startTestApp, type TestApp } from "./support/app.js";
import { codesOf, sendGraphql } from "./support/graphql.js";
import { type IdentityProvider, makeKey, signWith, startIdentityProvider } from "./support/identity-provider.js";
import { askOver, greet, openSocket } from "./support/socket.js";
import { secondsFromNow, signToken } from "./support/token.js";
import { until } from "./support/until.js";

const iss = "https://login.example/";
const aud = "billing";
const ada = { iss, aud, sub: "ada" };

const algorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];
const published = algorithms.map((alg) => makeKey(alg));
/** Set as PEM, and published nowhere. */
const byHand = ["RS256", "ES256", "EdDSA"].map((alg) => makeKey(alg, "of no consequence"));
const [rs256, , , , , , es256, , , eddsa] = published;
const [byHandRs256] = byHand;
if (!rs256 || !es256 || !eddsa || !byHandRs256) throw new Error("unreachable: the lists above have them");

/** A service whose customers sign in at an identity provider, and which knows three keys of its operator's besides. */
const test = base.extend<{ service: TestApp & { provider: IdentityProvider } }>({
  service: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const provider = await startIdentityProvider(...published);
      const environment = {
        JWT_ISSUER: iss,
        JWT_AUDIENCE: aud,
        JWT_JWKS_URL: provider.url,
        JWT_PUBLIC_KEYS: byHand.map(({ pem }) => pem).join(""),
      };
      const { app, stop } = await startTestApp({ environment, worker: false });
      await use({ ...app, provider });
      await stop();
      await provider.stop();
    },
    { scope: "file" },
  ],
});

const who = "{ viewer { id roles } }";

test.for(published.map((key) => [key.alg, key] as const))(
  "a token signed with %s is good where its key is published",
  async ([, key], { service }) => {
    const token = signWith(key, ada);
    expect((await sendGraphql(service.url, who, {}, token)).data.viewer.roles).toEqual(["CUSTOMER"]);
    expect(
      (await sendGraphql(service.url, who, {}, signWith(key, ada, { kid: undefined }))).data.viewer,
    ).not.toBeNull();
    await expectRefused(service, withOtherSubject(token));
  },
);

test.for(byHand.map((key) => [key.alg, key] as const))(
  "a token signed with %s is good where its key is set by hand, whatever name it gives",
  async ([, key], { service }) => {
    for (const kid of ["of no consequence", "another", undefined]) {
      const token = signWith(key, ada, { kid });
      expect((await sendGraphql(service.url, who, {}, token)).data.viewer.roles).toEqual(["CUSTOMER"]);
      await expectRefused(service, withOtherSubject(token));
    }
  },
);

test("tokens of the product's own secret are good beside those of its identity provider", async ({ service }) => {
  const token = signToken(service.config, { sub: "ada" });
  expect((await sendGraphql(service.url, who, {}, token)).data.viewer).not.toBeNull();
});

/** Tokens that must not be taken for good, by what is wrong with them. */
const bad: Readonly<Record<string, (service: TestApp) => string>> = {
  "has expired": () => signWith(rs256, { ...ada, exp: secondsFromNow(-60) }),
  "is not valid yet": () => signWith(es256, { ...ada, nbf: secondsFromNow(60) }),
  "never expires": () => signWith(eddsa, { ...ada, exp: undefined }),
  "is for another audience": () => signWith(rs256, { ...ada, aud: "another" }),
  "is for no audience": () => signWith(rs256, { ...ada, aud: undefined }),
  "comes from another issuer": () => signWith(rs256, { ...ada, iss: "https://evil.example/" }),
  "comes from an issuer that is a list": () => signWith(rs256, { ...ada, iss: [iss] }),
  "comes from no issuer": () => signWith(rs256, { ...ada, iss: undefined }),
  "demands what is not known": () => signWith(rs256, ada, { crit: ["b64"], b64: false }),
  "is huge": () => signWith(rs256, { ...ada, padding: "x".repeat(8_192) }),
  "names a key that is not published": () => signWith(makeKey("RS256", "evil"), ada),
  "names a published key and is signed with another": () => signWith(makeKey("RS256", rs256.kid), ada),
  "brings its own key": () => {
    const evil = makeKey("RS256", rs256.kid);
    return signWith(evil, ada, { jwk: evil.jwk, jku: "https://evil.example/keys", x5c: [evil.pem] });
  },
  "names a key that is no text": () => signWith(rs256, ada, { kid: 7 }),
  "names a key as a path": () => signWith(makeKey("RS256", "../../../etc/passwd"), ada),
  "is not signed": () => unsigned({ alg: "none", kid: rs256.kid }),
  "is not signed, and says that it is": () => unsigned({ alg: "RS256", kid: rs256.kid }),
  "is signed with a published key as if it were a secret": () => hmacWith(rs256.pem, { kid: rs256.kid }),
  "is signed with a key set by hand as if it were a secret": () => hmacWith(byHandRs256.pem, {}),
  "is signed with a published modulus as if it were a secret": () => hmacWith(String(rs256.jwk["n"]), {}),
  "says RS256 and is signed with a P-256 key": () => signWith(es256, ada, { alg: "RS256" }),
  "says ES256 and is signed with an RSA key": () => signWith(rs256, ada, { alg: "ES256" }),
  "says ES384 and is signed with a P-256 key": () => signWith(es256, ada, { alg: "ES384" }),
  "says RS384 for a key that is for RS256": () => signWith({ ...rs256, alg: "RS384" }, ada),
  "says EdDSA and is signed with a P-256 key": () => signWith(es256, ada, { alg: "EdDSA" }),
  "is signed with RS256 and says HS256": () => signWith(rs256, ada, { alg: "HS256" }),
  "says an algorithm that there is not": () => signWith(rs256, ada, { alg: "RS1" }),
  "has a signature in another form (ASN.1)": () => withSignature(signWith(es256, ada), "3006020101020101"),
  "has a signature of zeros": () => withSignature(signWith(es256, ada), "00".repeat(64)),
};

test.for(Object.keys(bad))("a token that %s is refused, over HTTP and over WebSocket", async (what, { service }) => {
  const token = bad[what]?.(service) ?? "";
  await expectRefused(service, token);
  const socket = await openSocket(service.url);
  socket.say({ type: "connection_init", payload: { authorization: `Bearer ${token}` } });
  expect((await socket.closed).code).toBe(4403);
});

test("made-up names of keys do not make us ask the identity provider more than once a minute", async ({ service }) => {
  const before = service.provider.requests();
  const tokens = Array.from({ length: 20 }, (_, index) => signWith(makeKey("ES256", `made-up-${index}`), ada));
  await Promise.all(tokens.map((token) => expectRefused(service, token)));
  expect(service.provider.requests() - before).toBeLessThanOrEqual(1);
});

test("a stream lives and ends with a token of the identity provider", async ({ service }) => {
  const socket = await greet(service.url, signWith(es256, { ...ada, exp: secondsFromNow(3) }));
  socket.say({ type: "subscribe", id: "1", payload: { query: "subscription { entitlementsChanged { cause } }" } });
  expect(await socket.closed).toEqual({ code: 4401, reason: "The token has expired" });
});

test("keys are rotated while both are published, and nobody is turned away", async () => {
  const [old, fresh] = [makeKey("ES256", "old"), makeKey("ES256", "fresh")];
  const provider = await startIdentityProvider(old);
  const { app, stop } = await startTestApp({
    environment: { JWT_ISSUER: iss, JWT_AUDIENCE: aud, JWT_JWKS_URL: provider.url },
    worker: false,
  });
  const isGood = async (token: string) => (await sendGraphql(app.url, who, {}, token)).errors === undefined;
  expect(await isGood(signWith(old, ada))).toBe(true);
  provider.publish(old, fresh);
  expect(await Promise.all([fresh, old, fresh].map((key) => isGood(signWith(key, ada))))).toEqual([true, true, true]);
  expect(provider.requests()).toBe(2);

  // An outage afterwards is none for who has a key that is known.
  provider.behave("hang up");
  expect(await Promise.all([fresh, old].map((key) => isGood(signWith(key, ada))))).toEqual([true, true]);
  await stop();
  await provider.stop();
});

test("an identity provider that is away at the start keeps nobody from what needs none, and is asked again", async () => {
  const provider = await startIdentityProvider(es256);
  provider.behave("hang up");
  const { app, stop } = await startTestApp({
    environment: { JWT_ISSUER: iss, JWT_AUDIENCE: aud, JWT_JWKS_URL: provider.url },
    worker: false,
  });
  const token = signWith(es256, ada);
  const refusal = await sendGraphql(app.url, who, {}, token);
  expect(refusal.status).toBe(503);
  expect(refusal.data).toBeUndefined();
  expect(refusal.errors).toEqual([
    {
      message: "Whether the token is valid cannot be told just now. Try again shortly.",
      extensions: { code: "UPSTREAM_UNAVAILABLE", retryable: true, requestId: refusal.headers.get("x-request-id") },
    },
  ]);
  const socket = await openSocket(app.url);
  socket.say({ type: "connection_init", payload: { authorization: `Bearer ${token}` } });
  expect(await socket.closed).toEqual({ code: 1013, reason: "Try again later" });

  expect((await sendGraphql(app.url, "{ tiers { slug } }")).errors).toBeUndefined();
  expect((await sendGraphql(app.url, who, {}, signToken(app.config, { sub: "ada" }))).errors).toBeUndefined();
  expect((await fetch(`${app.url}/readyz`)).status).toBe(200);
  expect(app.logged.filter((line) => line.includes("keys cannot be read"))).toHaveLength(1);
  expect(app.logged.filter((line) => line.includes('"level":50'))).toHaveLength(1);

  provider.behave("keys");
  await until("the keys are read", async () => !(await sendGraphql(app.url, who, {}, token)).errors);
  const stream = await greet(app.url, token);
  expect(await askOver(stream, "subscription { nothing }")).toMatchObject({ type: "error" });
  stream.close();
  await stop();
  await provider.stop();
});

async function expectRefused(service: TestApp, token: string): Promise<void> {
  const answer = await sendGraphql(service.url, "{ tiers { slug } }", {}, token);
  expect(answer.status, answer.errors?.[0]?.message).toBe(401);
  expect(codesOf(answer)).toEqual(["UNAUTHENTICATED"]);
  expect(answer.data).toBeUndefined();
  expect(JSON.stringify(answer.errors)).not.toContain(token.split(".")[1]);
}

function withOtherSubject(token: string): string {
  const [header, claims = "", signature] = token.split(".");
  const changed = { ...JSON.parse(Buffer.from(claims, "base64url").toString()), sub: "eve" };
  return `${header}.${encode(changed)}.${signature}`;
}

function withSignature(token: string, hex: string): string {
  return [...token.split(".").slice(0, 2), Buffer.from(hex, "hex").toString("base64url")].join(".");
}

function unsigned(header: object): string {
  return `${encode(header)}.${encode({ ...ada, exp: secondsFromNow(60) })}.`;
}

function hmacWith(key: string, header: object): string {
  const content = `${encode({ alg: "HS256", ...header })}.${encode({ ...ada, exp: secondsFromNow(60) })}`;
  return `${content}.${createHmac("sha256", key).update(content).digest("base64url")}`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
