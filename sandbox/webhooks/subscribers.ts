import type Stripe from "stripe";
import type { Tables } from "../store/tables.js";

/** The enabled endpoints that asked for this type of event. */
export function subscribedEndpoints(tables: Tables, type: string): Stripe.WebhookEndpoint[] {
  return tables.webhook_endpoint
    .newestFirst()
    .filter(
      ({ status, enabled_events }) =>
        status === "enabled" && enabled_events.some((wanted) => wanted === "*" || wanted === type),
    );
}
