import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { expect, test } from "vitest";
import {
  ConfigError,
  DEVELOPMENT_JWT_SECRET,
  developmentEnvironment,
  type Environment,
  readConfig,
  settings,
} from "../src/config.js";

const production: Environment = {
  DATABASE_URL: "postgres://billing:hunter2@db.example.com/billing",
  STRIPE_SECRET_KEY: "sk_live_51Abc",
  STRIPE_WEBHOOK_SECRET: "whsec_new",
  JWT_ISSUER: "https://auth.example.com",
  JWT_AUDIENCE: "billing",
  RETURN_URL_ORIGINS: "https://app.example.com",
};
const jwksUrl = "https://auth.example.com/jwks.json";
const secret = "an-honest-secret-of-forty-eight-random-bytes-or-so";

const pem = (key: KeyObject) => key.export({ type: "spki", format: "pem" }).toString();
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ed = generateKeyPairSync("ed25519");

test("production needs one of the three ways to verify tokens, and takes any of them, or all", () => {
  expect(problemsOf({})).toEqual({
    JWT_SECRET: "is required but not set, unless JWT_JWKS_URL or JWT_PUBLIC_KEYS is",
  });
  const ways = { JWT_SECRET: secret, JWT_JWKS_URL: jwksUrl, JWT_PUBLIC_KEYS: pem(ec.publicKey) };
  for (const [name, value] of Object.entries(ways)) expect(problemsOf({ [name]: value }), name).toEqual({});
  expect(readConfig({ ...production, ...ways }).jwt).toMatchObject({
    secrets: [secret],
    jwksUrl,
    publicKeys: [expect.anything()],
  });
});

test("a key that is rotated stands beside the other one", () => {
  const jwt = readConfig({ ...production, JWT_SECRET: `${secret}, another-${secret}` }).jwt;
  expect(jwt.secrets).toEqual([secret, `another-${secret}`]);
  for (const value of [`${secret},short`, `${secret},`, `,${secret}`])
    expect(problemsOf({ JWT_SECRET: value })).toEqual({
      JWT_SECRET: "must be keys of at least 32 bytes each, separated by commas",
    });
  expect(problemsOf({ JWT_SECRET: `${secret},${DEVELOPMENT_JWT_SECRET}` })).toEqual({
    JWT_SECRET: "has the development key, which everybody knows",
  });
});

test("public keys come in PEM, several at once, with line breaks or with what stands for them", () => {
  const keys = [rsa, ec, ed].map(({ publicKey }) => pem(publicKey));
  const kinds = (value: string) =>
    readConfig({ ...production, JWT_PUBLIC_KEYS: value }).jwt.publicKeys.map((key) => key.asymmetricKeyType);
  expect(kinds(keys.join(""))).toEqual(["rsa", "ec", "ed25519"]);
  expect(kinds(keys.join("\n\n"))).toEqual(["rsa", "ec", "ed25519"]);
  expect(kinds(keys.join("").replaceAll("\n", "\\n"))).toEqual(["rsa", "ec", "ed25519"]);
  expect(kinds(rsa.publicKey.export({ type: "pkcs1", format: "pem" }).toString())).toEqual(["rsa"]);
});

test.each([
  ["no PEM", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGr9 ada@example.com", /in PEM/],
  ["something around it", `key: ${pem(ed.publicKey)}`, /in PEM/],
  ["a block that does not end", pem(ed.publicKey).slice(0, -10), /in PEM/],
  ["a broken block", pem(ed.publicKey).replace("M", "#"), /block 1 is none/],
  ["a weak RSA key", pem(generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey), /at least 2048 bits/],
  ["another curve", pem(generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey), /P-256/],
  ["a key that cannot sign", pem(generateKeyPairSync("x25519").publicKey), /Ed25519/],
  ["a bad one after a good one", pem(ec.publicKey) + pem(generateKeyPairSync("x25519").publicKey), /block 2 is none/],
  [
    "a private key",
    ed.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    /private key, which belongs to the issuer alone/,
  ],
])("public keys are refused, and never repeated: %s", (_what, value, problem) => {
  const found = problemsOf({ JWT_PUBLIC_KEYS: value })["JWT_PUBLIC_KEYS"];
  expect(found).toMatch(problem);
  expect(found).not.toContain(value.slice(35, 45));
});

test("keys are read over https, but from this machine in development", () => {
  for (const name of ["JWT_JWKS_URL", "ADMIN_JWKS_URL"])
    for (const url of [
      "http://auth.example.com/keys",
      "http://127.0.0.1:3000/keys",
      "https://ada:pw@auth.example.com/keys",
      "auth.example.com/keys",
      "file:///etc/keys.json",
    ])
      expect(problemsOf({ [name]: url }), url).toHaveProperty(name);
  const services = {
    databaseUrl: "postgres://127.0.0.1/billing",
    sandbox: { apiBase: "http://127.0.0.1:1", clockUrl: "http://127.0.0.1:1/clock" },
  };
  const inDevelopment = (url: string) =>
    readConfig(developmentEnvironment({ JWT_JWKS_URL: url }, services)).jwt.jwksUrl;
  expect(inDevelopment("http://localhost:3000/keys")).toBe("http://localhost:3000/keys");
  expect(() => inDevelopment("http://auth.example.com/keys")).toThrow(/JWT_JWKS_URL must be https/);
});

test("administrators have an issuer or an audience of their own only where that is said", () => {
  const adminBy = (change: Environment) => readConfig({ ...production, JWT_JWKS_URL: jwksUrl, ...change }).admin;
  const staff = "https://staff.example.com";
  expect(adminBy({})).toBeNull();
  expect(adminBy({ ADMIN_ISSUER: staff })).toEqual({ issuer: staff, audience: "billing", jwksUrl: null });
  expect(adminBy({ ADMIN_AUDIENCE: "admin" })).toEqual({
    issuer: production["JWT_ISSUER"],
    audience: "admin",
    jwksUrl: null,
  });
  expect(adminBy({ ADMIN_ISSUER: staff, ADMIN_JWKS_URL: `${staff}/keys` })).toMatchObject({ jwksUrl: `${staff}/keys` });
  for (const issuer of ["", production["JWT_ISSUER"]])
    expect(problemsOf({ JWT_SECRET: secret, ADMIN_ISSUER: issuer, ADMIN_JWKS_URL: jwksUrl })).toEqual({
      ADMIN_JWKS_URL: "needs an ADMIN_ISSUER other than JWT_ISSUER: one issuer has one set of keys",
    });
});

test("who may manage billing must be said when the payer is not the person", () => {
  expect(problemsOf({ JWT_SECRET: secret, BILLING_ACCOUNT_CLAIM: "org_id" })).toEqual({
    BILLING_MANAGER_CLAIM: expect.stringContaining("required"),
  });
  const claims = (value: string) =>
    readConfig({ ...production, JWT_SECRET: secret, BILLING_ACCOUNT_CLAIM: "org_id", BILLING_MANAGER_CLAIM: value })
      .claims;
  expect(claims("billing_manager")).toMatchObject({
    payer: "org_id",
    manager: { name: "billing_manager", value: null },
  });
  expect(claims("https://example.com/role=owner=all")).toMatchObject({
    manager: { name: "https://example.com/role", value: "owner=all" },
  });
});

test("what stands in for a required setting is itself one", () => {
  const names = settings.map(({ name }) => name);
  for (const setting of settings)
    for (const name of "standIns" in setting ? setting.standIns : []) expect(names).toContain(name);
});

function problemsOf(change: Environment): Record<string, string> {
  try {
    readConfig({ ...production, ...change });
    return {};
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return Object.fromEntries(error.faults.map(({ variable, problem }) => [variable, problem]));
  }
}
