import { randomUUID } from "node:crypto";
import { auditLog } from "../../src/billing/audit/audit.table.js";
import { webhookEvents } from "../../src/webhooks/stripe-event.table.js";
import type { TestApp } from "./app.js";
import type { Person } from "./person.js";
import { longAgo } from "./staff.js";

/** Writes an event as if it had come and ended so; gives its global ID. Given up unless it says otherwise. */
export async function writeEvent(
  app: TestApp,
  event: Partial<typeof webhookEvents.$inferInsert> = {},
): Promise<string> {
  const row = {
    stripeEventId: `evt_${randomUUID()}`,
    type: "customer.updated",
    livemode: false,
    objectKind: "customer",
    objectId: "cus_nobody",
    status: "FAILED" as const,
    attempts: 12,
    lastError: "Error: it broke",
    payload: { object: "event" },
    createdAt: longAgo,
    receivedAt: longAgo,
    dueAt: longAgo,
    processedAt: longAgo,
    ...event,
  };
  const [stored] = await app.connection.db.insert(webhookEvents).values(row).returning();
  return `whe_${(stored?.id ?? "").replaceAll("-", "")}`;
}

export const eventFields = "id stripeId name status receivedAt processedAt attempts lastError";

export const replayMutation = `mutation ($input: AdminReplayWebhookEventInput!) {
  adminReplayWebhookEvent(input: $input) { webhookEvent { ${eventFields} } userErrors { code message path } } }`;

export const replayManyMutation = `mutation ($input: AdminReplayWebhookEventsInput!) {
  adminReplayWebhookEvents(input: $input) { queuedCount userErrors { code message path } } }`;

export const reason = "Stripe is back";

/** Replays one event; gives the payload. */
export async function replay(root: Person, webhookEventId: string, input: object = {}) {
  return (await root.ask(replayMutation, { input: { webhookEventId, reason, ...input } })).adminReplayWebhookEvent;
}

/** Replays what a filter lets through; gives the payload. */
export async function replayMany(root: Person, filter: object, input: object = {}) {
  return (await root.ask(replayManyMutation, { input: { filter, reason, ...input } })).adminReplayWebhookEvents;
}

/** Acts in the audit log, the oldest first. */
export function actsOf(app: TestApp) {
  return app.connection.db.select().from(auditLog).orderBy(auditLog.id);
}
