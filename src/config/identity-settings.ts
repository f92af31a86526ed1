import { developmentValues } from "./development.js";

/** The part of `settings` that tells who a caller is, in its order. */
export const identitySettings = [
  {
    name: "JWT_SECRET",
    description:
      "Key of the HS256 tokens that your product signs, at least 32 bytes: `openssl rand -base64 48`. List the new and the old one, with a comma, while rotating.",
    default: null,
    developmentDefault: developmentValues.jwtSecret,
    example: "(openssl rand -base64 48)",
    requiredInProduction: true,
    standIns: ["JWT_JWKS_URL", "JWT_PUBLIC_KEYS"],
  },
  {
    name: "JWT_JWKS_URL",
    description:
      "Where your identity provider publishes the public keys of its tokens (RS256, ES256, EdDSA and their kin). Production needs https.",
    default: null,
    example: "https://auth.example.com/.well-known/jwks.json",
    requiredInProduction: false,
  },
  {
    name: "JWT_PUBLIC_KEYS",
    description: "The same keys by hand: PEM blocks, one after the other; `\\n` may stand for a line break.",
    default: null,
    example:
      "-----BEGIN PUBLIC KEY-----\\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\\n-----END PUBLIC KEY-----",
    requiredInProduction: false,
  },
  {
    name: "JWT_ISSUER",
    description: "What `iss` must be in every token, but for those of ADMIN_ISSUER.",
    default: null,
    developmentDefault: developmentValues.jwtIssuer,
    example: "https://auth.example.com",
    requiredInProduction: true,
  },
  {
    name: "JWT_AUDIENCE",
    description: "What `aud` must be, or contain, in every token.",
    default: null,
    developmentDefault: developmentValues.jwtAudience,
    example: "billing",
    requiredInProduction: true,
  },
  {
    name: "JWT_CLOCK_TOLERANCE_SECONDS",
    description: "How far the clock of the token's issuer may be off.",
    default: "5",
    example: "5",
    requiredInProduction: false,
  },
  {
    name: "BILLING_ACCOUNT_CLAIM",
    description: "The claim that names who pays. `sub` bills persons; `org_id`, say, bills organisations.",
    default: "sub",
    example: "org_id",
    requiredInProduction: false,
  },
  {
    name: "BILLING_MANAGER_CLAIM",
    description:
      "Who may manage billing: `name` (the claim must be true) or `name=value` (it must be, or contain, the value). Required when BILLING_ACCOUNT_CLAIM is not `sub`.",
    default: null,
    example: "org_role=owner",
    requiredInProduction: false,
  },
  {
    name: "ROLES_CLAIM",
    description: "The claim with the roles of the caller: a list, or words in one string.",
    default: "roles",
    example: "roles",
    requiredInProduction: false,
  },
  {
    name: "ADMIN_ROLE",
    description:
      "The role that makes an administrator of this service. Never plain `admin`: products give that to their tenants.",
    default: "billing:admin",
    example: "billing:admin",
    requiredInProduction: false,
  },
  {
    name: "ADMIN_ISSUER",
    description:
      "Where staff have an issuer of their own: its tokens are accepted beside JWT_ISSUER's, and only they can make an administrator.",
    default: null,
    example: "https://staff.example.com",
    requiredInProduction: false,
  },
  {
    name: "ADMIN_AUDIENCE",
    description:
      "What `aud` must be, or contain, in an administrator's token; where unset, JWT_AUDIENCE. When set, only a token for it can make an administrator.",
    default: null,
    example: "billing-admin",
    requiredInProduction: false,
  },
  {
    name: "ADMIN_JWKS_URL",
    description:
      "Where ADMIN_ISSUER publishes its keys, when they are not those of JWT_ISSUER. The keys of the one are then no good for the other's tokens.",
    default: null,
    example: "https://staff.example.com/.well-known/jwks.json",
    requiredInProduction: false,
  },
  {
    name: "SERVICE_ROLE",
    description: "The role of your own backend services.",
    default: "billing:service",
    example: "billing:service",
    requiredInProduction: false,
  },
] as const;
