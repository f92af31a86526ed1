/**
 * Whether a customer may be sent there: its origin must be exactly one of the allowed ones.
 *
 * Anything with a user name or password in it is refused, for `https://good.example@evil.example`
 * reads like one place and is another.
 */
export function isAllowedReturnUrl(returnUrl: string, allowedOrigins: readonly string[]): boolean {
  if (!URL.canParse(returnUrl)) return false;
  const url = new URL(returnUrl);
  if (url.protocol !== "https:" && url.protocol !== "http:") return false;
  if (url.username !== "" || url.password !== "") return false;
  return allowedOrigins.includes(url.origin);
}
