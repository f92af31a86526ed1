import type { Deps } from "../../deps.js";
import { enqueue } from "../../jobs/enqueue.js";
import type { SubscriptionSnapshot } from "../../stripe/snapshots.js";
import { cardMark, emailMark } from "../users/person-marks.js";
import { findCustomer } from "../users/user.service.js";
import type { UserRow } from "../users/user.table.js";
import { addMarks, insertTrial } from "./trial-redemption.repository.js";

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
  if (written?.settledAt === null) await settleSoon(inside);
}

/**
 * Writes down what a customer is recognised by, as it is on record now, where a trial of theirs has nothing of the kind yet:
 * a trial that was begun without a card has none until one is left. Then it is settled again whether it may go on.
 */
export async function recordMarks(inside: Deps, userId: string): Promise<void> {
  const user = await findCustomer(inside, userId);
  if (!user || user.forgottenAt !== null) return;
  const marks = { emailMark: emailMark(inside.settings.trialKey, user.email), cardMark: user.cardMark };
  const unsettled = await addMarks(inside.db, userId, marks);
  if (unsettled.length > 0) await settleSoon(inside);
}

function settleSoon({ db }: Deps): Promise<unknown> {
  return enqueue(db, endRepeatedTrialsTask, { key: endRepeatedTrialsTask });
}
