import { setTimeout as sleep } from "node:timers/promises";
import type { RawSql } from "../db/client.js";
import { makeGroup } from "../db/group.js";
import { newId } from "../db/new-id.js";
import { isDatabaseOutage } from "../db/outage.js";
import type { Deps } from "../deps.js";
import { enqueue } from "../jobs/enqueue.js";
import type { Delivery, StripeEvent } from "../stripe/stripe-event.js";
import { type ArrivedEvent, findStored, storeArrivedEvents } from "./arrivals.repository.js";
import { type IgnoredReason, ignoredReasons, isMisdirected } from "./ignored.js";
import { processTask } from "./process-task.js";
import { targetOf } from "./stripe-event-handlers.js";

/** Where verified events go. */
export interface Inbox {
  /**
   * Resolves once the event is stored for good, to whether it is new: one that was delivered before
   * changes nothing. Throws when Postgres is away.
   */
  receive(delivery: Delivery): Promise<boolean>;
}

/**
 * Two statements, so that one is at work while the other waits for its commit; more would only make each of them smaller.
 * A long event counts for several, so that none of them takes long.
 */
const atOnce = {
  statements: 2,
  items: 64,
  weigh: ({ payload }: ArrivedEvent) => Math.max(1, payload.length / 65_536),
};
/** While events pour in, the worker is woken so often; it takes all that wait, so more would not make it faster. */
const wakeEveryMs = 25;

/**
 * How the inbox's own connections are opened, one for each statement. One that falls silent must be found out in time to
 * store the events by another while Stripe still waits.
 */
export const inboxConnections = {
  max: atOnce.statements,
  applicationName: "billing-inbox",
  statementTimeoutMs: 1_500,
  connectTimeoutMs: 1_500,
} as const;

/** Until the driver has put the broken connection away, or it would be handed out once more. */
const secondTryMs = 100;

/** An inbox that stores whatever arrives while statements are under way with the next one. `sql` is its own pool. */
export function makeInbox(deps: Deps, sql: RawSql): Inbox {
  const alarm = makeAlarm(deps);
  const arrivals = makeGroup(async (events: readonly ArrivedEvent[]) => {
    const isWork = events.some(({ status }) => status === "PENDING");
    const task = isWork ? alarm.taskToAdd() : null;
    const stored = await storeSurely(sql, events, task);
    // Only now: a worker that was woken before the commit would not see them. It may have been also where a job was
    // added: one that is just being taken stands for it, and may have looked already.
    if (isWork) alarm.ringLater();
    return events.map(({ id }) => stored.has(id));
  }, atOnce);

  return {
    async receive({ event, body }) {
      const ignored = reasonToIgnore(deps, event);
      const [isNew = false] = await arrivals.ask([rowOf(event, body, ignored)]);
      tell(deps, event, isNew, ignored);
      return isNew;
    },
  };
}

/**
 * Stores events, by a second connection should the first break or fall silent. What it had stored before it did is there
 * already, and counts as new all the same.
 */
async function storeSurely(sql: RawSql, events: readonly ArrivedEvent[], task: string | null) {
  try {
    return await storeArrivedEvents(sql, events, task);
  } catch (error) {
    if (!isDatabaseOutage(error)) throw error;
    await sleep(secondTryMs);
    await storeArrivedEvents(sql, events, task);
    return findStored(
      sql,
      events.map(({ id }) => id),
    );
  }
}

/**
 * Wakes the worker with the statement that stores the first event, and once more a little later for all that have come
 * meanwhile: measured, a job for each statement costs more than storing what it brought. Should the process die in
 * between, the worker's look each second finds the rest.
 */
function makeAlarm({ db, log }: Deps) {
  let rungAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  function ring(): void {
    timer = undefined;
    rungAt = performance.now();
    enqueue(db, processTask, { key: processTask }).catch((error: unknown) => {
      log.warn({ err: error }, "the worker was not woken");
    });
  }

  return {
    /** The job to add with a statement; null if there was one a moment ago. */
    taskToAdd(): string | null {
      if (performance.now() - rungAt < wakeEveryMs) return null;
      rungAt = performance.now();
      return processTask;
    },
    ringLater(): void {
      if (timer === undefined) timer = setTimeout(ring, wakeEveryMs).unref();
    },
  };
}

/** What can be told without asking Stripe; the account may be told only when the event is processed. */
function reasonToIgnore({ settings, stripeEvents }: Deps, event: StripeEvent): IgnoredReason | undefined {
  if (event.isLive !== settings.isLiveMode) return "other_mode";
  const ours = stripeEvents.knownAccountId();
  if (event.accountId && ours && event.accountId !== ours) return "other_account";
  return targetOf(event) ? undefined : "unhandled_type";
}

function tell({ log, metrics }: Deps, { id, type }: StripeEvent, isNew: boolean, ignored?: IgnoredReason): void {
  metrics.count(isNew ? "billing_webhook_stored_total" : "billing_webhook_duplicates_total");
  if (isNew && ignored) metrics.countReason("billing_webhook_ignored_total", ignored);
  const fate = isNew ? "stored" : "duplicate";
  const fields = { event: id, type, fate, ...(isNew && ignored && { ignored }) };
  if (isMisdirected(ignored)) log.warn(fields, "stripe event received");
  else log.info(fields, "stripe event received");
}

function rowOf(event: StripeEvent, body: string, ignored: IgnoredReason | undefined): ArrivedEvent {
  const target = targetOf(event);
  return {
    id: newId(),
    stripeEventId: event.id,
    type: event.type,
    apiVersion: event.apiVersion,
    livemode: event.isLive,
    stripeAccountId: event.accountId,
    objectKind: target?.kind ?? null,
    objectId: target?.id ?? event.objectId,
    stripeCustomerId: event.customerId,
    status: ignored ? "IGNORED" : "PENDING",
    lastError: ignored ? ignoredReasons[ignored] : null,
    // Postgres text cannot hold a NUL, which JSON may spell as \u0000.
    payload: body.replaceAll("\\u0000", "\\ufffd"),
    createdAt: event.createdAt,
  };
}
