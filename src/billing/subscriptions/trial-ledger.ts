import type { Deps } from "../../deps.js";
import { enqueue } from "../../jobs/enqueue.js";
import type { SubscriptionSnapshot } from "../../stripe/snapshots.js";
import { cardMark, emailMark } from "../users/person-marks.js";
import type { UserRow } from "../users/user.table.js";
import { insertTrial } from "./trial-redemption.repository.js";

/** The name of the job that ends trials of those who had one before. */
export const endRepeatedTrialsTask = "end-repeated-trials";

/**
 * Writes down whose trial a subscription began with, if it did. A trial that was begun in a checkout and runs has it
 * settled by a job whether it may go on, as soon as this is committed.
 */
export async function recordTrial(inside: Deps, user: UserRow, snapshot: SubscriptionSnapshot): Promise<void> {
  // Of whom nothing is to be known any more nothing is written down again.
  if (snapshot.trialEndsAt === null || user.forgottenAt !== null) return;
  const { trialKey } = inside.settings;
  const isEndable = snapshot.trialCheckoutId !== null && snapshot.status === "TRIALING";
  const written = await insertTrial(inside.db, {
    userId: user.id,
    stripeSubscriptionId: snapshot.id,
    emailMark: emailMark(trialKey, user.email),
    // Without a card of its own it is charged to the customer's.
    cardMark: cardMark(trialKey, snapshot.fingerprint) ?? user.cardMark,
    startedAt: snapshot.startedAt,
    isEndable,
    settledAt: isEndable ? null : inside.now(),
  });
  if (written?.settledAt === null) await enqueue(inside.db, endRepeatedTrialsTask, { key: endRepeatedTrialsTask });
}
