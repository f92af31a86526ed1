import { hkdfSync } from "node:crypto";
import Stripe from "stripe";
import { makeHttpClient } from "./http-client.js";
import { pace } from "./paced-http-client.js";

/** How to reach Stripe, or the sandbox. */
export interface StripeSettings {
  readonly secretKey: string;
  /** The sandbox's address in development and tests; null for Stripe itself. */
  readonly apiBase: URL | null;
  /** A call that takes longer counts as unanswered. Milliseconds. */
  readonly timeoutMs: number;
  /** What sends the requests; one of its own when left out. */
  readonly httpClient?: Stripe.HttpClient;
  /** Most requests a second; as many as are asked for when left out. */
  readonly requestsPerSecond?: number;
}

/**
 * The SDK, set up once. It pins the API version (2026-10-28.endive for stripe 23.1), gives every
 * POST an idempotency key and repeats what failed on the network with the same key.
 */
export function makeStripeClient(settings: StripeSettings): Stripe {
  const { apiBase, requestsPerSecond, httpClient = makeHttpClient() } = settings;
  return new Stripe(settings.secretKey, {
    timeout: settings.timeoutMs,
    maxNetworkRetries: 1,
    httpClient: requestsPerSecond === undefined ? httpClient : pace(httpClient, requestsPerSecond),
    telemetry: false,
    appInfo: { name: "Atlantiplex Billing" },
    ...(apiBase && {
      host: apiBase.hostname,
      port: apiBase.port || (apiBase.protocol === "https:" ? 443 : 80),
      protocol: apiBase.protocol === "https:" ? "https" : "http",
    }),
  });
}

/** Whether a secret or restricted key is one of live mode: https://docs.stripe.com/keys */
export function isLiveKey(secretKey: string): boolean {
  return /^[sr]k_live_/.test(secretKey);
}

/** A key to sign with for one purpose, the same in every process that has this secret: https://www.rfc-editor.org/rfc/rfc5869 */
export function signingKey(secret: string, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, "", `billing ${purpose}`, 32));
}

/** The API version that the SDK pins; the webhook endpoint is registered with the same one. */
export const stripeApiVersion = Stripe.API_VERSION;
