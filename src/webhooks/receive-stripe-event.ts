import { v7 } from "uuid";
import type { Deps } from "../deps.js";
import type { StripeEvent } from "../stripe/stripe-event.js";
import { type IgnoredReason, ignoredReasons, isMisdirected } from "./ignored.js";
import { type ArrivedEvent, storeArrivedEvents } from "./stripe-event.repository.js";
import { targetOf } from "./stripe-event-handlers.js";

/** The name of the job that empties the inbox. */
export const processTask = "process_stripe_events";

/** Where verified events go. */
export interface Inbox {
  /**
   * Resolves once the event is stored for good, to whether it is new: one that was delivered before
   * changes nothing. Throws when Postgres is away.
   */
  receive(event: StripeEvent, body: Buffer): Promise<boolean>;
}

interface Flush {
  readonly events: ArrivedEvent[];
  /** The ids of the rows that are new. */
  readonly stored: Promise<ReadonlySet<string>>;
}

const mostAtOnce = 200;

/** An inbox that stores whatever arrives while one statement is under way with the next one. */
export function makeInbox(deps: Deps): Inbox {
  let underWay: Promise<unknown> = Promise.resolve();
  let next: Flush | undefined;

  function startFlush(): Flush {
    const events: ArrivedEvent[] = [];
    const stored = underWay.then(() => {
      if (next?.events === events) next = undefined;
      return storeArrivedEvents(deps.db, events, processTask);
    });
    underWay = stored.catch(() => {}); // each sender hears of the failure; the next flush must not
    return { events, stored };
  }

  return {
    async receive(event, body) {
      const ignored = reasonToIgnore(deps, event);
      const row = rowOf(event, body, ignored);
      if (!next || next.events.length >= mostAtOnce) next = startFlush();
      next.events.push(row);
      const isNew = (await next.stored).has(row.id);
      tell(deps, event, isNew, ignored);
      return isNew;
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

function rowOf(event: StripeEvent, body: Buffer, ignored: IgnoredReason | undefined): ArrivedEvent {
  const target = targetOf(event);
  return {
    id: v7(),
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
    payload: body.toString("utf8").replaceAll("\\u0000", "\\ufffd"),
    createdAt: event.createdAt,
  };
}
