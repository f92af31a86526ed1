import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import jwt from "jsonwebtoken";
import { expect, test } from "vitest";
import { developmentToken } from "../src/auth/development-token.js";
import type { InvalidTokenReason } from "../src/auth/verify-token.js";
import { type Environment, readDevelopmentIdentity } from "../src/config.js";
import {
  ada,
  authenticate,
  bearer,
  byPerson,
  encode,
  expectRefusal,
  refusalOf,
  secret,
  sign,
} from "./support/authenticate.js";

const { aud } = ada;
const now = ada.exp - 60;

test("nobody without credentials is an error", async () => {
  expect(await authenticate(undefined)).toBeNull();
});

test("a person pays for themselves and manages their own billing", async () => {
  const viewer = await authenticate(bearer({ ...ada, email: "ada@example.com", name: "Ada Lovelace" }));
  expect(viewer).toEqual({
    subject: "ada",
    payerId: "ada",
    roles: new Set(["CUSTOMER"]),
    scopes: new Set(),
    serviceKeyId: null,
    canManageBilling: true,
    email: "ada@example.com",
    name: "Ada Lovelace",
    expiresAt: new Date(ada.exp * 1000),
  });
});

test.each<[InvalidTokenReason, string, object]>([
  ["expired", "that has expired", { exp: now - 60 }],
  ["not_yet_valid", "that is not valid yet", { nbf: now + 60 }],
  ["issuer", "from another issuer", { iss: "https://evil.example" }],
  ["issuer", "without an issuer", { iss: undefined }],
  ["audience", "for another audience", { aud: "another" }],
  ["audience", "for other audiences", { aud: ["another", "third"] }],
  ["audience", "without an audience", { aud: undefined }],
  ["claims", "that never expires", { exp: undefined }],
  ["claims", "that expires after the end of time", { exp: 1e300 }],
  ["claims", "whose expiry is a text", { exp: String(now + 60) }],
  ["claims", "whose start is a text", { nbf: "yesterday" }],
  ["claims", "without a subject", { sub: undefined }],
  ["claims", "with an empty subject", { sub: " " }],
  ["claims", "with a subject of 201 characters", { sub: "a".repeat(201) }],
  ["claims", "whose subject is a number", { sub: 7 }],
  ["claims", "whose subject is a list", { sub: ["ada"] }],
  ["claims", "whose subject is an object", { sub: { id: "ada" } }],
  ["claims", "whose subject Postgres cannot store", { sub: "ada\u0000" }],
  ["claims", "whose subject is half a character", { sub: "ada\ud800" }],
  ["claims", "whose roles are an object", { roles: { admin: true } }],
])("refused (%s): a token %s", async (reason, _what, change) => {
  await expectRefusal(reason, bearer({ ...ada, ...change }));
});

test("clocks may be a few seconds apart, as configured", async () => {
  expect((await authenticate(bearer({ ...ada, exp: now - 2, nbf: now + 2 })))?.subject).toBe("ada");
  const strict = { ...byPerson, jwt: { ...byPerson.jwt, clockToleranceSeconds: 0 } };
  await expectRefusal("expired", bearer({ ...ada, exp: now - 2 }), strict);
  await expectRefusal("not_yet_valid", bearer({ ...ada, nbf: now + 2 }), strict);
});

test("one of several audiences may be ours", async () => {
  expect((await authenticate(bearer({ ...ada, aud: ["another", aud] })))?.subject).toBe("ada");
});

test("a tampered token is refused", async () => {
  const [header, , signature] = sign(ada).split(".");
  await expectRefusal("signature", `Bearer ${header}.${encode({ ...ada, sub: "eve" })}.${signature}`);
  await expectRefusal("signature", `Bearer ${sign(ada, { key: "another-secret-of-more-than-32-bytes-length" })}`);
  await expectRefusal("signature", `Bearer ${sign(ada).slice(0, -4)}AAAA`);
});

test("an unsigned token is refused, whatever it claims of its algorithm", async () => {
  for (const alg of ["none", "None", "HS256"]) {
    const unsigned = `${encode({ alg, typ: "JWT" })}.${encode(ada)}.`;
    await expectRefusal(alg === "HS256" ? "signature" : "algorithm", `Bearer ${unsigned}`);
    if (alg !== "HS256") await expectRefusal("algorithm", `Bearer ${unsigned}c2lnbmF0dXJl`);
  }
});

test("a token of another algorithm is refused, even where the key is right", async () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await expectRefusal("algorithm", `Bearer ${jwt.sign(ada, privateKey, { algorithm: "RS256" })}`);
  for (const alg of ["HS512", "RS256", "hs256", "", null, ["HS256"]])
    await expectRefusal("algorithm", `Bearer ${sign(ada, { alg })}`);
});

test("a token that demands extensions is refused", async () => {
  await expectRefusal("algorithm", `Bearer ${sign(ada, { crit: ["exp"] })}`);
});

test("signed rubbish is refused", async () => {
  for (const payload of [null, [], ["ada"], "ada", 7, true]) await expectRefusal(null, `Bearer ${sign(payload)}`);
});

test.each([
  "",
  "Bearer",
  "Bearer ",
  "Basic YWRhOnB3",
  `Basic ${sign(ada)}`,
  sign(ada),
  `Bearer${sign(ada)}`,
  `Bearer\t${sign(ada)}`,
  `Bearer ${sign(ada)} ${sign(ada)}`,
  `Bearer ${sign(ada)}, Basic YWRhOnB3`,
  `Bearer "${sign(ada)}"`,
  "Bearer a.b",
  "Bearer a.b.c",
  "Bearer a.b.c.d",
  "Bearer ...",
])("refused as malformed: %j", async (header) => {
  await expectRefusal("malformed", header);
});

test("the scheme is case-insensitive, and spaces after it may be several", async () => {
  for (const scheme of ["Bearer ", "bearer ", "BEARER ", "bEaReR   "]) {
    expect((await authenticate(`${scheme}${sign(ada)}`))?.subject).toBe("ada");
  }
});

test("a huge token is refused before anything of it is verified", async () => {
  const huge = `Bearer ${sign({ ...ada, padding: "x".repeat(8192) })}`;
  expect(huge.length).toBeGreaterThan(8192);
  await expectRefusal("malformed", huge);
});

test("no refusal repeats the token or the key", async () => {
  const header = bearer({ ...ada, exp: now - 60 });
  const error = await refusalOf(header);
  expect(`${error?.message} ${error?.stack}`).not.toContain(header.slice(7, 30));
  expect(`${error?.message} ${error?.stack}`).not.toContain(secret);
});

test("development tokens are accepted where they were made for, and never made for production", async () => {
  const byOrganisation = readDevelopmentIdentity({
    BILLING_ACCOUNT_CLAIM: "org_id",
    BILLING_MANAGER_CLAIM: "org_role=owner",
  });
  const token = developmentToken(byOrganisation, { sub: "ada", payer: "org_1", email: "ada@example.com" }, 60);
  expect(await authenticate(`Bearer ${token}`, byOrganisation)).toMatchObject({
    payerId: "org_1",
    canManageBilling: true,
  });
  expect((await authenticate(`Bearer ${developmentToken(byPerson, { sub: "root", role: "admin" })}`))?.roles).toContain(
    "ADMIN",
  );
  const shared = readDevelopmentIdentity({ BILLING_MANAGER_CLAIM: "roles=owner" });
  const owner = await authenticate(`Bearer ${developmentToken(shared, { sub: "root", role: "admin" })}`, shared);
  expect(owner).toMatchObject({ roles: new Set(["ADMIN", "CUSTOMER"]), canManageBilling: true });

  const ofStaff = readDevelopmentIdentity({ ADMIN_ISSUER: "https://staff.example" });
  const root = developmentToken(ofStaff, { sub: "root", role: "admin" });
  expect(await authenticate(`Bearer ${root}`, ofStaff)).toMatchObject({ roles: new Set(["ADMIN"]), payerId: null });

  expect(() => developmentToken({ ...byPerson, mode: "production" }, { sub: "ada" })).toThrow(/production/);
  expect(() => developmentToken(byPerson, { sub: "ada", payer: "org_1" })).toThrow(/BILLING_ACCOUNT_CLAIM/);
  expect(() => developmentToken(byOrganisation, { sub: "ada" })).toThrow(/org_id/);
  const elsewhere = { ...ofStaff, admin: { issuer: "x", audience: "y", jwksUrl: "https://staff.example/keys" } };
  expect(() => developmentToken(elsewhere, { sub: "root", role: "admin" })).toThrow(/ADMIN_JWKS_URL/);
});

test("`npm run token` prints the token alone, and fails with its usage", async () => {
  const printed = runTokenCommand(["--sub", "ada", "--name", "Ada Lovelace", "--expires-in", "30"], {});
  expect(await authenticate(`Bearer ${printed.trimEnd()}`)).toMatchObject({ subject: "ada", name: "Ada Lovelace" });
  expect(() => runTokenCommand([], {})).toThrow(/--sub is required[\s\S]*Usage/);
  expect(() => runTokenCommand(["--sub", "ada"], { NODE_ENV: "production" })).toThrow(/NODE_ENV must be `development`/);
});

function runTokenCommand(args: string[], env: Environment): string {
  const command = ["--import", "tsx", "src/cli/token.ts", ...args];
  return execFileSync(process.execPath, command, {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], ...env },
    stdio: "pipe",
  });
}
