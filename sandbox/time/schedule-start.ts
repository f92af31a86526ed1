import { beginSchedule } from "../billing/begin-schedule.js";
import { recordEvent } from "../webhooks/events.js";
import { cause } from "./cause.js";

/** A schedule that has not begun begins with its first phase. */
export const scheduleStart = cause("subscription_schedule", {
  at: ({ status, phases }) => (status === "not_started" ? (phases.at(0)?.start_date ?? null) : null),
  run: (world, schedule) => {
    recordEvent(world, "subscription_schedule.updated", beginSchedule(world, schedule), schedule);
  },
});
