import { BillingError, done, type Outcome, type Refusal, refuse } from "../../errors.js";
import type { GraphQLContext } from "../../graphql/context.js";
import type { Standing } from "../allowances/allowance.js";
import { holderOf } from "../allowances/standing.reading.js";
import { type Catalog, findFeature } from "../catalog/catalog.js";
import { isIdempotencyKey, keyFault } from "../users/idempotency.js";
import { isStorable } from "../users/input-text.js";
import type { Payer } from "../users/payer.js";
import { mostEvents, type UsageEvent } from "./usage.js";
import { record } from "./usage-recorder.js";
import { refusalOf } from "./usage-refusal.js";

/** One use, as a caller reports it. */
export interface ReportedEvent {
  readonly feature: string;
  readonly quantity: number;
  readonly occurredAt?: Date | null;
  readonly idempotencyKey: string;
}

/** What became of one event. */
export interface RecordedEvent {
  readonly userId: string;
  readonly idempotencyKey: string;
  readonly isAccepted: boolean;
  readonly isDuplicate: boolean;
  /** How the customer stands with the feature now; null when the event was refused before that was looked at. */
  readonly standing: Standing | null;
  readonly userErrors: readonly Refusal[];
}

/**
 * Counts use, each event judged on its own, in one round trip to the database.
 *
 * Throws FORBIDDEN when a customer reports use of a feature that only the product's back end may report.
 */
export async function recordUsage(
  context: GraphQLContext,
  payer: Payer,
  reported: readonly ReportedEvent[],
): Promise<Outcome<RecordedEvent[]>> {
  if (reported.length === 0 || reported.length > mostEvents) {
    return refuse("INVALID_INPUT", `Send from 1 to ${mostEvents} events in one call.`, { path: ["input", "events"] });
  }
  const catalog = context.catalog();
  for (const { feature } of reported) requireReporter(context, catalog, feature);

  const faults = reported.map((event, place) => faultOf(event, pathOf(place)));
  const sound = reported.filter((_event, place) => faults[place] === null);
  const holder = holderOf(context, payer.userId);
  const events = sound.map((event) => toUsageEvent(event, payer, holder.isAdmin));
  const judged = events.length > 0 ? await record(context, events) : [];

  const answers = judged.values();
  const results = reported.map(({ feature, idempotencyKey }, place): RecordedEvent => {
    const result = { userId: payer.userId, idempotencyKey };
    const fault = faults[place];
    const answer = fault ? undefined : answers.next().value;
    if (fault || !answer) {
      return { ...result, isAccepted: false, isDuplicate: false, standing: null, userErrors: fault ? [fault] : [] };
    }
    const refusal = refusalOf(answer, findFeature(catalog, feature), pathOf(place));
    return {
      ...result,
      isAccepted: refusal === null,
      isDuplicate: answer.outcome === "DUPLICATE",
      standing: answer.outcome === "FEATURE_NOT_FOUND" ? null : answer.standing,
      userErrors: refusal ? [refusal] : [],
    };
  });
  return done(results);
}

/** A service reports everything; a customer only what the catalog trusts customers with. */
export function requireReporter({ viewer }: GraphQLContext, catalog: Catalog, featureKey: string): void {
  const feature = findFeature(catalog, featureKey);
  if (viewer?.roles.has("SERVICE") || !feature || feature.kind === "SWITCH" || feature.isSelfReported) return;
  const message = `Use of ${feature.name} is reported by the product's back end, not by its customers.`;
  throw new BillingError("FORBIDDEN", message);
}

function pathOf(place: number): string[] {
  return ["input", "events", String(place)];
}

function toUsageEvent(event: ReportedEvent, { userId, externalId }: Payer, isAdmin: boolean): UsageEvent {
  const { feature: featureKey, quantity, occurredAt, idempotencyKey: key } = event;
  return { userId, externalId, isAdmin, featureKey, quantity, occurredAt: occurredAt ?? null, key };
}

/** Longer than any key of a feature; what is longer or cannot be stored is not sent to the database. */
const longestFeature = 255;

/** What keeps an event from being looked at; the database judges the rest. */
function faultOf({ feature, occurredAt, idempotencyKey }: ReportedEvent, path: readonly string[]): Refusal | null {
  const fault = (field: string, message: string): Refusal => ({
    code: "INVALID_INPUT",
    message,
    path: [...path, field],
    actionUrl: null,
  });
  if (!isIdempotencyKey(idempotencyKey)) return fault("idempotencyKey", keyFault);
  if (feature !== "" && !isStorable(feature, longestFeature)) {
    return { ...fault("feature", "There is no such feature."), code: "FEATURE_NOT_FOUND" };
  }
  const year = occurredAt?.getUTCFullYear() ?? 2000;
  if (year > 9999) return fault("occurredAt", "`occurredAt` lies in the future; leave it out for now.");
  // Postgres has no year 0.
  if (year < 1) return { ...fault("occurredAt", "That is too long ago to be counted."), code: "USAGE_TOO_OLD" };
  return null;
}
