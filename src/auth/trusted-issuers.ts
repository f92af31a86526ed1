import type { Logger } from "pino";
import type { IdentityConfig } from "../config.js";
import { fixedKeys, type IssuerKeys } from "./keys.js";
import { followKeys } from "./remote-keys.js";

/**
 * Whom a token can speak for: anybody; everybody but administrators, where those have tokens of their
 * own; or administrators alone, where an issuer of their own names people whom the product does not know.
 */
export type Standing = "anybody" | "all but administrators" | "administrators only";

/** Somebody whose tokens are accepted. */
export interface TrustedIssuer {
  /** `iss` of its tokens. */
  readonly issuer: string;
  /** Its keys verify its own tokens, and no other issuer's unless the operator said that they share them. */
  readonly keys: IssuerKeys;
  /** What its tokens may be meant for, the most powerful first. */
  readonly audiences: readonly { readonly audience: string; readonly standing: Standing }[];
}

/** Who is trusted by the settings: one issuer, or two where staff have one of their own. Begins to follow their published keys. */
export function trustedIssuers({ jwt, admin }: IdentityConfig, log: Logger): readonly TrustedIssuer[] {
  const { issuer, audience } = jwt;
  const keys = { fixed: fixedKeys(jwt), remote: jwt.jwksUrl === null ? null : followKeys(jwt.jwksUrl, log) };
  if (!admin) return [{ issuer, keys, audiences: [{ audience, standing: "anybody" }] }];

  const others = { audience, standing: "all but administrators" } as const;
  if (admin.issuer === issuer)
    return [{ issuer, keys, audiences: [{ audience: admin.audience, standing: "anybody" }, others] }];

  const staffKeys = admin.jwksUrl === null ? keys : { fixed: [], remote: followKeys(admin.jwksUrl, log) };
  const staff = { audience: admin.audience, standing: "administrators only" } as const;
  return [
    { issuer, keys, audiences: [others] },
    { issuer: admin.issuer, keys: staffKeys, audiences: [staff] },
  ];
}
