import { execFileSync } from "node:child_process";
import { createHmac, generateKeyPairSync } from "node:crypto";
import jwt from "jsonwebtoken";
import { expect, test } from "vitest";
import { developmentToken } from "../src/auth/development-token.js";
import { InvalidToken, type InvalidTokenReason, makeAuthenticator } from "../src/auth/verify-token.js";
import type { Viewer } from "../src/auth/viewer.js";
import { type Environment, type IdentityConfig, readDevelopmentIdentity } from "../src/config.js";

const byPerson = readDevelopmentIdentity({});
const byOrganisation = readDevelopmentIdentity({
  BILLING_ACCOUNT_CLAIM: "org_id",
  BILLING_MANAGER_CLAIM: "org_role=owner",
});
const { secret, issuer: iss, audience: aud } = byPerson.jwt;
const now = Math.floor(Date.now() / 1000);
const ada = { sub: "ada", iss, aud, exp: now + 60 };

test("nobody without credentials is an error", () => {
  expect(authenticate(undefined)).toBeNull();
});

test("a person pays for themselves and manages their own billing", () => {
  const viewer = authenticate(bearer({ ...ada, email: "ada@example.com", name: "Ada Lovelace" }));
  expect(viewer).toEqual({
    subject: "ada",
    payerId: "ada",
    roles: new Set(["CUSTOMER"]),
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
])("refused (%s): a token %s", (reason, _what, change) => {
  expectRefusal(reason, bearer({ ...ada, ...change }));
});

test("clocks may be a few seconds apart, as configured", () => {
  expect(authenticate(bearer({ ...ada, exp: now - 2, nbf: now + 2 }))?.subject).toBe("ada");
  const strict = { ...byPerson, jwt: { ...byPerson.jwt, clockToleranceSeconds: 0 } };
  expectRefusal("expired", bearer({ ...ada, exp: now - 2 }), strict);
  expectRefusal("not_yet_valid", bearer({ ...ada, nbf: now + 2 }), strict);
});

test("one of several audiences may be ours", () => {
  expect(authenticate(bearer({ ...ada, aud: ["another", aud] }))?.subject).toBe("ada");
});

test("a tampered token is refused", () => {
  const [header, , signature] = sign(ada).split(".");
  expectRefusal("signature", `Bearer ${header}.${encode({ ...ada, sub: "eve" })}.${signature}`);
  expectRefusal("signature", `Bearer ${sign(ada, { key: "another-secret-of-more-than-32-bytes-length" })}`);
  expectRefusal("signature", `Bearer ${sign(ada).slice(0, -4)}AAAA`);
});

test("an unsigned token is refused, whatever it claims of its algorithm", () => {
  for (const alg of ["none", "None", "HS256"]) {
    const unsigned = `${encode({ alg, typ: "JWT" })}.${encode(ada)}.`;
    expectRefusal("signature", `Bearer ${unsigned}`);
    if (alg !== "HS256") expectRefusal("algorithm", `Bearer ${unsigned}c2lnbmF0dXJl`);
  }
});

test("a token of another algorithm is refused, even where the key is right", () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  expectRefusal("algorithm", `Bearer ${jwt.sign(ada, privateKey, { algorithm: "RS256" })}`);
  for (const alg of ["HS512", "RS256", "hs256", "", null, ["HS256"]])
    expectRefusal("algorithm", `Bearer ${sign(ada, { alg })}`);
});

test("a token that demands extensions is refused", () => {
  expectRefusal("algorithm", `Bearer ${sign(ada, { crit: ["exp"] })}`);
});

test("signed rubbish is refused", () => {
  for (const payload of [null, [], ["ada"], "ada", 7, true]) expectRefusal(null, `Bearer ${sign(payload)}`);
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
])("refused as malformed: %j", (header) => {
  expectRefusal("malformed", header);
});

test("the scheme is case-insensitive, and spaces after it may be several", () => {
  for (const scheme of ["Bearer ", "bearer ", "BEARER ", "bEaReR   "]) {
    expect(authenticate(`${scheme}${sign(ada)}`)?.subject).toBe("ada");
  }
});

test("a huge token is refused before anything of it is verified", () => {
  const huge = `Bearer ${sign({ ...ada, padding: "x".repeat(8192) })}`;
  expect(huge.length).toBeGreaterThan(8192);
  expectRefusal("malformed", huge);
});

test("no refusal repeats the token or the key", () => {
  const header = bearer({ ...ada, exp: now - 60 });
  const error = refusalOf(header);
  expect(`${error?.message} ${error?.stack}`).not.toContain(header.slice(7, 30));
  expect(`${error?.message} ${error?.stack}`).not.toContain(secret);
});

test("roles come as a list or as words, and only the configured ones count", () => {
  const rolesOf = (roles: unknown) => [...(authenticate(bearer({ ...ada, roles }))?.roles ?? [])].sort();
  expect(rolesOf(["billing:admin"])).toEqual(["ADMIN", "CUSTOMER"]);
  expect(rolesOf("openid billing:admin")).toEqual(["ADMIN", "CUSTOMER"]);
  expect(rolesOf(["billing:service"])).toEqual(["SERVICE"]);
  expect(rolesOf(["billing:service", "billing:admin"])).toEqual(["ADMIN", "SERVICE"]);
  for (const none of [
    undefined,
    null,
    [],
    "",
    "admin",
    ["admin", "ADMIN"],
    ["billing:admin billing:service"],
    [["billing:admin"]],
    "billing:administrator",
  ]) {
    expect(rolesOf(none)).toEqual(["CUSTOMER"]);
  }
});

test("claim names with dots or slashes are plain keys, and inherited names are no claims", () => {
  const custom = readDevelopmentIdentity({ ROLES_CLAIM: "https://example.com/realm.roles" });
  expect(
    authenticate(bearer({ ...ada, "https://example.com/realm.roles": ["billing:admin"] }), custom)?.roles.has("ADMIN"),
  ).toBe(true);
  const inherited = readDevelopmentIdentity({ ROLES_CLAIM: "constructor" });
  expect(authenticate(bearer(ada), inherited)?.roles).toEqual(new Set(["CUSTOMER"]));
});

test("an organisation pays for its people, and only its managers manage billing", () => {
  const viewer = (claims: object) => authenticate(bearer({ ...ada, org_id: "org_1", ...claims }), byOrganisation);
  expect(viewer({ org_role: "owner" })).toMatchObject({ subject: "ada", payerId: "org_1", canManageBilling: true });
  expect(viewer({ org_role: ["member", "owner"] })).toMatchObject({ canManageBilling: true });
  for (const role of [undefined, "member", "owners", "owner member", ["member"], true, { owner: true }]) {
    expect(viewer({ org_role: role })).toMatchObject({ payerId: "org_1", canManageBilling: false });
  }
});

test("a manager claim without a value must be true, not merely there", () => {
  const identity = readDevelopmentIdentity({ BILLING_MANAGER_CLAIM: "pays" });
  const manages = (pays: unknown) => authenticate(bearer({ ...ada, pays }), identity)?.canManageBilling;
  expect(manages(true)).toBe(true);
  for (const value of [undefined, false, "true", 1, [true], {}]) expect(manages(value)).toBe(false);
});

test("whoever has no payer is refused by the claim's name, unless a service or an administrator", () => {
  expectRefusal("claims", bearer(ada), byOrganisation, /`org_id`/);
  for (const malformed of ["", 7, ["org_1"], { id: "org_1" }, "o".repeat(201)]) {
    expectRefusal("claims", bearer({ ...ada, org_id: malformed }), byOrganisation, /`org_id`/);
    expectRefusal(
      "claims",
      bearer({ ...ada, org_id: malformed, roles: ["billing:admin"] }),
      byOrganisation,
      /`org_id`/,
    );
  }
  expect(authenticate(bearer({ ...ada, roles: ["billing:admin"] }), byOrganisation)).toMatchObject({
    payerId: null,
    roles: new Set(["ADMIN"]),
    canManageBilling: true,
  });
  expect(authenticate(bearer({ ...ada, roles: ["billing:service"] }), byOrganisation)).toMatchObject({
    payerId: null,
    roles: new Set(["SERVICE"]),
    canManageBilling: false,
  });
});

test("a service is nobody's customer, whatever else its token says", () => {
  const service = { ...ada, sub: "studio", roles: ["billing:service"], org_id: "org_1", org_role: "owner" };
  for (const identity of [byPerson, byOrganisation]) {
    expect(authenticate(bearer(service), identity)).toMatchObject({
      subject: "studio",
      payerId: null,
      canManageBilling: false,
    });
  }
});

test("what is only for people to read is left out when malformed", () => {
  for (const value of [null, 7, ["a@example.com"], { at: "example.com" }, " ", "a".repeat(321), "a\u0000"]) {
    expect(authenticate(bearer({ ...ada, email: value, name: value }))).toMatchObject({ email: null, name: null });
  }
});

test("development tokens are accepted where they were made for, and never made for production", () => {
  const token = developmentToken(byOrganisation, { sub: "ada", payer: "org_1", email: "ada@example.com" }, 60);
  expect(authenticate(`Bearer ${token}`, byOrganisation)).toMatchObject({ payerId: "org_1", canManageBilling: true });
  expect(authenticate(`Bearer ${developmentToken(byPerson, { sub: "root", role: "admin" })}`)?.roles).toContain(
    "ADMIN",
  );
  const shared = readDevelopmentIdentity({ BILLING_MANAGER_CLAIM: "roles=owner" });
  const owner = authenticate(`Bearer ${developmentToken(shared, { sub: "root", role: "admin" })}`, shared);
  expect(owner).toMatchObject({ roles: new Set(["ADMIN", "CUSTOMER"]), canManageBilling: true });

  expect(() => developmentToken({ ...byPerson, mode: "production" }, { sub: "ada" })).toThrow(/production/);
  expect(() => developmentToken(byPerson, { sub: "ada", payer: "org_1" })).toThrow(/BILLING_ACCOUNT_CLAIM/);
  expect(() => developmentToken(byOrganisation, { sub: "ada" })).toThrow(/org_id/);
});

test("`npm run token` prints the token alone, and fails with its usage", () => {
  const printed = runTokenCommand(["--sub", "ada", "--name", "Ada Lovelace", "--expires-in", "30"], {});
  expect(authenticate(`Bearer ${printed.trimEnd()}`)).toMatchObject({ subject: "ada", name: "Ada Lovelace" });
  expect(() => runTokenCommand([], {})).toThrow(/--sub is required[\s\S]*Usage/);
  expect(() => runTokenCommand(["--sub", "ada"], { NODE_ENV: "production" })).toThrow(/NODE_ENV must be `development`/);
});

function authenticate(header: string | undefined, identity: IdentityConfig = byPerson): Viewer | null {
  return makeAuthenticator(identity.jwt, identity.claims)(header);
}

function expectRefusal(
  reason: InvalidTokenReason | null,
  header: string,
  identity?: IdentityConfig,
  message?: RegExp,
): void {
  const error = refusalOf(header, identity);
  expect(error, header).toBeInstanceOf(InvalidToken);
  if (reason) expect(error?.reason, error?.message).toBe(reason);
  if (message) expect(error?.message).toMatch(message);
}

function refusalOf(header: string, identity?: IdentityConfig): InvalidToken | null {
  try {
    authenticate(header, identity);
    return null;
  } catch (error) {
    if (error instanceof InvalidToken) return error;
    throw error;
  }
}

function bearer(claims: object): string {
  return `Bearer ${sign(claims)}`;
}

/** Signs by hand, so that tokens which no library would make can be made. */
function sign(payload: unknown, { key = secret, ...header }: { key?: string } & Record<string, unknown> = {}): string {
  const content = `${encode({ alg: "HS256", typ: "JWT", ...header })}.${encode(payload)}`;
  const hash = header["alg"] === "HS512" ? "sha512" : "sha256";
  return `${content}.${createHmac(hash, key).update(content).digest("base64url")}`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function runTokenCommand(args: string[], env: Environment): string {
  const command = ["--import", "tsx", "src/cli/token.ts", ...args];
  return execFileSync(process.execPath, command, {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], ...env },
    stdio: "pipe",
  });
}
