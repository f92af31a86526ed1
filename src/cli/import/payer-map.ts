import { emailKey } from "../../billing/adoption/payer-source.js";
import { readCsv } from "./csv.js";

/** A map that cannot be read; says where, and what would be right. */
export class MapFault extends Error {
  override readonly name = "MapFault";
}

/** Who is who, as the host product's database has it. */
export interface PayerMap {
  readonly byStripeId: ReadonlyMap<string, string | null>;
  readonly byEmail: ReadonlyMap<string, string | null>;
  /** Rows that named a payer. */
  readonly rows: number;
  /** Rows without an ID, or with nothing to find the customer by: left out. */
  readonly emptyRows: number;
}

interface MapRow {
  readonly id: string;
  readonly stripeId: string;
  readonly email: string;
}

const columns = { id: "id", stripeId: "stripe_customer", email: "email" } as const;

/**
 * Reads a map: CSV with a line of headings, or JSON lines, with `id` (the payer's in the host product) and
 * `stripe_customer`, `email` or both. Other columns do not matter. What is named twice, for different payers, is kept
 * as such: nobody is guessed.
 */
export function readPayerMap(text: string): PayerMap {
  const content = text.replace(/^\uFEFF/, "");
  const rows = content.trimStart().startsWith("{") ? jsonRows(content) : csvRows(content);
  const byStripeId = new Map<string, string | null>();
  const byEmail = new Map<string, string | null>();
  let [named, empty] = [0, 0];
  for (const { id, stripeId, email } of rows) {
    if (id === "" || (stripeId === "" && email === "")) {
      empty += 1;
      continue;
    }
    named += 1;
    if (stripeId !== "") note(byStripeId, stripeId, id);
    // Where Stripe's ID is there, the address may be that of several.
    else note(byEmail, emailKey(email), id);
  }
  return { byStripeId, byEmail, rows: named, emptyRows: empty };
}

function note(map: Map<string, string | null>, key: string, id: string): void {
  const known = map.get(key);
  map.set(key, known === undefined || known === id ? id : null);
}

function* csvRows(text: string): Generator<MapRow> {
  const records = readRecords(text);
  const head = records.next();
  const names = head.done ? [] : head.value.cells.map((cell) => cell.trim().toLowerCase());
  const place = (name: string) => names.indexOf(name);
  const [id, stripeId, email] = [place(columns.id), place(columns.stripeId), place(columns.email)];
  if (id === -1 || (stripeId === -1 && email === -1)) {
    const found = names.length > 0 ? `It has: ${names.join(", ")}.` : "It is empty.";
    throw new MapFault(
      `The first line of the map names its columns, separated by commas: \`id\`, and \`email\` or \`stripe_customer\`. ${found}`,
    );
  }
  for (const { line, cells } of records) {
    if (cells.length !== names.length) {
      throw new MapFault(`Line ${line} of the map has ${cells.length} cells where the first line has ${names.length}.`);
    }
    const at = (column: number) => cells[column]?.trim() ?? "";
    yield { id: at(id), stripeId: at(stripeId), email: at(email) };
  }
}

function* readRecords(text: string) {
  try {
    yield* readCsv(text);
  } catch (error) {
    throw new MapFault(`The map is no CSV. ${error instanceof Error ? error.message : error}`);
  }
}

function* jsonRows(text: string): Generator<MapRow> {
  for (const [index, written] of text.split("\n").entries()) {
    if (written.trim() === "") continue;
    const row = parsed(written);
    if (!row) throw new MapFault(`Line ${index + 1} of the map is no JSON object, though the first one is.`);
    const at = (name: string) => textOf(row[name], `\`${name}\` in line ${index + 1} of the map`);
    yield { id: at(columns.id), stripeId: at(columns.stripeId), email: at(columns.email) };
  }
}

function parsed(written: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(written);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown, what: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value.trim();
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value);
  throw new MapFault(`${what} is neither a text nor a whole number.`);
}
