import { createHmac } from "node:crypto";

/** The Stripe-Signature header: wall-clock time, for that is what receivers compare with. https://docs.stripe.com/webhooks#verify-manually */
export function signPayload(body: string, secret: string): string {
  const timestamp = Math.floor(Date.now() / 1000);
  const signature = createHmac("sha256", secret).update(`${timestamp}.${body}`, "utf8").digest("hex");
  return `t=${timestamp},v1=${signature}`;
}
