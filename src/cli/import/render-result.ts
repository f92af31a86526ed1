import type { UnknownPrice } from "../../billing/adoption/unknown-prices.js";
import { decimalOf } from "../../money.js";
import { csvCell } from "./csv.js";
import { type Fate, type FateKind, fateKinds, type ImportResult } from "./run-import.js";

const inWords: Readonly<Record<FateKind, string>> = {
  ADOPTED: "adopted",
  MATCHED: "would be adopted",
  KNOWN: "known already",
  GONE: "deleted at Stripe meanwhile",
  UNMATCHED: "unmatched: nobody is named",
  AMBIGUOUS: "ambiguous: several are named",
  CONFLICT: "conflicting with what is known",
  FAILED: "could not be read or written",
};

const leftover: readonly FateKind[] = ["UNMATCHED", "AMBIGUOUS", "CONFLICT", "FAILED"];
/** So many are shown; all of them go into the report. */
const mostShown = 20;

/** Whom the service does not have after an import, or would not have. */
export function leftoversOf({ fates }: ImportResult): Fate[] {
  return fates.filter(({ kind }) => leftover.includes(kind));
}

/** What an import came to, for a terminal. */
export function renderResult(result: ImportResult): string {
  const { fates, unknownPrices, withSeveral } = result;
  const counts = fateKinds.flatMap((kind) => {
    const count = fates.filter((fate) => fate.kind === kind).length;
    return count === 0 ? [] : [`  ${String(count).padStart(7)} ${inWords[kind]}`];
  });
  return [
    `${fates.length} customers in the Stripe account:`,
    ...counts,
    ...section("Left over:", leftoversOf(result), ({ stripeId, email, kind, reason }) => {
      return `${stripeId}  ${email ?? "(no e-mail)"}  ${kind.toLowerCase()}: ${reason}`;
    }),
    ...section("More than one subscription runs; the newest that entitles counts:", withSeveral, (id) => id),
    ...section(unknownHeading, unknownPrices, priceLine),
    ...(unknownPrices.length > 0 ? [unknownAdvice(unknownPrices)] : []),
  ].join("\n");
}

function section<T>(heading: string, items: readonly T[], line: (item: T) => string): string[] {
  if (items.length === 0) return [];
  const shown = items.slice(0, mostShown).map((item) => `  ${line(item)}`);
  const more = items.length > mostShown ? [`  and ${items.length - mostShown} more`] : [];
  return ["", heading, ...shown, ...more];
}

const unknownHeading = "Prices that the catalog does not know; their subscribers have the default tier until it does:";

function priceLine({ price, subscriptions }: UnknownPrice): string {
  const { id, productId, currency, unitAmount, interval, intervalCount } = price;
  const amount =
    unitAmount === null ? "an amount of several parts" : `${decimalOf(unitAmount, currency)} ${currency.toUpperCase()}`;
  const rhythm = intervalCount === 1 ? `a ${interval}` : `every ${intervalCount} ${interval}s`;
  return `${id}  ${amount} ${rhythm}, product ${productId ?? "unknown"}: ${subscriptions} subscriptions`;
}

function unknownAdvice(prices: readonly UnknownPrice[]): string {
  const ids = prices.map(({ price }) => price.id).join(", ");
  return `In catalog.yaml, name each under the tier that it was sold as, then run \`npm run catalog -- push\`:

  earlier_prices: [${ids}]`;
}

/** Those left over, as a file that can be completed with IDs and given as the next import's map. */
export function renderReport(result: ImportResult): string {
  const rows = leftoversOf(result).map(({ stripeId, email, kind, reason }) => [
    stripeId,
    email ?? "",
    "",
    kind.toLowerCase(),
    reason,
  ]);
  return [["stripe_customer", "email", "id", "problem", "reason"], ...rows]
    .map((cells) => `${cells.map(csvCell).join(",")}\n`)
    .join("");
}
