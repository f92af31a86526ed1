import { InvalidToken } from "./invalid-token.js";

/** A token in its parts. Nothing in it is to be believed before its signature is verified. */
export interface ParsedToken {
  /** All of it, as it was sent. */
  readonly compact: string;
  readonly algorithm: string;
  /** Which of its keys the issuer says it has used. */
  readonly keyId: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Longest Authorization header that is looked at, in characters. */
const longestHeader = 8 * 1024;

/** The text after `Bearer` (RFC 6750, section 2.1). Throws InvalidToken for a header that is of another form. */
export function readBearer(header: string): string {
  if (header.length > longestHeader) throw new InvalidToken("malformed", "The Authorization header is too long.");
  const [, text] = /^bearer +([\w.-]+) *$/i.exec(header) ?? [];
  if (text === undefined)
    throw new InvalidToken("malformed", "The Authorization header must be `Bearer`, a space and a token.");
  return text;
}

/** Takes a JWT in compact form apart (RFC 7515, section 7.1). Throws InvalidToken. */
export function parseToken(compact: string): ParsedToken {
  const parts = compact.split(".");
  const [header, claims] = parts.slice(0, 2).map(readObject);
  if (parts.length !== 3 || !header || !claims) throw new InvalidToken("malformed");

  const { alg, kid } = header;
  // RFC 7515, 4.1.11: extensions that must be understood, and we understand none.
  if ("crit" in header) throw new InvalidToken("algorithm", "The token demands extensions that are not supported.");
  if (typeof alg !== "string") throw new InvalidToken("algorithm");
  if (kid !== undefined && typeof kid !== "string") throw new InvalidToken("malformed");
  return { compact, algorithm: alg, keyId: kid, claims };
}

/** What is left of an object is a plain one: JSON has no others, and lists are none. */
function readObject(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
