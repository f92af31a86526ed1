import { and, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";

/** Where a row stands in a list that runs from the newest to the oldest. */
export interface Position {
  readonly at: Date;
  readonly id: string;
}

/** Which rows of such a list to read. */
export interface Slice {
  /** Only rows after this one. */
  readonly after: Position | null;
  /** Only rows before this one. */
  readonly before: Position | null;
  /** Which end of what is left to take from. */
  readonly from: "START" | "END";
  /** Most rows to read. */
  readonly limit: number;
}

/** The condition and order that read a slice by index, at the same cost at every depth. */
export function keyset(at: PgColumn, id: PgColumn, slice: Slice): { where: SQL | undefined; orderBy: SQL[] } {
  const than = (position: Position) => sql`(${position.at.toISOString()}::timestamptz, ${position.id}::uuid)`;
  const where = and(
    slice.after ? sql`(${at}, ${id}) < ${than(slice.after)}` : undefined,
    slice.before ? sql`(${at}, ${id}) > ${than(slice.before)}` : undefined,
  );
  const orderBy = slice.from === "START" ? [sql`${at} desc`, sql`${id} desc`] : [sql`${at} asc`, sql`${id} asc`];
  return { where, orderBy };
}
