import { createHmac } from "node:crypto";

/**
 * The Stripe-Signature header: one signature for each secret in force, and wall-clock time, for that is what
 * receivers compare with. https://docs.stripe.com/webhooks#verify-manually
 */
export function signPayload(body: string, secrets: string[]): string {
  const timestamp = Math.floor(Date.now() / 1000);
  const signatures = secrets.map((secret) => {
    const signature = createHmac("sha256", secret).update(`${timestamp}.${body}`, "utf8").digest("hex");
    return `v1=${signature}`;
  });
  return [`t=${timestamp}`, ...signatures].join(",");
}
