/** Key that development tokens are signed with. Public, so production refuses it. */
export const DEVELOPMENT_JWT_SECRET = "development-only-secret-that-everybody-knows";
/** Issuer of development tokens. */
export const DEVELOPMENT_JWT_ISSUER = "atlantiplex-billing-development";
/** Audience of development tokens. */
export const DEVELOPMENT_JWT_AUDIENCE = "atlantiplex-billing";
/** What every key of the local Stripe sandbox starts with. Production refuses such keys. */
export const SANDBOX_KEY_PREFIX = "sk_test_sandbox";
/** Key that `npm run dev` uses with the local Stripe sandbox. */
export const SANDBOX_SECRET_KEY = `${SANDBOX_KEY_PREFIX}_development`;
/** What the sandbox's webhook secrets start with. Production refuses them. */
export const SANDBOX_WEBHOOK_PREFIX = "whsec_sandbox";
/** Secret that the sandbox started by `npm run dev` signs its webhooks with. */
export const SANDBOX_WEBHOOK_SECRET = `${SANDBOX_WEBHOOK_PREFIX}_development`;

/** Defaults that hold outside production only. */
export const developmentValues = {
  jwtSecret: DEVELOPMENT_JWT_SECRET,
  jwtIssuer: DEVELOPMENT_JWT_ISSUER,
  jwtAudience: DEVELOPMENT_JWT_AUDIENCE,
  returnUrlOrigins: "http://localhost:3000,http://127.0.0.1:3000,http://localhost:5173",
} as const;
