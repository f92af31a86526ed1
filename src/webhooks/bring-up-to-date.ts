import { lockCustomer } from "../billing/users/customer-lock.js";
import { findOwner } from "../billing/users/user.sync.js";
import { type Deps, inTransaction } from "../deps.js";
import { isMissing } from "../stripe/stripe-errors.js";
import { findPayer, findTarget, type Synced } from "./find-target.js";
import type { IgnoredReason } from "./ignored.js";
import { forgetPayloadsOf, markProcessed } from "./stripe-event.repository.js";
import type { WebhookEventHead } from "./stripe-event.table.js";
import { isTargetKind, isWatched, syncs, type WatchKind, watches } from "./stripe-event-handlers.js";

/** Events of one object. */
export type EventsOfOne = readonly [WebhookEventHead, ...WebhookEventHead[]];

/**
 * Reads what some events are about, makes our records match, and marks them done. Gives why they are none of our
 * business instead, where they are: then nothing was marked. Fails as Stripe, Postgres and the customer's lock do.
 */
export async function bringUpToDate(deps: Deps, events: EventsOfOne): Promise<IgnoredReason | undefined> {
  const [event] = events;
  if (!event.objectId || !isTargetKind(event.objectKind)) return "unhandled_type";
  try {
    if (await isOfAnother(deps, event.stripeAccountId)) return "other_account";
    const target = await findTarget(deps, { kind: event.objectKind, id: event.objectId });
    if (!target) return "no_customer";
    const { kind, id } = target;
    return await (isWatched(kind) ? lookAt(deps, kind, id, events) : sync(deps, { kind, id }, events));
  } catch (error) {
    if (isMissing(error)) return "gone";
    throw error;
  }
}

async function sync(deps: Deps, synced: Synced, events: EventsOfOne): Promise<IgnoredReason | undefined> {
  const payer = events[0].stripeCustomerId ?? (await findPayer(deps, synced));
  if (!payer) return "no_customer";
  const user = await findOwner(deps, payer);
  if (!user) return "foreign_customer";
  await lockCustomer(deps, user.id, async () => {
    const write = await syncs[synced.kind](deps, user, synced.id);
    await inTransaction(deps, async (inside) => {
      await write(inside);
      await markProcessed(inside.db, idsOf(events), new Date());
      if (user.forgottenAt !== null) await forgetPayloadsOf(inside.db, idsOf(events));
    });
  });
  return undefined;
}

async function lookAt(
  deps: Deps,
  kind: WatchKind,
  id: string,
  events: EventsOfOne,
): Promise<IgnoredReason | undefined> {
  const isOurs = await watches[kind](
    deps,
    id,
    events.map((event) => event.stripeEventId),
  );
  if (!isOurs) return "foreign_object";
  await markProcessed(deps.db, idsOf(events), new Date());
  return undefined;
}

function idsOf(events: EventsOfOne): string[] {
  return events.map((event) => event.id);
}

/** Stripe is asked who we are only if an event says whose it is. A key that may not ask finds nothing of others' either. */
async function isOfAnother({ stripeEvents }: Deps, accountId: string | null): Promise<boolean> {
  if (accountId === null) return false;
  const ours = await stripeEvents.findAccountId();
  return ours !== null && ours !== accountId;
}
