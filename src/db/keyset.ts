import { and, or, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";

/** What rows can be ordered by, and how Postgres calls it. */
const typeNames = { instant: "timestamptz", text: "text", uuid: "uuid", whole: "bigint" } as const;
export type KeyType = keyof typeof typeNames;
export type KeyValue = Date | number | string;

/** One of the things that rows are ordered by, one after the other. Never null: the row could not be compared. */
export interface Key {
  readonly of: PgColumn | SQL;
  readonly type: KeyType;
}

/**
 * The order of a list. The last key tells all rows apart, so the order is total and stays.
 *
 * One index on the keys, each `desc nulls last` as Drizzle's `.desc()` writes it, serves both directions.
 */
export interface Order {
  readonly keys: readonly Key[];
  readonly direction: "ASC" | "DESC";
  /** How many keys the index has where the others are a joined table's; all of them when left out. */
  readonly indexed?: number;
}

/** Where a row stands in a list: the values of the order's keys. */
export type Position = readonly KeyValue[];

/** Which rows of a list to read. */
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

/** From the newest to the oldest, and of equal instants the greatest id first. */
export function newestFirst(at: PgColumn, id: PgColumn): Order {
  return { keys: [instantKey(at), idKey(id)], direction: "DESC" };
}

export const instantKey = (of: PgColumn): Key => ({ of, type: "instant" });
export const wholeKey = (of: PgColumn): Key => ({ of, type: "whole" });
export const idKey = (of: PgColumn): Key => ({ of, type: "uuid" });

/** The key of an instant that may be missing: what never comes is later than all that does. */
export function instantOrNeverKey(of: PgColumn): Key {
  return { of: sql`coalesce(${of}, '9999-12-31 23:59:59.999+00'::timestamptz)`, type: "instant" };
}

/**
 * The key of a text that may be missing: what is missing is greater than all there is, whatever the collation.
 *
 * It takes the row's id with it: thousands of equal keys would mislead Postgres about how much of a list is left.
 */
export function textOrNoneKey(of: PgColumn | SQL, id: PgColumn): Key {
  return { of: sql`coalesce('1' || ${of}, '2' || ${id}::text)`, type: "text" };
}

/** The columns of an index that serves lists in the order of these keys. */
export function indexOn(...keys: Key[]): [SQL, ...SQL[]] {
  const [first, ...others] = keys.map(({ of }) => sql`${of} desc nulls last`);
  if (!first) throw new Error("An index needs a column.");
  return [first, ...others];
}

/** The condition and order that read a slice by index, at the same cost at every depth. */
export function keyset(order: Order, { after, before, from }: Slice): { where: SQL | undefined; orderBy: SQL[] } {
  const { keys, direction } = order;
  const isForward = (direction === "ASC") === (from === "START");
  return {
    where: and(
      after ? beyond(order, direction === "ASC" ? ">" : "<", after) : undefined,
      before ? beyond(order, direction === "ASC" ? "<" : ">", before) : undefined,
    ),
    orderBy: keys.map(({ of }) => (isForward ? sql`${of} asc nulls first` : sql`${of} desc nulls last`)),
  };
}

/** The selection of a row's position, for `Object.values`. */
export function positionIn({ keys }: Order): Record<string, SQL<KeyValue>> {
  return Object.fromEntries(keys.map(({ of, type }, place) => [`key${place}`, sql`${of}`.mapWith(readers[type])]));
}

const readers: Readonly<Record<KeyType, (value: unknown) => KeyValue>> = {
  instant: (value) => new Date(String(value)),
  text: String,
  uuid: String,
  whole: Number,
};

function beyond({ keys, indexed = keys.length }: Order, than: "<" | ">", position: Position): SQL | undefined {
  const values = keys.map(({ type }, place) => parameter(position[place], type));
  const compare = (operator: string, from: number, to: number) =>
    sql`${tuple(keys.slice(from, to).map(({ of }) => of))} ${sql.raw(operator)} ${tuple(values.slice(from, to))}`;
  if (indexed === keys.length) return compare(than, 0, indexed);
  // The same in two parts: the index starts at the first, and Postgres guesses right how little the second leaves out.
  return and(compare(`${than}=`, 0, indexed), or(compare("<>", 0, indexed), compare(than, indexed, keys.length)));
}

function parameter(value: KeyValue | undefined, type: KeyType): SQL {
  return sql`${value instanceof Date ? value.toISOString() : value}::${sql.raw(typeNames[type])}`;
}

function tuple(parts: readonly (PgColumn | SQL)[]): SQL {
  return sql`(${sql.join([...parts], sql`, `)})`;
}
