import { expireIncomplete } from "../billing/end-subscription.js";
import { cause } from "./cause.js";

const hoursToPay = 23;

/** A first invoice unpaid for 23 hours ends the subscription. https://docs.stripe.com/billing/subscriptions/overview */
export const incompleteExpiry = cause("subscription", {
  at: ({ status, created }) => (status === "incomplete" ? created + hoursToPay * 3600 : null),
  run: expireIncomplete,
});
