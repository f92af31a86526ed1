import type { KeyType, KeyValue, Position } from "../db/keyset.js";

const version = "v2";

/** A row's place as clients pass it back: opaque to them, and good for one list in one order only. */
export function cursorOf(list: string, position: Position): string {
  return Buffer.from([version, list, ...position.map(written)].join(" ")).toString("base64url");
}

/** The place in a cursor of this list; undefined for anything but what `cursorOf` writes, to the letter. */
export function positionOf(cursor: string, list: string, keys: readonly KeyType[]): Position | undefined {
  const [, , ...texts] = Buffer.from(cursor, "base64url").toString("utf8").split(" ");
  const position = keys.flatMap((type, place) => readers[type](texts[place] ?? "") ?? []);
  return position.length === keys.length && cursorOf(list, position) === cursor ? position : undefined;
}

function written(value: KeyValue): string {
  if (value instanceof Date) return value.toISOString();
  return typeof value === "string" ? encodeURIComponent(value) : String(value);
}

/** Postgres has no year 0. */
const instant = /^(?!0000)\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** How each type is read; undefined for what Postgres could not take. */
const readers: Readonly<Record<KeyType, (text: string) => KeyValue | undefined>> = {
  instant(text) {
    const at = new Date(instant.test(text) ? text : Number.NaN);
    return Number.isNaN(at.getTime()) ? undefined : at;
  },
  text: decoded,
  uuid: (text) => (uuid.test(text) ? text : undefined),
  whole: (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : undefined),
};

function decoded(text: string): string | undefined {
  try {
    const value = decodeURIComponent(text);
    return value.includes("\0") ? undefined : value; // the one character that Postgres has no text with
  } catch {
    return undefined; // a percent sign that escapes nothing
  }
}
