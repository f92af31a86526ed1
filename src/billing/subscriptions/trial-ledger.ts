import type { Deps } from "../../deps.js";
import { enqueue } from "../../jobs/enqueue.js";
import type { SubscriptionSnapshot } from "../../stripe/snapshots.js";
import { isEmail } from "../users/input-text.js";
import { cardMark, emailMark } from "../users/person-marks.js";
import { isUuid } from "../users/user.js";
import { findCustomer } from "../users/user.service.js";
import type { UserRow } from "../users/user.table.js";
import { findOffer, insertOffer } from "./trial-offer.repository.js";
import { addCardMark, insertTrial } from "./trial-redemption.repository.js";

/** The name of the job that ends trials of those who had one before. */
export const endRepeatedTrialsTask = "end-repeated-trials";

/** A checkout, and how many free days its page offers. */
interface Page {
  readonly id: string;
  readonly userId: string;
  readonly trialDays: number;
}

/**
 * Writes down whom a page offers a trial to, by the address of their token. Call it with the checkout's row, before Stripe
 * is asked.
 *
 * What counts is the word of whoever signed them in. The address on record may be anybody's: customers write it themselves,
 * at Stripe and by `registerCustomer`, and nobody asks whether it is theirs.
 */
export async function noteOffer({ db, settings }: Deps, page: Page, email: string | null): Promise<void> {
  // What is no address, such as a word that stands for none in every token, would make one person of many.
  if (page.trialDays === 0 || email === null || !isEmail(email)) return;
  const mark = emailMark(settings.trialKey, email);
  if (mark !== null) await insertOffer(db, { checkoutId: page.id, userId: page.userId, emailMark: mark });
}

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
    emailMark: await findEmailMark(inside, user, snapshot),
    // Without a card of its own it is charged to the customer's.
    cardMark: cardMark(trialKey, snapshot.fingerprint) ?? user.cardMark,
    startedAt: snapshot.startedAt,
    isEndable,
    settledAt: isEndable ? null : inside.now(),
  });
  if (written?.settledAt === null) await settleSoon(inside);
}

/** The mark of whom its page was offered to; null where no token named an address, as one on record proves nothing. */
async function findEmailMark({ db }: Deps, user: UserRow, { trialCheckoutId }: SubscriptionSnapshot) {
  if (trialCheckoutId === null || !isUuid(trialCheckoutId)) return null;
  return (await findOffer(db, user.id, trialCheckoutId))?.emailMark ?? null;
}

/**
 * Writes down the card on record where a trial of the customer's has none yet: one that was begun without a card has none
 * until one is left. Then it is settled again whether it may go on.
 *
 * Only the card. Stripe knows it to be theirs, and an address that comes from there would let anybody who types a stranger's
 * end that stranger's trial.
 */
export async function recordCard(inside: Deps, userId: string): Promise<void> {
  const user = await findCustomer(inside, userId);
  if (!user || user.forgottenAt !== null || user.cardMark === null) return;
  const unsettled = await addCardMark(inside.db, userId, user.cardMark);
  if (unsettled.length > 0) await settleSoon(inside);
}

function settleSoon({ db }: Deps): Promise<unknown> {
  return enqueue(db, endRepeatedTrialsTask, { key: endRepeatedTrialsTask });
}
