import { memoryOf, remember } from "../billing/subscription-memory.js";
import { addDays } from "../calendar.js";
import { recordEvent } from "../webhooks/events.js";
import { cause } from "./cause.js";
import { testClockOf } from "./test-clock-of.js";

const daysBefore = 7;
/** The fixture of Stripe's command line for this event stops its test clock nine days before the end. */
const daysBeforeOnTestClock = 9;

/** Told seven days before a schedule is over. https://docs.stripe.com/api/events/types */
export const scheduleReminder = cause("subscription_schedule", {
  at: (schedule, world) => {
    const { id, status, phases } = schedule;
    const end = phases.at(-1)?.end_date ?? null;
    if (status !== "active" || end === null || memoryOf(world, id).upcomingTold === end) return null;
    return addDays(end, testClockOf(world, schedule) === null ? -daysBefore : -daysBeforeOnTestClock);
  },
  run: (world, schedule) => {
    remember(world, schedule.id, { upcomingTold: schedule.phases.at(-1)?.end_date ?? null });
    recordEvent(world, "subscription_schedule.expiring", schedule);
  },
});
