import { expirePendingUpdate } from "../billing/pending-update.js";
import { cause } from "./cause.js";

/** Changes that wait for their invoice are given up at `expires_at`. https://docs.stripe.com/billing/subscriptions/pending-updates */
export const pendingUpdateExpiry = cause("subscription", {
  at: ({ pending_update }) => pending_update?.expires_at ?? null,
  run: expirePendingUpdate,
});
