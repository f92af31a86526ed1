import { createHmac, timingSafeEqual } from "node:crypto";

/** What a customer was shown and agreed to. Amounts in minor units, instants as RFC 3339 has them. */
export interface Agreed {
  readonly subscriptionId: string;
  readonly priceId: string;
  readonly quantity: number;
  readonly promotionCode: string | null;
  readonly timing: "IMMEDIATE" | "PERIOD_END";
  readonly prorationAt: string;
  readonly effectiveAt: string;
  readonly dueNow: number;
  readonly recurring: number;
}

/** An agreement as a text that only this service can make, and that holds nothing secret. */
export function signAgreed(agreed: Agreed, key: Uint8Array): string {
  const body = Buffer.from(JSON.stringify(agreed)).toString("base64url");
  return `${body}.${signatureOf(body, key).toString("base64url")}`;
}

/** The agreement in a token; undefined for a text that this service did not make. */
export function readAgreed(token: string, key: Uint8Array): Agreed | undefined {
  const [body = "", signature = "", ...more] = token.split(".");
  const given = Buffer.from(signature, "base64url");
  const own = signatureOf(body, key);
  if (more.length > 0 || given.length !== own.length || !timingSafeEqual(given, own)) return undefined;
  return JSON.parse(Buffer.from(body, "base64url").toString("utf8"));
}

function signatureOf(body: string, key: Uint8Array): Buffer {
  return createHmac("sha256", key).update(body).digest();
}
