import type { World } from "../world.js";
import { checkoutExpiries } from "./checkout-expiry.js";
import { incompleteExpiries } from "./incomplete-expiry.js";
import { refundOutcomes } from "./refund-outcome.js";
import { subscriptionEnds } from "./subscription-end.js";

/** Something that happens by itself at an instant, in Unix seconds. */
export interface Due {
  at: number;
  run: () => void;
}

/** Everything that time does, one file each. */
const causes: ((world: World) => Due[])[] = [checkoutExpiries, incompleteExpiries, refundOutcomes, subscriptionEnds];

/**
 * Does everything due up to an instant, in order, each at its own instant.
 *
 * What is due is looked up again after each step, for one thing may bring about or prevent another.
 * Says whether anything was.
 */
export function runDue(world: World, until: Date): boolean {
  for (let hasRun = false; ; hasRun = true) {
    const next = causes
      .flatMap((cause) => cause(world))
      .filter((due) => due.at * 1000 <= until.getTime())
      .sort((one, other) => one.at - other.at)[0];
    if (!next) return hasRun;
    world.clock.during(new Date(next.at * 1000), next.run);
  }
}

/** Moves the clock forward, doing on the way what falls due. */
export function moveClock(world: World, to: Date): void {
  runDue(world, to);
  world.clock.setOffsetMs(Math.max(world.clock.offsetMs(), to.getTime() - Date.now()));
}
