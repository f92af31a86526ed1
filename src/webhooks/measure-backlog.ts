import type { Db } from "../db/client.js";
import { readBacklog } from "./stripe-event.repository.js";

/** How much the inbox holds that is not settled, for whoever watches over it. By the wall clock. */
export async function measureBacklog(db: Db) {
  const { waiting, since } = await readBacklog(db);
  return {
    billing_webhook_waiting_events: waiting,
    billing_webhook_oldest_waiting_seconds: since ? Math.max(0, (Date.now() - since.getTime()) / 1000) : 0,
  };
}
