import type Stripe from "stripe";
import { endSubscription } from "../billing/end-subscription.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { cause } from "./cause.js";

export function customersOf(world: World, clock: string): Stripe.Customer[] {
  return world.tables.customer.newestFirst().filter(({ test_clock }) => test_clock === clock);
}

/** Deleting a clock deletes its customers and cancels what they are subscribed to. */
export function deleteTestClock(
  world: World,
  clock: Stripe.TestHelpers.TestClock,
): Stripe.TestHelpers.DeletedTestClock {
  for (const customer of customersOf(world, clock.id)) {
    for (const subscription of world.tables.subscription.of(customer.id)) {
      if (subscription.ended_at === null) endSubscription(world, subscription, subscription.cancellation_details);
    }
    world.tables.customer.remove(customer.id);
    world.deletedCustomers.add(customer.id);
    recordEvent(world, "customer.deleted", customer);
  }
  world.tables["test_helpers.test_clock"].remove(clock.id);
  recordEvent(world, "test_helpers.test_clock.deleted", clock);
  return { id: clock.id, object: "test_helpers.test_clock", deleted: true };
}

/** Stripe deletes clocks after 30 days. */
export const testClockDeletion = cause("test_helpers.test_clock", {
  at: ({ deletes_after }) => deletes_after,
  run: deleteTestClock,
});
