/** What kind of fault a refused token has. */
export type InvalidTokenReason =
  | "malformed"
  | "expired"
  | "not_yet_valid"
  | "signature"
  | "algorithm"
  | "issuer"
  | "audience"
  | "claims";

/** Credentials were sent and are not valid. The message may be shown to the caller and holds no part of the token. */
export class InvalidToken extends Error {
  override readonly name = "InvalidToken";

  constructor(
    readonly reason: InvalidTokenReason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
