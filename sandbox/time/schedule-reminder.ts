import { memoryOf, remember } from "../billing/subscription-memory.js";
import { addDays } from "../calendar.js";
import { recordEvent } from "../webhooks/events.js";
import { cause } from "./cause.js";

const daysBefore = 7;

/** Told seven days before a schedule is over. https://docs.stripe.com/api/events/types */
export const scheduleReminder = cause("subscription_schedule", {
  at: ({ id, status, phases }, world) => {
    const end = phases.at(-1)?.end_date ?? null;
    if (status !== "active" || end === null || memoryOf(world, id).upcomingTold === end) return null;
    return addDays(end, -daysBefore);
  },
  run: (world, schedule) => {
    remember(world, schedule.id, { upcomingTold: schedule.phases.at(-1)?.end_date ?? null });
    recordEvent(world, "subscription_schedule.expiring", schedule);
  },
});
