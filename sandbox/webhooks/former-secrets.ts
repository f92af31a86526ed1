import type Stripe from "stripe";
import type { World } from "../world.js";

/** A secret that was replaced and still signs for a while. */
export interface FormerSecret {
  endpoint: string;
  secret: string;
  /** The sandbox's clock, in seconds. */
  until: number;
}

/** All secrets that sign for an endpoint now, the newest first. */
export function secretsOf(world: World, endpoint: Stripe.WebhookEndpoint): string[] {
  const now = world.clock.now().getTime() / 1000;
  const former = world.formerSecrets.filter((one) => one.endpoint === endpoint.id && one.until > now);
  return [endpoint.secret ?? "", ...former.map(({ secret }) => secret).reverse()];
}

/**
 * Gives an endpoint a new secret; the one before signs along with it for so long.
 *
 * In Stripe that is done in the dashboard, with up to 24 hours of overlap: https://docs.stripe.com/webhooks#roll-endpoint-secrets
 */
export function rollSecret(
  world: World,
  endpoint: Stripe.WebhookEndpoint,
  secret: string,
  overlapSeconds: number,
): void {
  const now = world.clock.now().getTime() / 1000;
  world.formerSecrets = [
    ...world.formerSecrets.filter((one) => one.until > now),
    { endpoint: endpoint.id, secret: endpoint.secret ?? "", until: now + overlapSeconds },
  ];
  world.tables.webhook_endpoint.put({ ...endpoint, secret });
}
