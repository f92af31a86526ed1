import type Stripe from "stripe";
import { eventWithUndocumented } from "../api/undocumented.js";
import type { StoredEvent } from "./events.js";
import { signPayload } from "./signature.js";

/** One attempt to deliver, as it went over the wire. */
export interface DeliveryRecord {
  event: string;
  url: string;
  attempt: number;
  /** null: no answer, or none within the time limit. */
  status: number | null;
  at: string;
  signature: string;
  body: string;
}

const timeoutMs = 10_000;

/** Posts an event to an endpoint, signed anew for this attempt. A redirect is not followed and is no success. */
export async function postEvent(
  event: StoredEvent,
  endpoint: Stripe.WebhookEndpoint,
  secrets: string[],
  attempt: number,
): Promise<DeliveryRecord> {
  // An endpoint made for a version is told so; the shapes are the sandbox's one version all the same.
  const told = { ...eventWithUndocumented(event), api_version: endpoint.api_version ?? event.api_version };
  const body = JSON.stringify(told, null, 2);
  const signature = signPayload(body, secrets);
  const at = new Date().toISOString();
  const status = await postSigned(endpoint.url, body, signature);
  return { event: event.id, url: endpoint.url, attempt, status, at, signature, body };
}

async function postSigned(url: string, body: string, signature: string): Promise<number | null> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json; charset=utf-8",
        "stripe-signature": signature,
        "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
      },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    return response.status;
  } catch {
    // Unreachable or too slow: an unsuccessful attempt, which the record says and a retry follows.
    return null;
  }
}
