import { z } from "zod";
import { SANDBOX_KEY_PREFIX, SANDBOX_SECRET_KEY, SANDBOX_WEBHOOK_SECRET } from "./config/development.js";
import { type IdentityConfig, identity, identityMask, identityRules } from "./config/identity.js";
import { type Environment, isSet, modeOf, parse, type Rule } from "./config/parse.js";
import type { RateLimit } from "./config/rate-limit.js";
import { settingShape } from "./config/values.js";

export { type CatalogConfig, readCatalogConfig, readPushConfig } from "./config/catalog-config.js";
export * from "./config/development.js";
export { environment } from "./config/environment.js";
export type { IdentityConfig } from "./config/identity.js";
export { ConfigError, type ConfigFault, type Environment } from "./config/parse.js";
export type { RateLimit } from "./config/rate-limit.js";
export { renderEnvExample } from "./config/render-settings.js";
export { type Setting, type SettingName, settings } from "./config/settings.js";
export type { Mode } from "./config/values.js";

/** What the service runs with. */
export interface Config extends IdentityConfig {
  readonly host: string;
  readonly port: number;
  readonly logLevel: LogLevel;
  readonly database: { readonly url: string; readonly poolSize: number; readonly lockPoolSize: number };
  readonly stripe: {
    readonly secretKey: string;
    /** More than one while a secret is rotated. */
    readonly webhookSecrets: readonly string[];
    /** Null: Stripe itself. */
    readonly apiBase: URL | null;
    readonly timeoutMs: number;
  };
  /** Null: the billing clock is the wall clock. */
  readonly billingClockUrl: string | null;
  /** Exact origins, in the form of `URL.origin`. */
  readonly returnUrlOrigins: readonly string[];
  /** Null: `/metrics` is not served. */
  readonly metricsToken: string | null;
  readonly corsOrigins: readonly string[];
  /** Whose headers about a visitor are believed: everybody's, nobody's, or those of these addresses and CIDR ranges. */
  readonly trustProxy: boolean | readonly string[];
  /** Lower case; null: no header tells a visitor's country. */
  readonly geoCountryHeader: string | null;
  readonly introspection: boolean;
  /** Whether this process runs background jobs too. */
  readonly worker: boolean;
  /** How long a request may take to arrive, and then to be answered. */
  readonly operationTimeoutMs: number;
  /** How much each kind of caller may ask for, and how many mutations that reach Stripe; null without a limit. */
  readonly rateLimits: Readonly<Record<"anonymous" | "customer" | "service" | "admin" | "money", RateLimit | null>>;
  /** Null: processes share their rate limits through Postgres. */
  readonly redisUrl: string | null;
  /** How many days a payment that failed is put up with; 0 not at all. */
  readonly gracePeriodDays: number;
  /** For whom a trial is given once. */
  readonly trialOnce: "account" | "person";
  /** What people are hidden with in the record of trials; null leaves that to a key made from Stripe's. */
  readonly trialLedgerKey: string | null;
  /** Whether a subscription ends when all that its running period was paid with is given back, or lost to a dispute. */
  readonly endsAccess: { readonly onRefund: boolean; readonly onLostDispute: boolean };
  /** What becomes of a change to a tier that allows less than is in use. */
  readonly downgradeBelowUsage: "block" | "warn";
  /** Whether canceling at once credits unused time. */
  readonly cancelNowCredit: boolean;
  /** How many whole months the single events of use are kept. */
  readonly usageRetentionMonths: number;
  /** How many days the bodies of Stripe's events are kept. */
  readonly payloadRetentionDays: number;
  /** What the nightly comparison with Stripe does, and how many requests a second comparisons may send there. */
  readonly reconciliation: { readonly nightly: "off" | "report" | "repair"; readonly requestsPerSecond: number };
  /** How long requests are still taken once it was told to end. */
  readonly shutdownDelayMs: number;
  readonly shutdownTimeoutMs: number;
}

/** What `npm run dev` needs to know before it has started anything. */
export interface DevConfig {
  readonly host: string;
  readonly port: number;
  readonly logLevel: LogLevel;
  readonly dataDir: string;
  readonly sandboxPort: number;
  /** Null: start the embedded Postgres. */
  readonly databaseUrl: string | null;
  /** A key of Stripe's own test mode. Null: start the sandbox. */
  readonly stripeSecretKey: string | null;
  /** Comma-separated, as in the environment. Null with the sandbox, never null without. */
  readonly stripeWebhookSecret: string | null;
}

type LogLevel = z.output<Shape["LOG_LEVEL"]>;
type Shape = ReturnType<typeof settingShape>;

/** The service's configuration, or a ConfigError with every fault of the environment. Unset NODE_ENV means production. */
export function readConfig(env: Environment): Config {
  const mode = modeOf(env);
  const values = parse(env, mode, z.object(settingShape(mode)), identityRules);
  const own = mode === "production" || isSet(env, "RETURN_URL_ORIGINS") ? [] : ownOrigins(values.PORT);

  return {
    ...identity(mode, values),
    host: values.HOST,
    port: values.PORT,
    logLevel: values.LOG_LEVEL,
    database: { url: values.DATABASE_URL, poolSize: values.DATABASE_POOL_SIZE, lockPoolSize: values.LOCK_POOL_SIZE },
    stripe: {
      secretKey: values.STRIPE_SECRET_KEY,
      webhookSecrets: values.STRIPE_WEBHOOK_SECRET,
      apiBase: values.STRIPE_API_BASE ?? null,
      timeoutMs: values.STRIPE_TIMEOUT_SECONDS * 1000,
    },
    billingClockUrl: values.BILLING_CLOCK_URL?.href ?? null,
    returnUrlOrigins: [...new Set([...values.RETURN_URL_ORIGINS, ...own])],
    metricsToken: values.METRICS_TOKEN ?? null,
    corsOrigins: values.CORS_ORIGINS ?? [],
    trustProxy: values.TRUST_PROXY,
    geoCountryHeader: values.GEO_COUNTRY_HEADER ?? null,
    introspection: values.INTROSPECTION,
    worker: values.WORKER,
    operationTimeoutMs: values.OPERATION_TIMEOUT_SECONDS * 1000,
    rateLimits: {
      anonymous: values.RATE_LIMIT_ANONYMOUS,
      customer: values.RATE_LIMIT_CUSTOMER,
      service: values.RATE_LIMIT_SERVICE,
      admin: values.RATE_LIMIT_ADMIN,
      money: values.RATE_LIMIT_MONEY,
    },
    redisUrl: values.REDIS_URL ?? null,
    gracePeriodDays: values.GRACE_PERIOD_DAYS,
    trialOnce: values.TRIAL_ONCE,
    trialLedgerKey: values.TRIAL_LEDGER_KEY ?? null,
    endsAccess: { onRefund: values.REFUND_ENDS_ACCESS, onLostDispute: values.DISPUTE_ENDS_ACCESS },
    downgradeBelowUsage: values.DOWNGRADE_BELOW_USAGE,
    cancelNowCredit: values.CANCEL_NOW_CREDIT,
    usageRetentionMonths: values.USAGE_RETENTION_MONTHS,
    payloadRetentionDays: values.WEBHOOK_PAYLOAD_RETENTION_DAYS,
    reconciliation: {
      nightly: values.RECONCILE_NIGHTLY,
      requestsPerSecond: values.RECONCILE_REQUESTS_PER_SECOND,
    },
    shutdownDelayMs: values.SHUTDOWN_DELAY_SECONDS * 1000,
    shutdownTimeoutMs: values.SHUTDOWN_TIMEOUT_SECONDS * 1000,
  };
}

/**
 * What `npm run dev` starts from: nothing is required, yet everything that is set gets checked, so
 * that no fault waits until Postgres is up. Unset NODE_ENV means development here; production is refused.
 */
export function readDevConfig(env: Environment): DevConfig {
  const shape = settingShape("development");
  const schema = z.object({
    ...shape,
    DATABASE_URL: shape.DATABASE_URL.optional(),
    STRIPE_SECRET_KEY: shape.STRIPE_SECRET_KEY.optional(),
    STRIPE_WEBHOOK_SECRET: shape.STRIPE_WEBHOOK_SECRET.optional(),
  });
  const values = parse(forDevelopment(env), "development", schema, [
    () => refuseProduction(env),
    loneStripeKey,
    ...identityRules,
  ]);
  const usesSandbox = isSandboxKey(values.STRIPE_SECRET_KEY);

  return {
    host: values.HOST,
    port: values.PORT,
    logLevel: values.LOG_LEVEL,
    dataDir: values.DATA_DIR,
    sandboxPort: values.SANDBOX_PORT,
    databaseUrl: values.DATABASE_URL ?? null,
    stripeSecretKey: usesSandbox ? null : (values.STRIPE_SECRET_KEY ?? null),
    stripeWebhookSecret: usesSandbox ? null : (values.STRIPE_WEBHOOK_SECRET?.join(",") ?? null),
  };
}

/** The address of the database alone, for commands that need nothing else. Throws a ConfigError unless it is set and valid. */
export function readDatabaseUrl(env: Environment): string {
  const mode = modeOf(env);
  return parse(env, mode, z.object(settingShape(mode)).pick({ DATABASE_URL: true }), []).DATABASE_URL;
}

/** What `npm run dev` found or started. */
export interface DevelopmentServices {
  readonly databaseUrl: string;
  /** Null: talk to Stripe itself, with the test key of the environment. */
  readonly sandbox: { readonly apiBase: string; readonly clockUrl: string } | null;
}

/** The environment to give to `readConfig` in development: the developer's own, completed by what was started. */
export function developmentEnvironment(env: Environment, services: DevelopmentServices): Environment {
  const sandbox = services.sandbox && {
    STRIPE_SECRET_KEY: SANDBOX_SECRET_KEY,
    STRIPE_WEBHOOK_SECRET: SANDBOX_WEBHOOK_SECRET,
    STRIPE_API_BASE: services.sandbox.apiBase,
    BILLING_CLOCK_URL: services.sandbox.clockUrl,
  };
  return { ...forDevelopment(env), DATABASE_URL: services.databaseUrl, ...sandbox };
}

/** How development tokens are signed and read: the same answer that a server started by `npm run dev` gets. */
export function readDevelopmentIdentity(env: Environment): IdentityConfig {
  const schema = z.object(settingShape("development")).pick(identityMask);
  const values = parse(forDevelopment(env), "development", schema, [() => refuseProduction(env), ...identityRules]);
  return identity("development", values);
}

/** A JWT_SECRET left in the shell from elsewhere is never used to sign or to accept development tokens. */
function forDevelopment(env: Environment): Environment {
  return {
    ...env,
    NODE_ENV: "development",
    JWT_SECRET: env["NODE_ENV"] === "development" ? env["JWT_SECRET"] : undefined,
  };
}

const loneStripeKey: Rule = (env) =>
  isSandboxKey(env["STRIPE_SECRET_KEY"]) || isSet(env, "STRIPE_WEBHOOK_SECRET")
    ? null
    : {
        variable: "STRIPE_WEBHOOK_SECRET",
        problem: "is required with a key of Stripe's own: `stripe listen --print-secret` shows one",
      };

const refuseProduction: Rule = (env) =>
  !isSet(env, "NODE_ENV") || env["NODE_ENV"] === "development" || env["NODE_ENV"] === "test"
    ? null
    : { variable: "NODE_ENV", problem: "must be `development`, or unset, for this command", example: "development" };

/** No key at all means the sandbox as well. */
function isSandboxKey(key: string | undefined): boolean {
  return key === undefined || key.startsWith(SANDBOX_KEY_PREFIX);
}

function ownOrigins(port: number): string[] {
  return [`http://localhost:${port}`, `http://127.0.0.1:${port}`];
}
