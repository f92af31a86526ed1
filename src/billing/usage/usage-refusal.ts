import { type Refusal, type RefusalCode, refusals } from "../../errors.js";
import type { CatalogFeature } from "../catalog/catalog.js";
import type { JudgedEvent, UsageOutcome } from "./usage.js";

type Refused = Exclude<UsageOutcome, "COUNTED" | "DUPLICATE">;

/** The code of each refusal, and the field at fault. */
const codes: Readonly<Record<Refused, readonly [code: RefusalCode, field: string | null]>> = {
  BELOW_ZERO: ["INVALID_INPUT", "quantity"],
  FEATURE_NOT_FOUND: ["FEATURE_NOT_FOUND", "feature"],
  FEATURE_NOT_METERED: ["FEATURE_NOT_METERED", "feature"],
  INVALID_QUANTITY: ["INVALID_INPUT", "quantity"],
  IN_FUTURE: ["INVALID_INPUT", "occurredAt"],
  KEY_REUSED: ["IDEMPOTENCY_KEY_REUSED", "idempotencyKey"],
  LIMIT_REACHED: ["USAGE_LIMIT_REACHED", "quantity"],
  NOT_INCLUDED: ["USAGE_LIMIT_REACHED", "feature"],
  TOO_OLD: ["USAGE_TOO_OLD", "occurredAt"],
};

/** Why an event was refused; null when it was counted, now or before. `path` leads to the event. */
export function refusalOf(
  { outcome, standing }: JudgedEvent,
  feature: CatalogFeature | undefined,
  path: readonly string[],
): Refusal | null {
  if (outcome === "COUNTED" || outcome === "DUPLICATE") return null;
  const [code, field] = codes[outcome];
  const message = messageOf(outcome, standing, feature) ?? refusals[code];
  return { code, message, path: field === null ? path : [...path, field], actionUrl: null };
}

function messageOf(
  outcome: Refused,
  { grant, used }: JudgedEvent["standing"],
  feature: CatalogFeature | undefined,
): string | undefined {
  const name = feature?.name ?? "the feature";
  switch (outcome) {
    case "BELOW_ZERO":
      // `used` has in it what is set aside, which is not held yet.
      return `That is more of ${name} than is held: it cannot be given back.`;
    case "FEATURE_NOT_METERED":
      return `${name} is a switch: use of it is not counted.`;
    case "INVALID_QUANTITY":
      return feature?.kind === "LIMIT"
        ? "A quantity is a whole number, below 0 to give back, and never 0."
        : "A quantity is a whole number of at least 1.";
    case "IN_FUTURE":
      return "`occurredAt` lies in the future; leave it out for now.";
    case "LIMIT_REACHED":
      return grant.limit === null
        ? "No counter can hold that much."
        : `That is more than is left of ${name}: ${Math.max(0, grant.limit - used)} of ${grant.limit}.`;
    case "NOT_INCLUDED":
      return `The current tier does not include ${name}.`;
    default:
      return undefined;
  }
}
