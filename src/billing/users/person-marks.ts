import { createHmac } from "node:crypto";

/** Domains whose mailboxes are the same with and without dots: https://support.google.com/mail/answer/7436150 */
const dotless: readonly string[] = ["gmail.com", "googlemail.com"];

/**
 * The mailbox behind an e-mail address, so that spellings of one address are equal: lower case, without what follows a
 * `+`, and for Gmail without dots and under one domain. Not an address to write to.
 */
export function mailboxOf(email: string): string {
  const plain = email.normalize("NFKC").trim().toLowerCase();
  const at = plain.lastIndexOf("@");
  const [name, domain] = [plain.slice(0, at), plain.slice(at + 1)];
  const plus = name.indexOf("+");
  const untagged = plus > 0 ? name.slice(0, plus) : name;
  return dotless.includes(domain) ? `${untagged.replaceAll(".", "")}@gmail.com` : `${untagged}@${domain}`;
}

/** What stands for an e-mail address where it must be recognised and not be read; null for none. */
export function emailMark(key: Uint8Array, email: string | null): string | null {
  return email === null ? null : mark(key, `e-mail ${mailboxOf(email)}`);
}

/** What stands for a payment method, by Stripe's fingerprint of it; null for none. */
export function cardMark(key: Uint8Array, fingerprint: string | null): string | null {
  return fingerprint === null ? null : mark(key, `card ${fingerprint}`);
}

function mark(key: Uint8Array, text: string): string {
  return createHmac("sha256", key).update(text).digest("base64url");
}
