import { z } from "zod";

/** Control characters, of which Postgres cannot hold NUL, and halves of a surrogate pair, which no request to Stripe can carry. */
const unstorable = /[\p{Cc}\p{Cs}]/u;

/** Whether a caller's text can be kept: it says something, is no longer than that, and comes back as it was. */
export function isStorable(text: string, longest: number): boolean {
  return text.trim() !== "" && text.length <= longest && !unstorable.test(text);
}

/** Whether it has the form of an e-mail address that Stripe takes: at most 512 characters. */
export function isEmail(text: string): boolean {
  return z.email().max(512).safeParse(text).success;
}
