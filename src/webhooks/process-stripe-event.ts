import { LockBusy, type Locks } from "../db/locks.js";
import type { Deps } from "../deps.js";
import { CustomerBusy, isUpstreamOutage, rootProblem } from "../errors.js";
import { enqueue } from "../jobs/enqueue.js";
import { bringUpToDate, type EventsOfOne } from "./bring-up-to-date.js";
import { claiming } from "./claims.js";
import { type IgnoredReason, ignoredReasons, isMisdirected } from "./ignored.js";
import { processTask } from "./process-task.js";
import { claimEvents, firstDueAt, markFailed, markIgnored, putBack } from "./stripe-event.repository.js";
import type { WebhookEventHead } from "./stripe-event.table.js";

const batch = 100;
/** Customers worked on at once: below the size of the lock pool, so that mutations always find room. */
const sideBySide = 4;
/** A worker that hangs, and yet holds its lock, has its events for so long. Longer than any sync may take. */
const claimMs = 60_000;
const mostTries = 12;
const longestPauseMs = 3_600_000;

/** Empties the inbox: claims what waits, groups it by object, brings each object up to date. */
export function processStripeEvents(deps: Deps, claims: Locks): Promise<void> {
  return claiming(claims, (run) => emptyInbox(deps, run));
}

async function emptyInbox(deps: Deps, run: string): Promise<void> {
  for (;;) {
    const claimed = await claimEvents(deps.db, { run, now: new Date(), ms: claimMs }, batch);
    if (claimed.length === 0) return comeBackForTheRest(deps);
    const customers = grouped(claimed, (event) => event.stripeCustomerId ?? objectOf(event)).values();
    const work = async () => {
      for (const events of customers) await processCustomer(deps, events);
    };
    await Promise.all(Array.from({ length: sideBySide }, work));
  }
}

/**
 * What is not due yet waits for its next try, or was claimed by a worker that may hang: whoever finds no more to do
 * sees to it that somebody looks again then. Without this the look each minute would find it, up to a minute late.
 */
async function comeBackForTheRest(deps: Deps): Promise<void> {
  const dueAt = await firstDueAt(deps.db, new Date(Date.now() + longestPauseMs));
  if (dueAt) await enqueue(deps.db, processTask, { key: `${processTask}:rest`, runAt: dueAt });
}

/** One customer's objects would wait for one another's lock, so they go one by one. */
async function processCustomer(deps: Deps, events: readonly WebhookEventHead[]): Promise<void> {
  for (const group of grouped(events, objectOf).values()) await processObject(deps, group);
}

function objectOf({ stripeAccountId, objectKind, objectId }: WebhookEventHead): string {
  return `${stripeAccountId} ${objectKind} ${objectId}`;
}

function grouped(events: readonly WebhookEventHead[], keyOf: (event: WebhookEventHead) => string) {
  const groups = new Map<string, EventsOfOne>();
  for (const event of events) {
    const group = groups.get(keyOf(event));
    groups.set(keyOf(event), group ? [...group, event] : [event]);
  }
  return groups;
}

/** Many events of one object cost one read of it: they are hints, the object is the truth. */
async function processObject(deps: Deps, events: EventsOfOne): Promise<void> {
  try {
    const ignored = await bringUpToDate(deps, events);
    const ids = events.map((event) => event.id);
    if (ignored) await markIgnored(deps.db, ids, ignoredReasons[ignored], new Date());
    for (const event of events) tellSettled(deps, event, ignored);
  } catch (error) {
    await tryAgainLater(deps, events, error);
  }
}

function tellSettled({ log, metrics }: Deps, event: WebhookEventHead, ignored: IgnoredReason | undefined): void {
  if (ignored) metrics.countReason("billing_webhook_ignored_total", ignored);
  if (!ignored) {
    metrics.count("billing_webhook_processed_total");
    metrics.observe("billing_webhook_processing_seconds", (Date.now() - event.receivedAt.getTime()) / 1000);
  }
  const fields = { event: event.stripeEventId, type: event.type, ...(ignored && { ignored }) };
  if (isMisdirected(ignored)) log.warn(fields, "stripe event processed");
  else log.info(fields, "stripe event processed");
}

/** An outage or a busy customer is no fault of the event's: only real failures count as tries. */
async function tryAgainLater(deps: Deps, events: EventsOfOne, error: unknown): Promise<void> {
  const { db, log, metrics } = deps;
  const excuse = excuseOf(error);
  const isTry = excuse ? 0 : 1;
  const problem = rootProblem(error);
  for (const { id, stripeEventId, type, attempts } of events) {
    const tries = attempts + isTry;
    if (excuse) metrics.countReason("billing_webhook_postponed_total", excuse);
    if (!excuse) metrics.count("billing_webhook_failed_tries_total");
    log.warn({ event: stripeEventId, type, tries, err: error }, "stripe event not processed");
    if (tries >= mostTries) {
      await markFailed(db, [id], problem, new Date());
      metrics.count("billing_webhook_given_up_total");
      log.error({ event: stripeEventId, type, tries }, "stripe event given up");
      continue;
    }
    const dueAt = new Date(Date.now() + pauseMs(tries));
    await putBack(db, [id], problem, dueAt, isTry);
    await enqueue(db, processTask, { key: `${processTask}:${id}`, runAt: dueAt });
  }
}

/** Why a failure is not the event's; undefined when it may be. */
function excuseOf(error: unknown): "busy" | "outage" | undefined {
  if (error instanceof CustomerBusy || error instanceof LockBusy) return "busy";
  return isUpstreamOutage(error) ? "outage" : undefined;
}

/** 1 s, 2 s, 4 s … up to an hour: Stripe's own retries would come much later. */
function pauseMs(tries: number): number {
  return Math.min(1_000 * 2 ** Math.max(0, tries - 1), longestPauseMs);
}
