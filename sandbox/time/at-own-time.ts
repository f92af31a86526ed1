import { findAnywhere } from "../store/find-anywhere.js";
import type { World } from "../world.js";
import { testClockOf } from "./test-clock-of.js";

const references = ["customer", "subscription", "invoice", "schedule", "test_clock"];

/** Does a request's work at the time of the test clock that its object lives by; else at the sandbox's own. */
export function atOwnTime<T>(world: World, id: string, form: Record<string, unknown>, work: () => T): T {
  for (const reference of [id, ...references.map((name) => form[name])]) {
    const record =
      typeof reference === "string" && reference !== "" ? findAnywhere(world.tables, reference) : undefined;
    const clock = record && clockBehind(world, record);
    if (clock) return world.clock.during(new Date(clock.frozen_time * 1000), work);
  }
  return work();
}

function clockBehind(world: World, record: object) {
  const id = "frozen_time" in record && "id" in record ? String(record.id) : testClockOf(world, record);
  return id === null ? undefined : world.tables["test_helpers.test_clock"].find(id);
}
