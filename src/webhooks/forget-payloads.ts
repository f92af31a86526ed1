import type { Deps } from "../deps.js";
import { dropPayloads } from "./stripe-event.repository.js";

/** The name of the job that forgets what old events said. */
export const forgetPayloadsTask = "forget-payloads";

const rows = 1_000;
const dayMs = 24 * 3_600_000;

/**
 * Forgets the bodies of settled events after their time, in batches, so that no lock is held for long.
 *
 * The rows stay: an event that comes again must find that it was here. Ages are by the wall clock, as deliveries are.
 */
export async function forgetPayloads({ db, settings }: Deps): Promise<void> {
  const before = new Date(Date.now() - settings.payloadRetentionDays * dayMs);
  while ((await dropPayloads(db, before, rows)) === rows);
}
