import { isIP } from "node:net";
import { z } from "zod";
import { DEVELOPMENT_JWT_SECRET, SANDBOX_KEY_PREFIX, SANDBOX_WEBHOOK_PREFIX } from "./development.js";
import { readPublicKeys } from "./public-keys.js";
import { readRateLimit } from "./rate-limit.js";
import type { SettingName } from "./settings.js";

/** What the process is for. Production is what an unset NODE_ENV means. */
export type Mode = "production" | "development" | "test";

/**
 * How each setting's text becomes a value, and what is wrong with it otherwise.
 *
 * No message repeats any part of the value: a secret pasted into the wrong variable stays secret.
 */
export function settingShape(mode: Mode) {
  const isProduction = mode === "production";
  return {
    NODE_ENV: oneOf(["production", "development", "test"]),
    HOST: word(),
    PORT: wholeNumber(isProduction ? 1 : 0, 65_535),
    LOG_LEVEL: oneOf(["fatal", "error", "warn", "info", "debug", "trace", "silent"]),
    DATABASE_URL: databaseUrl(),
    DATABASE_POOL_SIZE: wholeNumber(1, 500),
    LOCK_POOL_SIZE: wholeNumber(1, 500),
    STRIPE_SECRET_KEY: stripeKey(isProduction),
    STRIPE_WEBHOOK_SECRET: webhookSecrets(isProduction),
    STRIPE_API_BASE: isProduction ? refused() : webServer().optional(),
    STRIPE_TIMEOUT_SECONDS: wholeNumber(1, 80),
    BILLING_CLOCK_URL: isProduction ? refused() : webAddress().optional(),
    JWT_SECRET: jwtSecrets(isProduction).optional(),
    JWT_PUBLIC_KEYS: publicKeys().optional(),
    JWT_JWKS_URL: keySetUrl(isProduction).optional(),
    JWT_ISSUER: text(),
    JWT_AUDIENCE: text(),
    JWT_CLOCK_TOLERANCE_SECONDS: wholeNumber(0, 300),
    BILLING_ACCOUNT_CLAIM: word(),
    BILLING_MANAGER_CLAIM: managerClaim().optional(),
    ROLES_CLAIM: word(),
    ADMIN_ROLE: adminRole(),
    ADMIN_ISSUER: text().optional(),
    ADMIN_AUDIENCE: text().optional(),
    ADMIN_JWKS_URL: keySetUrl(isProduction).optional(),
    SERVICE_ROLE: word(),
    RETURN_URL_ORIGINS: originList(isProduction),
    PUBLIC_URL: publicUrl(isProduction).optional(),
    CORS_ORIGINS: originList(false).optional(),
    TRUST_PROXY: trustedProxies(),
    GEO_COUNTRY_HEADER: headerName().optional(),
    INTROSPECTION: trueOrFalse(),
    METRICS_TOKEN: word().min(16, "must have at least 16 characters").optional(),
    WORKER: trueOrFalse(),
    OPERATION_TIMEOUT_SECONDS: wholeNumber(1, 60),
    RATE_LIMIT_ANONYMOUS: rateLimit(1),
    RATE_LIMIT_CUSTOMER: rateLimit(1),
    RATE_LIMIT_SERVICE: rateLimit(1),
    RATE_LIMIT_ADMIN: rateLimit(1),
    RATE_LIMIT_MONEY: rateLimit(0.001),
    REDIS_URL: redisUrl().optional(),
    TRIAL_ONCE: oneOf(["person", "account"]),
    TRIAL_LEDGER_KEY: word().min(32, "must have at least 32 characters").optional(),
    GRACE_PERIOD_DAYS: wholeNumber(0, 90),
    REFUND_ENDS_ACCESS: trueOrFalse(),
    DISPUTE_ENDS_ACCESS: trueOrFalse(),
    DOWNGRADE_BELOW_USAGE: oneOf(["block", "warn"]),
    CANCEL_NOW_CREDIT: trueOrFalse(),
    USAGE_RETENTION_MONTHS: wholeNumber(3, 1_200),
    WEBHOOK_PAYLOAD_RETENTION_DAYS: wholeNumber(1, 3_650),
    RECONCILE_NIGHTLY: oneOf(["off", "report", "repair"]),
    RECONCILE_REQUESTS_PER_SECOND: wholeNumber(1, 100),
    SHUTDOWN_DELAY_SECONDS: wholeNumber(0, 60),
    SHUTDOWN_TIMEOUT_SECONDS: wholeNumber(1, 600),
    DATA_DIR: text(),
    SANDBOX_PORT: wholeNumber(1, 65_535),
  } satisfies Record<SettingName, z.ZodType>;
}

const text = () =>
  z
    .string({ error: "is required but not set" })
    // A key with a stray newline would pass every other check and then verify nothing.
    .refine((value) => value === value.trim(), { error: "must not begin or end with a space or a line break" });

const word = () => text().regex(/^\S+$/, "must be one word, without spaces");

const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `must be one of ${values.join(", ")}` });

const wholeNumber = (least: number, most: number) =>
  checked((value) => {
    const fits = /^\d{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most;
    return fits ? Number(value) : fault(`must be a whole number from ${least} to ${most}`);
  });

const trueOrFalse = () => oneOf(["true", "false"]).transform((value) => value === "true");

const refused = () =>
  z.undefined({ error: "is for development and tests only: unset it, or set NODE_ENV=development" });

const databaseUrl = () =>
  checked((value) => {
    const url = URL.canParse(value) ? new URL(value) : null;
    if (!url || !/^postgres(ql)?:$/.test(url.protocol)) return fault("must be a URL that starts with postgres://");
    if (url.hostname === "" || url.pathname.length < 2) return fault("must name the host and the database");
    return value;
  });

const stripeKey = (isProduction: boolean) =>
  checked((value) => {
    if (!/^(sk|rk)_(live|test)_\w+$/.test(value))
      return fault("must be a Stripe secret key (sk_...) or restricted key (rk_...)");
    if (isProduction && value.startsWith(SANDBOX_KEY_PREFIX))
      return fault("is the local sandbox's key, which production refuses");
    if (!isProduction && /^(sk|rk)_live_/.test(value))
      return fault("is a live key, which development refuses: use a test key");
    return value;
  });

const webhookSecrets = (isProduction: boolean) =>
  checked((value) => {
    const secrets = splitList(value);
    if (!secrets.every((secret) => /^whsec_[\w+/=-]+$/.test(secret)))
      return fault("must be webhook secrets (whsec_...) separated by commas");
    const isSandbox = secrets.some((secret) => secret.startsWith(SANDBOX_WEBHOOK_PREFIX));
    return isProduction && isSandbox ? fault("has the local sandbox's secret, which production refuses") : secrets;
  });

const webAddress = () =>
  checked((value) => {
    const url = URL.canParse(value) ? new URL(value) : null;
    if (!url || !/^https?:$/.test(url.protocol)) return fault("must be a URL that starts with http:// or https://");
    return url.username || url.password ? fault("must not have credentials in it") : url;
  });

/** Stripe sends to https only, and never to this machine: https://docs.stripe.com/webhooks */
const publicUrl = (isProduction: boolean) =>
  webAddress()
    .refine((url) => url.search === "" && url.hash === "", { error: "must have nothing behind its path" })
    .refine((url) => !isProduction || (url.protocol === "https:" && !isLoopback(url.hostname)), {
      error: "must be https in production, and not this machine (loopback)",
    })
    .transform((url) => url.href.replace(/\/+$/, ""));

const webServer = () => webAddress().refine((url) => url.href === `${url.origin}/`, { error: "must have no path" });

const jwtSecrets = (isProduction: boolean) =>
  checked((value) => {
    const secrets = splitList(value);
    if (secrets.some((secret) => Buffer.byteLength(secret) < 32))
      return fault(
        secrets.length === 1
          ? "must have at least 32 bytes"
          : "must be keys of at least 32 bytes each, separated by commas",
      );
    return isProduction && secrets.includes(DEVELOPMENT_JWT_SECRET)
      ? fault("has the development key, which everybody knows")
      : secrets;
  });

const publicKeys = () =>
  checked((value) => {
    const keys = readPublicKeys(value);
    return typeof keys === "string" ? fault(keys) : keys;
  }, z.string());

/** Whoever can answer in its place signs tokens that we accept, so the way there must be safe. */
const keySetUrl = (isProduction: boolean) =>
  webAddress().refine((url) => url.protocol === "https:" || (!isProduction && isLoopback(url.hostname)), {
    error: isProduction ? "must be https in production" : "must be https, but for this machine (loopback)",
  });

const redisUrl = () =>
  checked((value) => {
    const url = URL.canParse(value) ? new URL(value) : null;
    if (!url || !/^rediss?:$/.test(url.protocol)) return fault("must be a URL that starts with redis:// or rediss://");
    return url.hostname === "" ? fault("must name the host") : value;
  });

const rateLimit = (leastEachSecond: number) =>
  checked((value) => {
    const limit = readRateLimit(value, leastEachSecond);
    return typeof limit === "string" ? fault(limit) : limit;
  });

const managerClaim = () =>
  checked((value): { name: string; value: string | null } | Fault => {
    const [, name, wanted] = /^([^\s=]+)(?:=(\S+))?$/.exec(value) ?? [];
    return name === undefined ? fault("must be the name of a claim, or name=value") : { name, value: wanted ?? null };
  });

const adminRole = () =>
  word().refine((value) => value.toLowerCase() !== "admin", {
    error:
      "must not be plain `admin`: products give that role to their tenants' admins, who would then administer everybody's billing",
  });

const originList = (isPublic: boolean) =>
  checked((value) => {
    const entries = splitList(value);
    const problems = entries.flatMap((entry, index) => {
      const problem = originProblem(entry, isPublic);
      return problem === null ? [] : [entries.length === 1 ? problem : `entry ${index + 1} ${problem}`];
    });
    return problems.length > 0 ? fault(problems.join("; ")) : [...new Set(entries)];
  });

/** What keeps an entry from being exactly an origin as browsers write it, or null. */
function originProblem(entry: string, isPublic: boolean): string | null {
  if (entry.includes("*")) return "must not have a wildcard: list each origin";
  const url = URL.canParse(entry) ? new URL(entry) : null;
  if (!url || !/^https?:$/.test(url.protocol)) return "must be an origin such as https://app.example.com";
  if (url.username || url.password) return "must not have credentials in it";
  if (entry !== url.origin)
    return "must be exactly scheme, host and port in the form that browsers send: lower case, no default port, no path, no slash at the end";
  if (!isPublic) return null;
  if (isLoopback(url.hostname)) return "must not be this machine (loopback) in production";
  return url.protocol === "https:" ? null : "must be https in production";
}

function isLoopback(hostname: string): boolean {
  return /^(localhost\.?|.+\.localhost\.?|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\]|\[::ffff:7f.*\])$/.test(hostname);
}

const trustedProxies = () =>
  checked((value): boolean | readonly string[] | Fault => {
    if (value === "true" || value === "false") return value === "true";
    const entries = splitList(value);
    const wrong = entries.findIndex((entry) => !isAddressRange(entry));
    if (wrong === -1) return entries;
    return fault(`entry ${wrong + 1} must be an IP address or a CIDR range; or set \`true\` or \`false\` alone`);
  });

/** `10.0.0.0/8`, `fd00::/8`, or one address. */
function isAddressRange(entry: string): boolean {
  const [, address = "", bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
  const family = isIP(address);
  return family !== 0 && !address.includes("%") && Number(bits ?? 0) <= (family === 4 ? 32 : 128);
}

/** A field name: https://www.rfc-editor.org/rfc/rfc9110#name-field-names. Lower case, as Node keeps headers. */
const headerName = () =>
  checked((value) =>
    /^[a-z0-9!#$%&'*+.^_`|~-]+$/i.test(value) ? value.toLowerCase() : fault("must be the name of one HTTP header"),
  );

const splitList = (value: string) => value.split(",").map((entry) => entry.trim());

interface Fault {
  readonly fault: string;
}

const fault = (problem: string): Fault => ({ fault: problem });

/** A parser that answers with a value or with what is wrong. */
function checked<T>(parse: (value: string) => T | Fault, input = text()) {
  return input.transform((value, context): T => {
    const result = parse(value);
    if (!isFault(result)) return result;
    context.addIssue({ code: "custom", message: result.fault });
    return z.NEVER;
  });
}

function isFault(result: unknown): result is Fault {
  return typeof result === "object" && result !== null && "fault" in result;
}
