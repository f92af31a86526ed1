import { expireSession } from "../checkout/expire-session.js";
import type { World } from "../world.js";
import type { Due } from "./due.js";

/** Open Checkout Sessions expire at `expires_at`. */
export function checkoutExpiries(world: World): Due[] {
  return world.tables["checkout.session"]
    .newestFirst()
    .filter((session) => session.status === "open")
    .map((session) => ({ at: session.expires_at, run: () => expireSession(world, session) }));
}
