import { and, gte, inArray, lt, type SQL } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";

/** A half-open span of time; an end that is left out is open. */
export interface Between {
  readonly from?: Date | null;
  readonly to?: Date | null;
}

/** The condition that a column is any of these; none at all without a list, and one that nothing meets for an empty one. */
export function isAnyOf(column: PgColumn, values: readonly string[] | null | undefined): SQL | undefined {
  return values ? inArray(column, [...values]) : undefined;
}

/** The condition that a column lies in the span. */
export function isBetween(column: PgColumn, span: Between | null | undefined): SQL | undefined {
  return and(span?.from ? gte(column, span.from) : undefined, span?.to ? lt(column, span.to) : undefined);
}
