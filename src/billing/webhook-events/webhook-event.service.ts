import type { Slice } from "../../db/keyset.js";
import type { Deps } from "../../deps.js";
import { BillingError } from "../../errors.js";
import type { WebhookEventHead } from "../../webhooks/stripe-event.table.js";
import { uuidOf } from "../global-id.js";
import { isStorable } from "../users/input-text.js";
import { findCustomer, stripeIdsOf } from "../users/user.service.js";
import {
  countEvents,
  findEvents,
  findPayloads,
  listEvents,
  type WebhookEventCriteria,
  webhookEventOrder,
} from "./webhook-event.repository.js";

export type { WebhookEventHead } from "../../webhooks/stripe-event.table.js";

/** How staff narrow events; what is left out or null does not. */
export interface WebhookEventFilter extends Pick<WebhookEventCriteria, "status" | "name" | "receivedAt"> {
  /** Stripe's ID of the event or of its object. */
  readonly stripeId?: string | null;
  /** Global ID of a customer. */
  readonly customerId?: string | null;
}

/** All events that Stripe has sent. Throws BAD_USER_INPUT for a filter that cannot be. */
export async function allWebhookEvents(deps: Deps, filter: WebhookEventFilter | null) {
  const criteria = await criteriaOf(deps, filter ?? {});
  return {
    name: "admin.webhookEvents",
    keys: webhookEventOrder.keys.map(({ type }) => type),
    read: (slice: Slice) => listEvents(deps.db, criteria, slice),
    count: () => countEvents(deps.db, criteria),
  };
}

/** Those of the events that there are, in no order. */
export function findWebhookEvents(deps: Deps, ids: readonly string[]): Promise<WebhookEventHead[]> {
  return findEvents(deps.db, ids);
}

/** The body of each event, as Stripe sent it; null for one that is kept no longer. */
export async function loadPayloads(deps: Deps, ids: readonly string[]): Promise<unknown[]> {
  const payloads = new Map((await findPayloads(deps.db, ids)).map(({ id, payload }) => [id, payload]));
  return ids.map((id) => payloads.get(id) ?? null);
}

const longestText = 255;
const mostNames = 100;

/** What a filter asks of a row. Throws BAD_USER_INPUT for what cannot be. */
export async function criteriaOf(deps: Deps, filter: WebhookEventFilter): Promise<WebhookEventCriteria> {
  const { stripeId, customerId, status, name, receivedAt } = filter;
  if (typeof stripeId === "string") requireText(stripeId, "stripeId");
  for (const each of name ?? []) requireText(each, "name");
  if (name && name.length > mostNames) {
    throw new BillingError("BAD_USER_INPUT", `\`name\` takes at most ${mostNames} names.`);
  }
  const stripeCustomerIds = typeof customerId === "string" ? await stripeIdsNamed(deps, customerId) : undefined;
  return { stripeId: stripeId ?? undefined, stripeCustomerIds, status, name, receivedAt };
}

function requireText(text: string, field: string): void {
  if (isStorable(text, longestText)) return;
  const message = `\`${field}\` must have 1 to ${longestText} characters, none of them a control character.`;
  throw new BillingError("BAD_USER_INPUT", message);
}

async function stripeIdsNamed(deps: Deps, customerId: string): Promise<string[]> {
  const userId = uuidOf("Customer", customerId);
  if (!userId) {
    throw new BillingError("BAD_USER_INPUT", "`customerId` must be a customer's global ID, as `Customer.id` has it.");
  }
  const user = await findCustomer(deps, userId);
  return user ? stripeIdsOf(user) : [];
}
