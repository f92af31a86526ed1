import { isSent } from "../billing/collection.js";
import { idOf } from "../billing/price-amounts.js";
import { isRunning } from "../billing/renew-subscription.js";
import { currentPeriodEnd } from "../billing/subscription.js";
import { memoryOf, remember } from "../billing/subscription-memory.js";
import { upcomingInvoiceOf } from "../billing/upcoming-invoice.js";
import { addDays } from "../calendar.js";
import { recordEvent } from "../webhooks/events.js";
import { cause } from "./cause.js";

const daysBefore = 7;

/** `invoice.upcoming`, a week before a renewal that is charged; on Stripe how long is a setting of the account. */
export const upcomingNotice = cause("subscription", {
  at: (subscription, world) => {
    const end = currentPeriodEnd(subscription);
    const ends = subscription.cancel_at !== null && subscription.cancel_at <= end;
    if (
      !isRunning(subscription) ||
      isSent(subscription) ||
      ends ||
      memoryOf(world, subscription.id).upcomingTold === end
    )
      return null;
    const at = addDays(end, -daysBefore);
    return at > Math.min(...subscription.items.data.map((item) => item.current_period_start)) ? at : null;
  },
  run: (world, subscription) => {
    remember(world, subscription.id, { upcomingTold: currentPeriodEnd(subscription) });
    const customer = world.tables.customer.find(idOf(subscription.customer));
    const upcoming = customer && upcomingInvoiceOf(world, subscription, customer);
    if (upcoming) recordEvent(world, "invoice.upcoming", upcoming);
  },
});
