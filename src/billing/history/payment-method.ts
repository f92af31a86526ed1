import type { PaymentMethodSnapshot } from "../../stripe/snapshots.js";
import { isRunning } from "../subscriptions/subscription.js";
import type { SubscriptionRow } from "../subscriptions/subscription.table.js";
import type { UserRow } from "../users/user.table.js";

/**
 * What the next invoice would be charged to: the running subscription's own payment method goes before its
 * customer's. https://docs.stripe.com/api/subscriptions/object#subscription_object-default_payment_method
 */
export function paymentMethodInUse(
  user: Pick<UserRow, "paymentMethod"> | undefined,
  subscription: Pick<SubscriptionRow, "status" | "paymentMethod"> | undefined,
): PaymentMethodSnapshot | null {
  const own = subscription && isRunning(subscription) ? subscription.paymentMethod : null;
  return own ?? user?.paymentMethod ?? null;
}
