import { expireSession } from "../checkout/expire-session.js";
import { cause } from "./cause.js";

/** Open Checkout Sessions expire at `expires_at`. */
export const checkoutExpiry = cause("checkout.session", {
  at: (session) => (session.status === "open" ? session.expires_at : null),
  run: expireSession,
});
