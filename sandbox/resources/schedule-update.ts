import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import { mergeMetadata } from "../api/metadata.js";
import type { Read } from "../api/params.js";
import { beginSchedule } from "../billing/begin-schedule.js";
import { enterPhase } from "../billing/enter-phase.js";
import { idOf } from "../billing/price-amounts.js";
import { endPhase, subscriptionIn, withScheduledEnd } from "../billing/schedule-phases.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { refusePastStart } from "./schedule-creation.js";
import type { PhaseParams, updateParams } from "./schedule-params.js";
import { instantOf, phasesFrom } from "./schedule-phases.js";
import { changedSettings } from "./schedule-settings.js";

type Schedule = Stripe.SubscriptionSchedule;
type Phase = Stripe.SubscriptionSchedule.Phase;
type UpdateParams = Partial<Read<typeof updateParams>>;

/** Changes a schedule; what it changes of the phase that runs, the subscription is changed by at once. */
export function updateSchedule(world: World, params: UpdateParams, before: Schedule): Schedule {
  const settings = changedSettings(world, before.default_settings, params.default_settings, idOf(before.customer));
  const phases = params.phases ? nextPhases(world, before, params.phases, settings) : before.phases;
  const current = phaseThatRuns(phases, before);
  const after = world.tables.subscription_schedule.put({
    ...before,
    current_phase: current ? { start_date: current.start_date, end_date: current.end_date } : before.current_phase,
    default_settings: settings,
    end_behavior: params.end_behavior ?? before.end_behavior,
    metadata: mergeMetadata(before.metadata, params.metadata),
    phases,
  });
  try {
    applyToSubscription(world, before, after, params.proration_behavior ?? "create_prorations");
  } catch (error) {
    world.tables.subscription_schedule.put(before);
    throw error;
  }
  recordEvent(world, "subscription_schedule.updated", after, before);
  return withWhatIsDue(world, after);
}

/** The phase that runs may be told to end now, and one that waits to begin now. */
function withWhatIsDue(world: World, schedule: Schedule): Schedule {
  const now = nowInSeconds(world);
  const [first] = schedule.phases;
  if (schedule.status === "not_started") {
    return first && first.start_date <= now ? beginSchedule(world, schedule) : schedule;
  }
  if (!schedule.current_phase || schedule.current_phase.end_date > now) return schedule;
  endPhase(world, schedule);
  return world.tables.subscription_schedule.find(schedule.id) ?? schedule;
}

function applyToSubscription(
  world: World,
  before: Schedule,
  after: Schedule,
  prorationBehavior: Phase["proration_behavior"],
): void {
  const subscription = subscriptionIn(world, after);
  const [was, phase] = [phaseThatRuns(before.phases, before), phaseThatRuns(after.phases, before)];
  if (!subscription || !was || !phase) return;
  const settings = after.default_settings;
  const { end_date, proration_behavior } = phase;
  const asItWas = { ...was, end_date, proration_behavior };
  const isSame = JSON.stringify([asItWas, before.default_settings]) === JSON.stringify([phase, settings]);
  const ending = withScheduledEnd(world, subscription, after);
  if (isSame && ending === subscription) return;
  world.tables.subscription.put(ending);
  try {
    enterPhase(world, subscription, { phase, settings, was, prorationBehavior });
  } catch (error) {
    world.tables.subscription.put(subscription);
    throw error;
  }
}

/** The phases as they are given, after those that are over. */
function nextPhases(
  world: World,
  before: Schedule,
  given: PhaseParams[],
  settings: Schedule["default_settings"],
): Phase[] {
  const start = instantOf(world, given[0]?.start_date);
  if (start === undefined) {
    throw invalidRequest("Missing at least one phase with `start_date` to anchor end dates to.", { param: "phases" });
  }
  const of = {
    customer: idOf(before.customer),
    anchor: settings.billing_cycle_anchor === "phase_start" ? "phase_start" : null,
    redeemed: before.phases.flatMap(({ discounts }) => discounts),
  } as const;
  const current = phaseThatRuns(before.phases, before);
  if (!current) {
    refusePastStart(world, start, "phases[0][start_date]");
    return phasesFrom(world, given, { ...of, currency: null, start });
  }
  const past = before.phases.filter(({ start_date }) => start_date < current.start_date);
  const coming = withoutPast(world, given, { start, past, current });
  const phases = phasesFrom(world, coming, { ...of, currency: current.currency, start: current.start_date });
  refuseEndInPast(world, phases[0]);
  return [...past, ...phases];
}

/** What has been stays as it was, given again or left out; what runs keeps its beginning. */
function withoutPast(
  world: World,
  given: PhaseParams[],
  { start, past, current }: { start: number; past: Phase[]; current: Phase },
): PhaseParams[] {
  const first = past.findIndex(({ start_date }) => start_date === start);
  if (first === -1 && start !== current.start_date) throw currentStart();
  const again = first === -1 ? [] : past.slice(first);
  again.forEach((phase, index) => {
    refuseOtherPast(world, phase, given[index], index);
  });
  const coming = given.slice(again.length);
  if (coming.length > 0) return coming;
  throw invalidRequest("The phase that runs cannot be left out.", { param: "phases" });
}

function refuseEndInPast(world: World, current: Phase | undefined): void {
  if (!current || current.end_date >= nowInSeconds(world)) return;
  throw invalidRequest("The phase that runs cannot end in the past.", { param: "phases[0][end_date]" });
}

function currentStart(): Error {
  return invalidRequest("You can not modify the start date of the current phase.", { param: "phases[0][start_date]" });
}

function refuseOtherPast(world: World, phase: Phase, given: PhaseParams | undefined, index: number): void {
  const words = given?.items.map(({ price, plan, quantity }) => [price ?? plan, quantity ?? 1]);
  const known = phase.items.map(({ price, quantity }) => [idOf(price), quantity ?? 1]);
  const end = instantOf(world, given?.end_date) ?? phase.end_date;
  if (JSON.stringify(words) === JSON.stringify(known) && end === phase.end_date) return;
  throw invalidRequest("You can not modify a phase that is over.", { param: `phases[${index}]` });
}

function phaseThatRuns(phases: Phase[], { current_phase }: Schedule): Phase | undefined {
  return phases.find(({ start_date }) => start_date === current_phase?.start_date);
}
