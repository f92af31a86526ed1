import { lockCustomer } from "../billing/users/customer-lock.js";
import { findOwner } from "../billing/users/user.sync.js";
import { type Deps, inTransaction } from "../deps.js";
import { BillingError, CustomerBusy, rootProblem } from "../errors.js";
import { enqueue } from "../jobs/enqueue.js";
import { isMissing } from "../stripe/stripe-errors.js";
import { processTask } from "./process-task.js";
import { claimEvents, markFailed, markIgnored, markProcessed, putBack } from "./stripe-event.repository.js";
import type { WebhookEventRow } from "./stripe-event.table.js";
import { syncs } from "./stripe-event-handlers.js";

const batch = 100;
/** Customers worked on at once: below the size of the lock pool, so that mutations always find room. */
const sideBySide = 4;
/** A worker that died lets go of its events after this long. Longer than any sync may take. */
const claimMs = 60_000;
const mostTries = 12;

/** Empties the inbox: claims what waits, groups it by object, brings each object up to date. */
export async function processStripeEvents(deps: Deps): Promise<void> {
  for (;;) {
    const claimed = await claimEvents(deps.db, new Date(), claimMs, batch);
    if (claimed.length === 0) return;
    const customers = grouped(claimed, (event) => event.stripeCustomerId ?? event.id).values();
    const work = async () => {
      for (const events of customers) await processCustomer(deps, events);
    };
    await Promise.all(Array.from({ length: sideBySide }, work));
  }
}

/** One customer's objects would wait for one another's lock, so they go one by one. */
async function processCustomer(deps: Deps, events: WebhookEventRow[]): Promise<void> {
  const objects = grouped(events, (event) => `${event.objectKind} ${event.objectId}`);
  for (const group of objects.values()) await processObject(deps, group);
}

function grouped(events: readonly WebhookEventRow[], keyOf: (event: WebhookEventRow) => string) {
  const groups = new Map<string, WebhookEventRow[]>();
  for (const event of events) groups.set(keyOf(event), [...(groups.get(keyOf(event)) ?? []), event]);
  return groups;
}

/** Many events of one object cost one read of it: they are hints, the object is the truth. */
async function processObject(deps: Deps, events: WebhookEventRow[]): Promise<void> {
  const ids = events.map((event) => event.id);
  try {
    const ignored = await bringUpToDate(deps, events, ids);
    if (ignored) await markIgnored(deps.db, ids, ignored, new Date());
    for (const { stripeEventId, type } of events) {
      deps.log.info({ event: stripeEventId, type, ...(ignored && { ignored }) }, "stripe event processed");
    }
  } catch (error) {
    await tryAgainLater(deps, events, error);
  }
}

/** Gives why the events are none of our business, or undefined when they are done. */
async function bringUpToDate(deps: Deps, events: WebhookEventRow[], ids: string[]): Promise<string | undefined> {
  const { objectKind, objectId, stripeCustomerId } = events[0] ?? {};
  const sync = isKind(objectKind) ? syncs[objectKind] : undefined;
  if (!sync || !objectId) return "This type of event is not handled.";
  try {
    const payer = stripeCustomerId ?? (await customerBehind(deps, objectKind, objectId));
    if (!payer) return "It is about no customer.";
    const user = await findOwner(deps, payer);
    if (!user) return "Its customer was not made by this service.";
    await lockCustomer(deps, user.id, async () => {
      const write = await sync(deps, user, objectId);
      await inTransaction(deps, async (inside) => {
        await write(inside);
        await markProcessed(inside.db, ids, new Date());
      });
    });
  } catch (error) {
    if (isMissing(error)) return "Stripe does not have this object any more.";
    throw error;
  }
  return undefined;
}

/** Refunds, disputes and invoice payments name no customer; the payment or invoice that they are about does. */
async function customerBehind({ stripe }: Deps, kind: string | null | undefined, id: string): Promise<string | null> {
  if (kind === "payment") return (await stripe.getPayment(id)).customerId;
  if (kind === "invoice") return (await stripe.getInvoice(id)).customerId;
  return null;
}

function isKind(kind: string | null | undefined): kind is keyof typeof syncs {
  return kind !== null && kind !== undefined && Object.hasOwn(syncs, kind);
}

/** An outage or a busy customer is no fault of the event's: only real failures count as tries. */
async function tryAgainLater(deps: Deps, events: WebhookEventRow[], error: unknown): Promise<void> {
  const isTry = error instanceof CustomerBusy || isOutage(error) ? 0 : 1;
  const problem = rootProblem(error);
  for (const { id, stripeEventId, type, attempts } of events) {
    const tries = attempts + isTry;
    deps.log.warn({ event: stripeEventId, type, tries, err: error }, "stripe event not processed");
    if (tries >= mostTries) {
      await markFailed(deps.db, [id], problem, new Date());
      continue;
    }
    const dueAt = new Date(Date.now() + pauseMs(tries));
    await putBack(deps.db, [id], problem, dueAt, isTry);
    await enqueue(deps.db, processTask, { key: `${processTask}:${id}`, runAt: dueAt });
  }
}

function isOutage(error: unknown): boolean {
  return error instanceof BillingError && error.code === "UPSTREAM_UNAVAILABLE";
}

/** 1 s, 2 s, 4 s … up to an hour: Stripe's own retries would come much later. */
function pauseMs(tries: number): number {
  return Math.min(1_000 * 2 ** Math.max(0, tries - 1), 3_600_000);
}
