import { expect, test } from "vitest";
import {
  ConfigError,
  DEVELOPMENT_JWT_SECRET,
  developmentEnvironment,
  type Environment,
  readConfig,
  readDatabaseUrl,
  readDevConfig,
  readDevelopmentIdentity,
  SANDBOX_SECRET_KEY,
  SANDBOX_WEBHOOK_SECRET,
  type Setting,
  settings,
} from "../src/config.js";

const production: Environment = {
  DATABASE_URL: "postgres://billing:hunter2@db.example.com/billing",
  STRIPE_SECRET_KEY: "sk_live_51Abc",
  STRIPE_WEBHOOK_SECRET: "whsec_new,whsec_old",
  JWT_SECRET: "an-honest-secret-of-forty-eight-random-bytes-or-so",
  JWT_ISSUER: "https://auth.example.com",
  JWT_AUDIENCE: "billing",
  RETURN_URL_ORIGINS: "https://app.example.com, https://www.example.com:8443",
};
const services = {
  databaseUrl: "postgres://postgres@127.0.0.1:5433/billing",
  sandbox: { apiBase: "http://127.0.0.1:12111", clockUrl: "http://127.0.0.1:12111/clock" },
};
const development = developmentEnvironment({}, services);
const allSettings: readonly Setting[] = settings;

test("production runs on what must be set, and defaults for the rest", () => {
  expect(readConfig(production)).toEqual({
    mode: "production",
    host: "0.0.0.0",
    port: 4000,
    logLevel: "info",
    database: { url: production["DATABASE_URL"], poolSize: 10, lockPoolSize: 8 },
    stripe: {
      secretKey: "sk_live_51Abc",
      webhookSecrets: ["whsec_new", "whsec_old"],
      apiBase: null,
      timeoutMs: 10_000,
    },
    billingClockUrl: null,
    jwt: {
      secrets: [production["JWT_SECRET"]],
      publicKeys: [],
      jwksUrl: null,
      issuer: "https://auth.example.com",
      audience: "billing",
      clockToleranceSeconds: 5,
    },
    admin: null,
    claims: { payer: "sub", manager: null, roles: "roles", adminRole: "billing:admin", serviceRole: "billing:service" },
    returnUrlOrigins: ["https://app.example.com", "https://www.example.com:8443"],
    rateLimits: expect.any(Object),
    reconciliation: { nightly: "report", requestsPerSecond: 10 },
    redisUrl: null,
    gracePeriodDays: 7,
    trialLedgerKey: null,
    trialOnce: "person",
    downgradeBelowUsage: "block",
    cancelNowCredit: true,
    endsAccess: { onRefund: true, onLostDispute: true },
    usageRetentionMonths: 13,
    payloadRetentionDays: 30,
    metricsToken: null,
    corsOrigins: [],
    trustProxy: false,
    geoCountryHeader: null,
    introspection: false,
    worker: true,
    operationTimeoutMs: 10_000,
    shutdownDelayMs: 1_000,
    shutdownTimeoutMs: 10_000,
  });
});

test("development needs nothing but what `npm run dev` starts", () => {
  expect(readConfig(development)).toMatchObject({
    mode: "development",
    host: "127.0.0.1",
    stripe: {
      secretKey: SANDBOX_SECRET_KEY,
      webhookSecrets: [SANDBOX_WEBHOOK_SECRET],
      apiBase: new URL("http://127.0.0.1:12111"),
    },
    billingClockUrl: "http://127.0.0.1:12111/clock",
    jwt: { secrets: [DEVELOPMENT_JWT_SECRET] },
    introspection: true,
    returnUrlOrigins: [
      "http://localhost:3000",
      "http://127.0.0.1:3000",
      "http://localhost:5173",
      "http://localhost:4000",
      "http://127.0.0.1:4000",
    ],
  });
});

test("defaults and examples are valid themselves, save for secrets, whose examples never work", () => {
  const secrets = ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "JWT_SECRET", "METRICS_TOKEN", "TRIAL_LEDGER_KEY"];
  for (const { name, example } of allSettings) {
    const isForDevelopment = ["STRIPE_API_BASE", "BILLING_CLOCK_URL"].includes(name);
    const attempt = () => readConfig({ ...(isForDevelopment ? development : production), [name]: example });
    if (name === "BILLING_ACCOUNT_CLAIM")
      expect(problemOf({ [name]: example }, "BILLING_MANAGER_CLAIM")).toMatch(/required/);
    else if (name === "ADMIN_JWKS_URL") expect(problemOf({ [name]: example }, name)).toMatch(/ADMIN_ISSUER/);
    else if (secrets.includes(name)) expect(attempt, name).toThrow(ConfigError);
    else expect(attempt, name).not.toThrow();
  }
});

test("every fault is told at once, in order, with the variable, the problem and an example", () => {
  const faults = faultsOf(() =>
    readConfig({
      ...production,
      PORT: "99999",
      DATABASE_URL: "",
      LOG_LEVEL: "loud",
      WORKER: "yes",
      ADMIN_ROLE: "admin",
    }),
  );
  expect(faults.map(({ variable }) => variable)).toEqual(["PORT", "LOG_LEVEL", "DATABASE_URL", "ADMIN_ROLE", "WORKER"]);
  const error = new ConfigError(faults);
  expect(error.message).toMatch(
    /^5 settings are wrong:\n {2}PORT must be a whole number from 1 to 65535\.\n {4}Example: PORT=4000\n/,
  );
  expect(error.message).toContain("DATABASE_URL is required but not set.\n    Example: DATABASE_URL=postgres://");
});

test("an empty environment means production, and tells everything that production requires", () => {
  expect(faultsOf(() => readConfig({})).map(({ variable }) => variable)).toEqual(requiredNames());
});

test.each([
  ["NODE_ENV", "prod"],
  ["NODE_ENV", "Production"],
  ["HOST", "two words"],
  ["PORT", "0"],
  ["PORT", "4e3"],
  ["PORT", "-1"],
  ["PORT", "80.5"],
  ["DATABASE_POOL_SIZE", "0"],
  ["LOCK_POOL_SIZE", "501"],
  ["STRIPE_TIMEOUT_SECONDS", "81"],
  ["JWT_CLOCK_TOLERANCE_SECONDS", "301"],
  ["OPERATION_TIMEOUT_SECONDS", "0"],
  ["GRACE_PERIOD_DAYS", "91"],
  ["TRIAL_ONCE", "customer"],
  ["REFUND_ENDS_ACCESS", "yes"],
  ["DISPUTE_ENDS_ACCESS", "0"],
  ["RECONCILE_NIGHTLY", "sometimes"],
  ["RECONCILE_REQUESTS_PER_SECOND", "0"],
  ["SHUTDOWN_DELAY_SECONDS", "61"],
  ["SHUTDOWN_TIMEOUT_SECONDS", "0"],
  ["DATABASE_URL", "mysql://db/billing"],
  ["DATABASE_URL", "postgres://db.example.com"],
  ["STRIPE_SECRET_KEY", "pk_live_51Abc"],
  ["STRIPE_SECRET_KEY", SANDBOX_SECRET_KEY],
  ["STRIPE_WEBHOOK_SECRET", "whsec_good,"],
  ["STRIPE_WEBHOOK_SECRET", SANDBOX_WEBHOOK_SECRET],
  ["STRIPE_API_BASE", "http://127.0.0.1:12111"],
  ["BILLING_CLOCK_URL", "http://127.0.0.1:12111/clock"],
  ["JWT_SECRET", "only-thirty-one-bytes-in-here.."],
  ["JWT_SECRET", DEVELOPMENT_JWT_SECRET],
  ["JWT_SECRET", `${production["JWT_SECRET"]}\n`],
  ["BILLING_ACCOUNT_CLAIM", "org id"],
  ["BILLING_MANAGER_CLAIM", "=owner"],
  ["BILLING_MANAGER_CLAIM", "role="],
  ["ADMIN_ROLE", "Admin"],
  ["SERVICE_ROLE", "billing:admin"],
  ["INTROSPECTION", "TRUE"],
  ["WORKER", "1"],
])("production refuses %s=%j", (variable, value) => {
  expect(problemOf({ [variable]: value }, variable)).toBeTypeOf("string");
});

test.each([
  ["http://app.example.com", /https/],
  ["https://localhost", /loopback/],
  ["https://127.0.0.1:3000", /loopback/],
  ["https://[::1]", /loopback/],
  ["https://app.example.com/", /exactly/],
  ["https://app.example.com/billing", /exactly/],
  ["https://app.example.com?x", /exactly/],
  ["https://app.example.com:443", /exactly/],
  ["https://App.example.com", /exactly/],
  ["https://app.example.com\\@evil.example", /exactly/],
  ["https://ada:pw@app.example.com", /credentials/],
  ["https://*.example.com", /wildcard/],
  ["*", /wildcard/],
  ["app.example.com", /origin such as/],
  ["null", /origin such as/],
  ["javascript:alert(1)", /origin such as/],
  ["https://app.example.com,", /entry 2/],
  ["https://app.example.com,ftp://x", /entry 2/],
])("production refuses to send customers back to %j", (value, problem) => {
  expect(problemOf({ RETURN_URL_ORIGINS: value }, "RETURN_URL_ORIGINS")).toMatch(problem);
});

test("CORS origins are exact, and may be plain http", () => {
  const { corsOrigins } = readConfig({ ...production, CORS_ORIGINS: "http://intranet,https://a.example" });
  expect(corsOrigins).toEqual(["http://intranet", "https://a.example"]);
  expect(problemOf({ CORS_ORIGINS: "*" }, "CORS_ORIGINS")).toMatch(/wildcard/);
});

test.each(["sk_live_51Abc", "rk_live_51Abc"])("development refuses live keys: %s", (key) => {
  expect(() => readConfig({ ...development, STRIPE_SECRET_KEY: key })).toThrow(/live key/);
  expect(() => readConfig({ ...development, NODE_ENV: "test", STRIPE_SECRET_KEY: key })).toThrow(/live key/);
  expect(() => readDevConfig({ STRIPE_SECRET_KEY: key, STRIPE_WEBHOOK_SECRET: "whsec_x" })).toThrow(/live key/);
});

test("no fault repeats a secret", () => {
  const secret = "sEcReT";
  for (const base of [production, development]) {
    const all = Object.fromEntries(settings.map(({ name }) => [name, `${secret} , ${secret}://${secret}@x/`]));
    const error = new ConfigError(faultsOf(() => readConfig({ ...base, ...all })));
    expect(error.faults.length).toBeGreaterThan(20);
    expect(error.message).not.toContain(secret);
  }
});

test("`npm run dev` runs sandbox and database of its own unless it is given others", () => {
  expect(readDevConfig({})).toEqual({
    host: "127.0.0.1",
    port: 4000,
    logLevel: "info",
    dataDir: ".data",
    sandboxPort: 12111,
    databaseUrl: null,
    stripeSecretKey: null,
    stripeWebhookSecret: null,
  });
  const own = {
    DATABASE_URL: "postgres://localhost/mine",
    STRIPE_SECRET_KEY: "sk_test_51Abc",
    STRIPE_WEBHOOK_SECRET: "whsec_x",
  };
  expect(readDevConfig(own)).toMatchObject({
    databaseUrl: "postgres://localhost/mine",
    stripeSecretKey: "sk_test_51Abc",
    stripeWebhookSecret: "whsec_x",
  });
  expect(() => readDevConfig({ ...own, STRIPE_WEBHOOK_SECRET: "" })).toThrow(/STRIPE_WEBHOOK_SECRET is required/);
  expect(() => readDevConfig({ PORT: "x", CORS_ORIGINS: "*" })).toThrow(/2 settings are wrong/);
  for (const mode of ["production", "prod"])
    expect(() => readDevConfig({ NODE_ENV: mode })).toThrow(/NODE_ENV must be `development`/);
});

test("a command that needs only the database asks for nothing else", () => {
  expect(readDatabaseUrl({ DATABASE_URL: "postgres://localhost/mine", PORT: "x" })).toBe("postgres://localhost/mine");
  expect(() => readDatabaseUrl({})).toThrow(/^A setting is wrong:\n {2}DATABASE_URL is required/);
});

test("development keeps to its own key unless it is asked for by name", () => {
  const stray = { JWT_SECRET: production["JWT_SECRET"] };
  expect(readDevelopmentIdentity(stray).jwt.secrets).toEqual([DEVELOPMENT_JWT_SECRET]);
  expect(readConfig(developmentEnvironment(stray, services)).jwt.secrets).toEqual([DEVELOPMENT_JWT_SECRET]);
  const named = { ...stray, NODE_ENV: "development" };
  expect(readDevelopmentIdentity(named).jwt.secrets).toEqual([stray.JWT_SECRET]);
  expect(readConfig(developmentEnvironment(named, services)).jwt.secrets).toEqual([stray.JWT_SECRET]);
  expect(() => readDevelopmentIdentity({ NODE_ENV: "production" })).toThrow(ConfigError);
});

function problemOf(change: Environment, variable: string): string | undefined {
  return faultsOf(() => readConfig({ ...production, ...change })).find((fault) => fault.variable === variable)?.problem;
}

function faultsOf(attempt: () => unknown): ConfigError["faults"] {
  try {
    attempt();
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

function requiredNames(): string[] {
  return allSettings.filter(({ requiredInProduction }) => requiredInProduction).map(({ name }) => name);
}
