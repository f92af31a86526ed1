import { unauthorized } from "./errors.js";

const noKey =
  "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth " +
  "(e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we " +
  "can help at https://support.stripe.com/.";

/** Lets any test key in; a live key must never reach a sandbox, so it is refused by name. */
export function authenticate(authorization: string | undefined): void {
  const key = keyIn(authorization);
  if (key === null) throw unauthorized(noKey);
  if (/^(sk|rk)_live_/.test(key)) {
    throw unauthorized("This is a local sandbox: it takes test keys (sk_test_…) only. Do not send it a live key.");
  }
  if (!/^(sk|rk)_test_\w+$/.test(key)) throw unauthorized(`Invalid API Key provided: ${masked(key)}`);
}

function keyIn(authorization: string | undefined): string | null {
  const [scheme, credentials] = authorization?.split(" ") ?? [];
  if (credentials === undefined || credentials === "") return null;
  if (scheme?.toLowerCase() === "bearer") return credentials;
  if (scheme?.toLowerCase() !== "basic") return null;
  const [user] = Buffer.from(credentials, "base64").toString("utf8").split(":");
  return user === undefined || user === "" ? null : user;
}

function masked(key: string): string {
  return key.length <= 8
    ? "*".repeat(key.length)
    : `${key.slice(0, 8)}${"*".repeat(key.length - 12 > 0 ? key.length - 12 : 1)}${key.slice(-4)}`;
}
