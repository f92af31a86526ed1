import type { Deps } from "../../deps.js";
import type { UserRow } from "../users/user.table.js";
import type { SubscriptionRow } from "./subscription.table.js";

/** What there is to charge a subscription to, and what comes of it where there is nothing. */
export interface CardOnFile {
  readonly hasCard: boolean;
  /** Whether its trial then ends it in place of an invoice, as one that was begun without a card does. */
  readonly stopsWithoutCard: boolean;
}

type Payer = Pick<UserRow, "paymentMethod" | "stripeCustomerId">;
type Charged = Pick<SubscriptionRow, "paymentMethod" | "stripeSubscriptionId">;

/**
 * Whether there is a card to charge a subscription to, its own or its customer's. Where we know of none Stripe is asked, as
 * one may have been left a moment ago.
 */
export async function cardOnFile(deps: Deps, user: Payer, subscription: Charged): Promise<CardOnFile> {
  if (subscription.paymentMethod || user.paymentMethod) return { hasCard: true, stopsWithoutCard: false };
  return cardAtStripe(deps, user.stripeCustomerId, subscription.stripeSubscriptionId);
}

/** The same as Stripe has it just now, for what cannot be taken back: a card may have been taken away a moment ago. */
export async function cardAtStripe(
  { stripe }: Deps,
  stripeCustomerId: string | null,
  stripeSubscriptionId: string,
): Promise<CardOnFile> {
  const [theirs, customer] = await Promise.all([
    stripe.getSubscription(stripeSubscriptionId),
    stripeCustomerId ? stripe.getCustomer(stripeCustomerId) : null,
  ]);
  const hasCard = theirs.paymentMethod !== null || (customer?.paymentMethod ?? null) !== null;
  const isInTrial = theirs.status === "TRIALING";
  return { hasCard, stopsWithoutCard: !hasCard && isInTrial && theirs.stopsWithoutCard };
}
