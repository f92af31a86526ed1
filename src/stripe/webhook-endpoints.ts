import type Stripe from "stripe";
import { stripeApiVersion } from "./client.js";
import { asking, everyPage } from "./stripe-errors.js";

/** A type of event that Stripe can be asked to send. */
export type WebhookEvent = Exclude<Stripe.WebhookEndpointCreateParams.EnabledEvent, "*">;

/** An address that Stripe sends events to: https://docs.stripe.com/api/webhook_endpoints/object */
export interface StoredWebhookEndpoint {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly isEnabled: boolean;
  /** Whether its events have the shapes that this service reads. Stripe fixes that when an endpoint is made. */
  readonly hasOurVersion: boolean;
}

/** The webhook endpoint's part of the catalog's push. */
export interface WebhookEndpoints {
  /** Every endpoint of the account, whoever made it. */
  listWebhookEndpoints(): Promise<StoredWebhookEndpoint[]>;
  /** Resolves to the signing secret, which Stripe's API tells this one time only. */
  createWebhookEndpoint(url: string, events: readonly WebhookEvent[], idempotencyKey: string): Promise<string>;
  /** Lets an endpoint send these events, and send at all. */
  updateWebhookEndpoint(id: string, events: readonly WebhookEvent[]): Promise<void>;
  disableWebhookEndpoint(id: string): Promise<void>;
}

export function makeWebhookEndpoints(stripe: Stripe): WebhookEndpoints {
  return {
    listWebhookEndpoints: () =>
      asking(async () => {
        const all = await everyPage(stripe.webhookEndpoints.list({ limit: 100 }));
        return all.map(({ id, url, enabled_events: events, status, api_version }) => ({
          id,
          url,
          events,
          isEnabled: status === "enabled",
          hasOurVersion: api_version === stripeApiVersion,
        }));
      }),
    createWebhookEndpoint: (url, events, idempotencyKey) =>
      asking(async () => {
        const made = await stripe.webhookEndpoints.create(
          { url, enabled_events: [...events], api_version: stripeApiVersion, description: "Atlantiplex Billing" },
          { idempotencyKey },
        );
        if (!made.secret) throw new Error(`Stripe made the webhook endpoint ${made.id} and did not tell its secret.`);
        return made.secret;
      }),
    updateWebhookEndpoint: (id, events) =>
      asking(async () => {
        await stripe.webhookEndpoints.update(id, { enabled_events: [...events], disabled: false });
      }),
    disableWebhookEndpoint: (id) =>
      asking(async () => {
        await stripe.webhookEndpoints.update(id, { disabled: true });
      }),
  };
}
