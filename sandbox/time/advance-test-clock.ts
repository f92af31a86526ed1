import type Stripe from "stripe";
import { intervalOf } from "../billing/periods.js";
import { addIntervals, addMonths } from "../calendar.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { runDue } from "./due.js";
import { customersOf } from "./test-clock-deletion.js";

const intervalsAtOnce = 2;
const yearsAtOnce = 2;

/** Everything on the clock that is due by then happens, in order; the answer is the clock as it sets out. */
export function advanceTestClock(
  world: World,
  clock: Stripe.TestHelpers.TestClock,
  to: number,
): Stripe.TestHelpers.TestClock {
  const { tables } = world;
  const advancing = tables["test_helpers.test_clock"].put({
    ...clock,
    status: "advancing",
    status_details: { advancing: { target_frozen_time: to } },
  });
  recordEvent(world, "test_helpers.test_clock.advancing", advancing);
  runDue(world, new Date(to * 1000), clock.id);
  const ready = tables["test_helpers.test_clock"].put({
    ...clock,
    frozen_time: to,
    status: "ready",
    status_details: {},
  });
  recordEvent(world, "test_helpers.test_clock.ready", ready);
  return advancing;
}

/** Two intervals of the shortest subscription; without one, two years. https://docs.stripe.com/billing/testing/test-clocks/api-advanced-usage */
export function furthestAdvance(world: World, { id, frozen_time }: Stripe.TestHelpers.TestClock): number {
  const ends = customersOf(world, id)
    .flatMap((customer) => world.tables.subscription.of(customer.id))
    .filter(({ ended_at }) => ended_at === null)
    .flatMap(({ items }) =>
      items.data.map(({ price }) => addIntervals(frozen_time, intervalOf(price), intervalsAtOnce)),
    );
  return Math.min(addMonths(frozen_time, 12 * yearsAtOnce), ...ends);
}
