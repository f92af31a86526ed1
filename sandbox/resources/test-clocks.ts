import type Stripe from "stripe";
import { invalidRequest, noSuch } from "../api/errors.js";
import { pageOf, paging } from "../api/lists.js";
import { operation, retrieval } from "../api/operation.js";
import { type Covers, integer, required, text } from "../api/params.js";
import { addDays, formatDate } from "../calendar.js";
import { newId } from "../ids.js";
import { advanceTestClock, furthestAdvance } from "../time/advance-test-clock.js";
import { customersOf, deleteTestClock } from "../time/test-clock-deletion.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { getCustomer } from "./customers.js";

const createParams = {
  customer: text,
  frozen_time: required(integer({ min: 1 })),
  name: text,
} satisfies Covers<Stripe.TestHelpers.TestClockCreateParams>;

const advanceParams = {
  frozen_time: required(integer({ min: 1 })),
} satisfies Covers<Stripe.TestHelpers.TestClockAdvanceParams>;

const path = "/v1/test_helpers/test_clocks";
const answers = "test_helpers.test_clock";
const keptForDays = 30;
const mostCustomers = 3;

export const testClockOperations = [
  operation({
    method: "POST",
    path,
    answers,
    params: createParams,
    run: (world, params) => {
      const customer = params.customer === undefined ? null : getCustomer(world, params.customer, "customer");
      // The clock itself was made, and is kept, by the sandbox's own time.
      const created = Math.floor(world.clock.now().getTime() / 1000);
      const clock = world.tables["test_helpers.test_clock"].put({
        id: newId.testClock(),
        object: "test_helpers.test_clock",
        created,
        deletes_after: addDays(created, keptForDays),
        frozen_time: params.frozen_time,
        livemode: false,
        name: params.name ?? null,
        status: "ready",
        status_details: {},
      });
      if (customer) putOnClock(world, customer, clock);
      recordEvent(world, "test_helpers.test_clock.created", clock);
      return clock;
    },
  }),
  retrieval(`${path}/:id`, answers, getTestClock),
  operation({
    method: "POST",
    path: `${path}/:id/advance`,
    answers,
    params: advanceParams,
    run: (world, { frozen_time }, id) => {
      const clock = getTestClock(world, id);
      if (frozen_time <= clock.frozen_time) {
        throw invalidRequest("The `frozen_time` must be after the test clock's current one.", { param: "frozen_time" });
      }
      const furthest = furthestAdvance(world, clock);
      if (frozen_time > furthest) {
        throw invalidRequest(
          "You can only advance a test clock by up to two intervals of its shortest subscription, or two years: at " +
            `most to ${furthest} (${formatDate(furthest)}).`,
          { param: "frozen_time" },
        );
      }
      return advanceTestClock(world, clock, frozen_time);
    },
  }),
  operation({
    method: "DELETE",
    path: `${path}/:id`,
    answers: "nothing",
    params: {},
    run: (world, _params, id) => deleteTestClock(world, getTestClock(world, id)),
  }),
  operation({
    method: "GET",
    path,
    answers: { list: answers },
    params: paging,
    run: (world, params) => pageOf(world.tables["test_helpers.test_clock"].newestFirst(), params, path),
  }),
];

export function getTestClock(world: World, id: string, param = "id"): Stripe.TestHelpers.TestClock {
  const clock = world.tables["test_helpers.test_clock"].find(id);
  if (!clock) throw noSuch("test_clock", id, param);
  return clock;
}

/** Refuses a fourth customer on one clock. */
export function refuseFullClock(world: World, clock: string): void {
  if (customersOf(world, clock).length < mostCustomers) return;
  throw invalidRequest(`A test clock can have at most ${mostCustomers} customers.`, { param: "test_clock" });
}

function putOnClock(world: World, customer: Stripe.Customer, clock: Stripe.TestHelpers.TestClock): void {
  if (world.tables.subscription.of(customer.id).length > 0) {
    throw invalidRequest("A customer with subscriptions cannot be put on a test clock.", { param: "customer" });
  }
  world.tables.customer.put({ ...customer, test_clock: clock.id });
}
