import type { Deps } from "../deps.js";
import { enqueue } from "../jobs/enqueue.js";
import { processTask } from "./process-task.js";
import { hasAbandonedEvents } from "./stripe-event.repository.js";

const lookEveryMs = 1_000;

/**
 * Looks each second whether somebody who died had claimed events, and has them taken over. Nobody tells of a death, and
 * the dead one's own job is not run again soon. Gives the function that ends it.
 */
export function watchClaims({ db, log }: Pick<Deps, "db" | "log">): () => void {
  let isLooking = false;

  async function look(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    try {
      if (await hasAbandonedEvents(db)) await enqueue(db, processTask, { key: processTask });
    } catch (error) {
      log.debug({ err: error }, "claims of the dead could not be looked for"); // the next look does it
    } finally {
      isLooking = false;
    }
  }

  const timer = setInterval(() => void look(), lookEveryMs).unref();
  return () => clearInterval(timer);
}
