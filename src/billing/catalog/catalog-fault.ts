import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type LineCounter, type Node } from "yaml";

/** One thing wrong in the catalog's file, where it is, and what would be right. */
export interface CatalogFault {
  readonly line: number;
  readonly column: number;
  readonly problem: string;
  readonly hint: string;
}

/** The way to a place in the file: keys of maps, indexes of lists. */
export type FilePath = readonly PropertyKey[];

/** The catalog's file cannot be used. The message has a line for each fault, ready for a terminal. */
export class CatalogFileError extends Error {
  override readonly name = "CatalogFileError";
  constructor(
    message: string,
    /** Empty when there is no file to have any. */
    readonly faults: readonly CatalogFault[],
  ) {
    super(message);
  }
}

/** The error for a file with faults, in the order one meets them. */
export function faultyFile(file: string, faults: readonly CatalogFault[]): CatalogFileError {
  const sorted = faults.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const lines = sorted.map((fault) => `${file}:${fault.line}:${fault.column} ${fault.problem} ${fault.hint}`);
  return new CatalogFileError(lines.join("\n"), sorted);
}

/** A place in the file as editors count it, from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * Where a path leads: to the value if that is one word or number, else to the key that names it.
 * What is missing is missing from its parent, so that is where it leads then.
 */
export function positionOf(document: Document, lines: LineCounter, path: FilePath): Position {
  let { key, value } = step(document, null, document.contents);
  for (const part of path) {
    const next = child(document, value, part);
    if (!next) return at(lines, key);
    ({ key, value } = next);
  }
  return at(lines, isScalar(value) && value.value !== null ? value : (key ?? value));
}

/** Where the key itself is that a path ends with. */
export function positionOfKey(document: Document, lines: LineCounter, path: FilePath): Position {
  const parent = path
    .slice(0, -1)
    .reduce<Place | undefined>(
      (place, part) => place && child(document, place.value, part),
      step(document, null, document.contents),
    );
  const last = path.at(-1);
  const key = last === undefined ? null : child(document, parent?.value, last)?.key;
  return at(lines, key ?? parent?.key ?? null);
}

interface Place {
  readonly key: Node | null;
  readonly value: unknown;
}

function step(document: Document, key: unknown, value: unknown): Place {
  return { key: isNode(key) ? key : null, value: isAlias(value) ? value.resolve(document) : value };
}

function child(document: Document, parent: unknown, part: PropertyKey): Place | undefined {
  if (isSeq(parent)) {
    const item = parent.items[Number(part)];
    return item === undefined ? undefined : step(document, item, item);
  }
  if (!isMap(parent)) return undefined;
  // The last of two equal keys is the one that YAML's own reader keeps.
  const pair = parent.items.findLast(({ key }) => String(isScalar(key) ? key.value : key) === String(part));
  return pair && step(document, pair.key, pair.value);
}

function at(lines: LineCounter, node: unknown): Position {
  const offset = isNode(node) ? node.range?.[0] : undefined;
  if (offset === undefined) return { line: 1, column: 1 };
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}
