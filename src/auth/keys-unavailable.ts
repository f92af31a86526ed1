/**
 * The issuer's keys could not be read, so whether a token is valid cannot be told now: not a no, but
 * something to try again. Whoever reads the keys has said so in the log, once.
 */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
}
