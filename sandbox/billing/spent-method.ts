import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import type { World } from "../world.js";

/** A card that is nobody's pays once, and one taken off a customer never again. https://docs.stripe.com/api/payment_methods/detach */
export function refuseSpent({ tables }: World, method: Stripe.PaymentMethod): void {
  const isUsed = tables.charge.newestFirst().some(({ paid, payment_method }) => paid && payment_method === method.id);
  if (!isUsed && !wasDetached(tables, method.id)) return;
  throw invalidRequest(
    "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a " +
      "connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use " +
      "a PaymentMethod multiple times, you must attach it to a Customer first.",
    { param: "payment_method" },
  );
}

function wasDetached(tables: World["tables"], id: string): boolean {
  return tables.event
    .newestFirst()
    .some(({ type, data }) => type === "payment_method.detached" && "id" in data.object && data.object.id === id);
}
