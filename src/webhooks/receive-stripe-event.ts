import { v7 } from "uuid";
import type { Db } from "../db/client.js";
import { enqueue } from "../jobs/enqueue.js";
import type { StripeEvent } from "../stripe/verify-event.js";
import { type ArrivedEvent, storeArrivedEvents } from "./stripe-event.repository.js";
import { targetOf } from "./stripe-event-handlers.js";

/** The name of the job that empties the inbox. */
export const processTask = "process_stripe_events";

/** Where verified events go. */
export interface Inbox {
  /** Resolves once the event is stored for good; one that was delivered before changes nothing. Throws when Postgres is away. */
  receive(event: StripeEvent, body: Buffer): Promise<void>;
}

interface Flush {
  readonly events: ArrivedEvent[];
  readonly stored: Promise<void>;
}

const mostAtOnce = 64;
/** While events pour in, the worker is woken so often; it takes all that wait, so more would not make it faster. */
const wakeEveryMs = 25;

/** An inbox that stores whatever arrives while one statement is under way with the next one. */
export function makeInbox(db: Db, problem: (error: unknown) => void): Inbox {
  const alarm = makeAlarm(db, problem);
  let underWay: Promise<unknown> = Promise.resolve();
  let next: Flush | undefined;

  function startFlush(): Flush {
    const events: ArrivedEvent[] = [];
    const stored = underWay.then(async () => {
      if (next?.events === events) next = undefined;
      const task = alarm.taskToAdd();
      await storeArrivedEvents(db, events, task);
      // Only now: a worker that was woken before the commit would not see them.
      if (task === null) alarm.ringLater();
    });
    underWay = stored.catch(() => {}); // each sender hears of the failure; the next flush must not
    return { events, stored };
  }

  return {
    receive(event, body) {
      if (!next || next.events.length >= mostAtOnce) next = startFlush();
      next.events.push(rowOf(event, body));
      return next.stored;
    },
  };
}

/**
 * Wakes the worker with the statement that stores the first event, and those that follow closely by one job a little
 * later: measured, a job for each statement costs more than storing what it brought. Should the process die in between,
 * the worker's look each minute finds the rest.
 */
function makeAlarm(db: Db, problem: (error: unknown) => void) {
  let rungAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  function ring(): void {
    timer = undefined;
    rungAt = performance.now();
    enqueue(db, processTask, { key: processTask }).catch(problem);
  }

  return {
    /** The job to add with a statement; null if there was one a moment ago, and `ringLater` is to follow. */
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

function rowOf(event: StripeEvent, body: Buffer): ArrivedEvent {
  const target = targetOf(event);
  return {
    id: v7(),
    stripeEventId: event.id,
    type: event.type,
    apiVersion: event.apiVersion,
    livemode: event.isLive,
    objectKind: target?.kind ?? null,
    objectId: target?.id ?? event.objectId,
    stripeCustomerId: event.customerId,
    status: target ? "PENDING" : "IGNORED",
    lastError: target ? null : "This type of event is not handled.",
    // Postgres text cannot hold a NUL, which JSON may spell as \u0000.
    payload: body.toString("utf8").replaceAll("\\u0000", "\\ufffd"),
    createdAt: event.createdAt,
  };
}
