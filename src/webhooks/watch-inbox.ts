import type { Deps } from "../deps.js";
import { enqueue } from "../jobs/enqueue.js";
import { processTask } from "./process-task.js";
import { neglectedEvent } from "./stripe-event.repository.js";

const lookEveryMs = 1_000;
/** Whoever stores an event has the worker called within a moment; after this long nobody did. */
const longestCallMs = 2_000;

/**
 * Looks each second whether events wait that nobody works on, and calls the worker. Somebody who died had claimed them,
 * and its own job is not run again soon; or Postgres was away in the moment in which the worker was to be called. Gives
 * the function that ends it.
 */
export function watchInbox({ db, log }: Pick<Deps, "db" | "log">): () => void {
  let isLooking = false;

  async function look(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    try {
      const uncalledSince = new Date(Date.now() - longestCallMs);
      const [neglected] = await neglectedEvent(db, uncalledSince);
      if (neglected) await enqueue(db, processTask, { key: processTask });
    } catch (error) {
      log.debug({ err: error }, "the inbox could not be looked into"); // the next look does it
    } finally {
      isLooking = false;
    }
  }

  const timer = setInterval(() => void look(), lookEveryMs).unref();
  return () => clearInterval(timer);
}
