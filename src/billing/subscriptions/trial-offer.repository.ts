import { and, eq } from "drizzle-orm";
import type { Db } from "../../db/client.js";
import { trialOffers as offers, type TrialOfferRow } from "./trial-offer.table.js";

/** Writes down whom a trial is offered to. What is known of a checkout stays. */
export async function insertOffer(
  db: Db,
  offer: Pick<TrialOfferRow, "checkoutId" | "userId" | "emailMark">,
): Promise<void> {
  await db.insert(offers).values(offer).onConflictDoNothing();
}

/** Whom the trial of a checkout of this user was offered to. */
export async function findOffer(db: Db, userId: string, checkoutId: string): Promise<TrialOfferRow | undefined> {
  const isIt = and(eq(offers.checkoutId, checkoutId), eq(offers.userId, userId));
  return (await db.select().from(offers).where(isIt))[0];
}
