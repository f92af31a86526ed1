import type { KeyObject } from "node:crypto";
import type { z } from "zod";
import { isSet, type Rule } from "./parse.js";
import type { SettingName } from "./settings.js";
import type { Mode, settingShape } from "./values.js";

/** The part of the configuration that tells who a caller is. */
export interface IdentityConfig {
  readonly mode: Mode;
  readonly jwt: {
    /** Keys of HS256 tokens; the first signs development tokens. More than one while a key is rotated. */
    readonly secrets: readonly string[];
    readonly publicKeys: readonly KeyObject[];
    /** Where the issuer publishes its public keys (RFC 7517), or null. */
    readonly jwksUrl: string | null;
    readonly issuer: string;
    readonly audience: string;
    readonly clockToleranceSeconds: number;
  };
  /** The only tokens that make an administrator. Null: those for everybody may. */
  readonly admin: {
    readonly issuer: string;
    readonly audience: string;
    /** Null: signed with the same keys as everybody's. */
    readonly jwksUrl: string | null;
  } | null;
  readonly claims: {
    /** The claim that names who pays. */
    readonly payer: string;
    /** The claim that lets a person manage billing; `value` null means that it must be true. Null: every payer may. */
    readonly manager: { readonly name: string; readonly value: string | null } | null;
    readonly roles: string;
    readonly adminRole: string;
    readonly serviceRole: string;
  };
}

/** The settings that `identity` reads, as `pick` takes them. */
export const identityMask = {
  JWT_SECRET: true,
  JWT_PUBLIC_KEYS: true,
  JWT_JWKS_URL: true,
  JWT_ISSUER: true,
  JWT_AUDIENCE: true,
  JWT_CLOCK_TOLERANCE_SECONDS: true,
  BILLING_ACCOUNT_CLAIM: true,
  BILLING_MANAGER_CLAIM: true,
  ROLES_CLAIM: true,
  ADMIN_ROLE: true,
  ADMIN_ISSUER: true,
  ADMIN_AUDIENCE: true,
  ADMIN_JWKS_URL: true,
  SERVICE_ROLE: true,
} as const satisfies Partial<Record<SettingName, true>>;

type IdentityValues = Pick<z.output<z.ZodObject<ReturnType<typeof settingShape>>>, keyof typeof identityMask>;

/** Who a caller is, by parsed settings. */
export function identity(mode: Mode, values: IdentityValues): IdentityConfig {
  return {
    mode,
    jwt: {
      secrets: values.JWT_SECRET ?? [],
      publicKeys: values.JWT_PUBLIC_KEYS ?? [],
      jwksUrl: values.JWT_JWKS_URL?.href ?? null,
      issuer: values.JWT_ISSUER,
      audience: values.JWT_AUDIENCE,
      clockToleranceSeconds: values.JWT_CLOCK_TOLERANCE_SECONDS,
    },
    admin: administrators(values),
    claims: {
      payer: values.BILLING_ACCOUNT_CLAIM,
      manager: values.BILLING_MANAGER_CLAIM ?? null,
      roles: values.ROLES_CLAIM,
      adminRole: values.ADMIN_ROLE,
      serviceRole: values.SERVICE_ROLE,
    },
  };
}

function administrators(values: IdentityValues): IdentityConfig["admin"] {
  const { ADMIN_ISSUER: issuer, ADMIN_AUDIENCE: audience, ADMIN_JWKS_URL: jwksUrl } = values;
  if (issuer === undefined && audience === undefined) return null;
  return {
    issuer: issuer ?? values.JWT_ISSUER,
    audience: audience ?? values.JWT_AUDIENCE,
    jwksUrl: jwksUrl?.href ?? null,
  };
}

/** What the settings of identity demand of each other. */
export const identityRules: readonly Rule[] = [
  (env) =>
    isSet(env, "JWT_SECRET") || isSet(env, "JWT_PUBLIC_KEYS") || isSet(env, "JWT_JWKS_URL")
      ? null
      : { variable: "JWT_SECRET", problem: "is required but not set, unless JWT_JWKS_URL or JWT_PUBLIC_KEYS is" },
  (env) =>
    isSet(env, "ADMIN_JWKS_URL") && (!isSet(env, "ADMIN_ISSUER") || env["ADMIN_ISSUER"] === env["JWT_ISSUER"])
      ? {
          variable: "ADMIN_JWKS_URL",
          problem: "needs an ADMIN_ISSUER other than JWT_ISSUER: one issuer has one set of keys",
        }
      : null,
  (env) =>
    env["BILLING_ACCOUNT_CLAIM"] === "sub" || isSet(env, "BILLING_MANAGER_CLAIM")
      ? null
      : {
          variable: "BILLING_MANAGER_CLAIM",
          problem:
            "is required when BILLING_ACCOUNT_CLAIM is not `sub`: not everybody in an organisation may spend its money",
        },
  (env) =>
    env["BILLING_MANAGER_CLAIM"] !== env["ROLES_CLAIM"]
      ? null
      : {
          variable: "BILLING_MANAGER_CLAIM",
          problem: "must name a value, as roles are a list",
          example: "roles=billing:manager",
        },
  (env) =>
    env["ADMIN_ROLE"] === env["SERVICE_ROLE"]
      ? { variable: "SERVICE_ROLE", problem: "must differ from ADMIN_ROLE" }
      : null,
];
