import type { Deps } from "../deps.js";
import { StripeUnavailable } from "../stripe/stripe-errors.js";
import type { Delivery, StripeEvent } from "../stripe/stripe-event.js";
import { handledEvents } from "./handled-events.js";
import type { Inbox } from "./receive-stripe-event.js";
import { findKnownEvents } from "./stripe-event.repository.js";

/** The name of the job that fetches what Stripe could not deliver. */
export const fetchUndeliveredTask = "fetch-undelivered";

/** For so long Stripe itself tries in live mode: https://docs.stripe.com/webhooks#retries */
const lookBackMs = 3 * 24 * 3_600_000;
/** Younger ones are on their way: Stripe lists them too. */
const deliveryMs = 5 * 60_000;
/** Pages of a hundred events, for each group of types. */
const mostPages = 20;
/** How many types Stripe takes in one question. */
const groupSize = 20;

type Fetcher = Pick<Deps, "db" | "log" | "metrics" | "now" | "stripeEvents">;

/**
 * Makes the job that takes in the events that Stripe has not delivered and the inbox lacks.
 *
 * An endpoint of somebody else that never answers leaves every event of the account on Stripe's list, so a
 * run is bounded, and the next goes on where it stopped.
 */
export function makeFetchUndelivered(deps: Fetcher, inbox: Inbox, pages = mostPages): () => Promise<void> {
  const groups = grouped(handledEvents).map((types): Group => ({ types, stoppedAt: undefined }));

  return async () => {
    let found = 0;
    try {
      for (const group of groups) {
        for await (const page of listed(deps, group, pages)) found += await takeIn(deps, inbox, page);
      }
    } catch (error) {
      if (!(error instanceof StripeUnavailable)) throw error;
      deps.log.warn(
        { err: error },
        "Stripe did not tell which events it could not deliver; it is asked again in a quarter of an hour",
      );
    }
    if (found > 0) deps.log.warn({ found }, "events that Stripe did not deliver were fetched");
  };
}

interface Group {
  readonly types: readonly string[];
  /** When the last event happened that a run came to, if it did not come to the end. */
  stoppedAt: Date | undefined;
}

type Page = readonly Delivery[];

/** Pages until the end, or until there were enough; a second that was begun is gone through, or the next run would begin with it again. */
async function* listed({ stripeEvents, now }: Fetcher, group: Group, pages: number): AsyncGenerator<Page> {
  const { types, stoppedAt } = group;
  const since = new Date(now().getTime() - lookBackMs);
  const until = stoppedAt ?? new Date(now().getTime() - deliveryMs);
  let last: StripeEvent | undefined;
  for (let page = 1; page <= pages || (stoppedAt && last?.createdAt.getTime() === stoppedAt.getTime()); page += 1) {
    const { events, hasMore } = await stripeEvents.listUndelivered({ types, since, until, after: last?.id });
    yield events;
    last = events.at(-1)?.event;
    group.stoppedAt = hasMore ? last?.createdAt : undefined;
    if (!group.stoppedAt) return;
  }
}

/** Gives how many were new. */
async function takeIn({ db, metrics }: Fetcher, inbox: Inbox, page: Page): Promise<number> {
  if (page.length === 0) return 0;
  const known = await findKnownEvents(
    db,
    page.map(({ event }) => event.id),
  );
  const missing = page.filter(({ event }) => !known.has(event.id));
  const areNew = await Promise.all(missing.map((delivery) => inbox.receive(delivery)));
  const found = areNew.filter((isNew) => isNew).length;
  metrics.count("billing_webhook_fetched_total", found);
  return found;
}

function grouped(types: readonly string[]): (readonly string[])[] {
  const starts = Array.from({ length: Math.ceil(types.length / groupSize) }, (_, index) => index * groupSize);
  return starts.map((start) => types.slice(start, start + groupSize));
}
