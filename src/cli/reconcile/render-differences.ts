import type { DifferenceRow } from "../../billing/reconciliation/reconciliation.table.js";

const headings = ["kind", "object", "field", "ours", "Stripe's", "repaired"];
const widest = 48;

/** Differences as a table for a terminal; long values are cut. */
export function renderDifferences(differences: readonly DifferenceRow[]): string {
  const rows = [headings, ...differences.map(cellsOf)];
  const widths = headings.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
  return rows.map((cells) => line(cells).trimEnd()).join("\n");
}

function cellsOf({ kind, stripeId, field, ours, theirs, isRepaired }: DifferenceRow): string[] {
  const [mine, stripes] = field === null ? [presence(ours), presence(theirs)] : [shown(ours), shown(theirs)];
  return [kind, stripeId, field ?? "(all of it)", mine, stripes, isRepaired ? "yes" : "no"];
}

function presence(whole: unknown): string {
  return whole === null ? "missing" : "there";
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > widest ? `${text.slice(0, widest - 1)}…` : text;
}
