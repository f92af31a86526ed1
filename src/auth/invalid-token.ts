/** What kind of fault a refused token has. */
export type InvalidTokenReason =
  | "malformed"
  | "expired"
  | "not_yet_valid"
  | "signature"
  | "key"
  | "algorithm"
  | "issuer"
  | "audience"
  | "claims"
  | "service_key_unknown"
  | "service_key_revoked"
  | "service_key_expired";

const explanations: Readonly<Record<InvalidTokenReason, string>> = {
  malformed: "The token is malformed.",
  expired: "The token has expired.",
  not_yet_valid: "The token is not valid yet.",
  signature: "The token's signature is wrong.",
  key: "The token is signed with a key that its issuer does not publish.",
  algorithm: "The token is signed with an algorithm that is not accepted here.",
  issuer: "The token comes from another issuer.",
  audience: "The token is meant for another audience.",
  claims: "The token's claims are malformed.",
  service_key_unknown: "There is no such service key.",
  service_key_revoked: "The service key has been revoked.",
  service_key_expired: "The service key has expired.",
};

/** Credentials were sent and are not valid. The message may be shown to the caller and holds no part of the token. */
export class InvalidToken extends Error {
  override readonly name = "InvalidToken";

  constructor(
    readonly reason: InvalidTokenReason,
    message: string = explanations[reason],
  ) {
    super(message);
  }
}
