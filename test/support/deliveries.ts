import { createHmac, randomUUID } from "node:crypto";
import type { TestApp } from "./app.js";

/** An event that Stripe could send, as its body. */
export function eventOf(type: string, object: Record<string, unknown>, envelope: Record<string, unknown> = {}): string {
  const created = Math.floor(Date.now() / 1000);
  const id = `evt_${randomUUID()}`;
  return JSON.stringify({ id, object: "event", created, livemode: false, type, data: { object }, ...envelope });
}

/** A thin notification that Stripe could send, as its body. */
export function thinOf(type: string, related: { type: string; id: string } | null, envelope: object = {}): string {
  const url = related && `/v1/${related.type}s/${related.id}`;
  return JSON.stringify({
    id: `evt_test_${randomUUID()}`,
    object: "v2.core.event",
    type,
    livemode: false,
    created: new Date().toISOString(),
    context: null,
    related_object: related && { ...related, url },
    ...envelope,
  });
}

/** Posts a body to the webhook route, signed as Stripe does it. */
export function deliver({ url, config }: TestApp, body: string): Promise<Response> {
  const time = Math.floor(Date.now() / 1000);
  const [secret = ""] = config.stripe.webhookSecrets;
  const signature = createHmac("sha256", secret).update(`${time}.${body}`).digest("hex");
  return fetch(`${url}/webhooks/stripe`, {
    method: "POST",
    headers: { "content-type": "application/json", "stripe-signature": `t=${time},v1=${signature}` },
    body,
  });
}

/** A delivery as the sandbox logged it. */
export interface Delivery {
  readonly event: string;
  /** What was answered; null if nothing was. */
  readonly status: number | null;
}

/** What the sandbox delivered, newest first. */
export async function deliveries(app: TestApp, asked: { event?: string; limit?: string }): Promise<Delivery[]> {
  const answer = await fetch(`${app.sandbox.url}/sandbox/deliveries?${new URLSearchParams(asked)}`);
  const { data }: { data: Delivery[] } = JSON.parse(await answer.text());
  return data;
}

/** A row of the inbox. */
export interface InboxRow extends Record<string, unknown> {
  readonly id: string;
  readonly status: string;
  readonly attempts: number;
  readonly problem: string | null;
}

/** The inbox, or one type's part of it. */
export function inbox({ connection }: TestApp, type = "%"): Promise<InboxRow[]> {
  return connection.db
    .execute<InboxRow>(
      `select stripe_event_id as id, status, attempts, last_error as problem from webhook_events where type like '${type}'`,
    )
    .then((rows) => [...rows]);
}
