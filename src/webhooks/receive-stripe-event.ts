import { v7 } from "uuid";
import type { Db } from "../db/client.js";
import type { StripeEvent } from "../stripe/verify-event.js";
import { processTask } from "./process-task.js";
import { type ArrivedEvent, storeArrivedEvents } from "./stripe-event.repository.js";
import { targetOf } from "./stripe-event-handlers.js";

/** Where verified events go. */
export interface Inbox {
  /** Resolves once the event is stored for good; one that was delivered before changes nothing. Throws when Postgres is away. */
  receive(event: StripeEvent, body: Buffer): Promise<void>;
}

interface Flush {
  readonly events: ArrivedEvent[];
  readonly stored: Promise<void>;
}

const mostAtOnce = 200;

/** An inbox that stores whatever arrives while one statement is under way with the next one. */
export function makeInbox(db: Db): Inbox {
  let underWay: Promise<unknown> = Promise.resolve();
  let next: Flush | undefined;

  function startFlush(): Flush {
    const events: ArrivedEvent[] = [];
    const stored = underWay.then(() => {
      if (next?.events === events) next = undefined;
      return storeArrivedEvents(db, events, processTask);
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
