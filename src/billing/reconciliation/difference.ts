import { isDeepStrictEqual } from "node:util";
import { type Columns, type ObjectKind, type Sides, shown } from "../users/sides.js";

/** One difference between our records and Stripe's. Values are as JSON has them, so instants are texts. */
export interface Difference {
  readonly kind: ObjectKind;
  readonly stripeId: string;
  /** Name of our column; null where the whole object is missing on one side. */
  readonly field: string | null;
  readonly ours: unknown;
  readonly theirs: unknown;
}

/** In what the two sides differ: in the values that a sync would write, and in nothing that is ours alone. */
export function differencesIn({ kind, stripeId, ours, theirs }: Sides): Difference[] {
  if (!ours && !theirs) return [];
  if (!ours || !theirs) return [{ kind, stripeId, field: null, ours: whole(ours), theirs: whole(theirs) }];
  return Object.keys(theirs)
    .map((field) => ({ kind, stripeId, field, ours: plain(ours[field]), theirs: plain(theirs[field]) }))
    .filter((difference) => !isDeepStrictEqual(difference.ours, difference.theirs));
}

/** Whether the two sides differ at all. */
export function isDifferent(sides: Sides): boolean {
  return differencesIn(sides).length > 0;
}

/** What tells the differences of one comparison apart. */
export function nameOf({ kind, stripeId, field }: Difference): string {
  return `${kind} ${stripeId} ${field ?? ""}`;
}

function whole(columns: Columns | undefined): unknown {
  return columns ? plain(shown(columns)) : null;
}

function plain(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}
