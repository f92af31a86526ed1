import type { CatalogGateway } from "../../stripe/catalog-gateway.js";
import type { StoredWebhookEndpoint, WebhookEvent } from "../../stripe/webhook-endpoints.js";
import { type CatalogChange, creationKeyOfDeletable } from "./catalog-change.js";

/** The webhook endpoint that Stripe is to have. */
export interface WantedWebhook {
  /** Where this service takes Stripe's events; what makes an endpoint ours. */
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  /** Called once, as soon as an endpoint was made: nobody can ask for its secret again but in Stripe's dashboard. */
  onSecret(secret: string): void;
}

/**
 * What makes Stripe send this service its events. An endpoint's API version is fixed when it is made, so after
 * an upgrade of the SDK a new one takes over, and the old one is disabled after it.
 */
export function planWebhook(
  stripe: CatalogGateway,
  wanted: WantedWebhook,
  known: readonly StoredWebhookEndpoint[],
): CatalogChange[] {
  const here = known.filter((endpoint) => endpoint.url === wanted.url);
  const fitting = here.filter((endpoint) => endpoint.hasOurVersion);
  const kept = fitting.find((endpoint) => endpoint.isEnabled) ?? fitting[0];
  // Two at one address would send everything twice.
  const superfluous = here.filter((endpoint) => endpoint.isEnabled && endpoint.id !== kept?.id);
  return [
    ...(kept ? planKept(stripe, wanted, kept) : [planNew(stripe, wanted)]),
    ...superfluous.map((endpoint) => ({
      summary: `disable webhook endpoint ${endpoint.id}: ${endpoint.hasOurVersion ? "another one has its address" : "its API version is another"}`,
      apply: () => stripe.disableWebhookEndpoint(endpoint.id),
    })),
  ];
}

function planNew(stripe: CatalogGateway, { url, events, onSecret }: WantedWebhook): CatalogChange {
  const apply = async () =>
    onSecret(await stripe.createWebhookEndpoint(url, events, creationKeyOfDeletable({ url, events })));
  return { summary: `create webhook endpoint ${url} for ${events.length} types of event`, apply };
}

function planKept(stripe: CatalogGateway, wanted: WantedWebhook, kept: StoredWebhookEndpoint): CatalogChange[] {
  const hasAll = wanted.events.every((event) => kept.events.includes(event));
  if (kept.isEnabled && hasAll && kept.events.length === wanted.events.length) return [];
  const what = kept.isEnabled ? `send ${wanted.events.length} types of event` : "send events again";
  const apply = () => stripe.updateWebhookEndpoint(kept.id, wanted.events);
  return [{ summary: `let webhook endpoint ${kept.id} ${what}`, apply }];
}
