import { readFile } from "node:fs/promises";
import { type Document, LineCounter, parseDocument, visit, type YAMLError } from "yaml";
import type { z } from "zod";
import type { CatalogDefinition } from "./catalog.js";
import { definitionOf } from "./catalog-definition.js";
import {
  type CatalogFault,
  CatalogFileError,
  type FilePath,
  faultyFile,
  positionOf,
  positionOfKey,
} from "./catalog-fault.js";
import { brokenRules } from "./catalog-file-rules.js";
import { type CatalogOutline, catalogSchema, keysAllowedAt, outlineOf } from "./catalog-schema.js";
import { isCurrency } from "./catalog-schema-prices.js";
import { nearestWord } from "./did-you-mean.js";

/** Reads the catalog from its file; throws `CatalogFileError` with every fault in it. */
export async function readCatalogFile(file: string): Promise<CatalogDefinition> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    const reason =
      error.code === "ENOENT" ? `There is no catalog at ${file}.` : `Cannot read ${file}: ${error.message}.`;
    throw new CatalogFileError(`${reason} Name another file with --file.`, []);
  });
  return parseCatalog(text, file);
}

/** Reads the catalog from YAML; throws `CatalogFileError` with every fault in it. `file` is its name in messages. */
export function parseCatalog(text: string, file: string): CatalogDefinition {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const written = document.errors.map((error) => syntaxFault(error, text, lines));
  // After a slip in the syntax nothing below it can be trusted; a key that is there twice hides nothing.
  if (document.errors.some((error) => error.code !== "DUPLICATE_KEY")) throw faultyFile(file, written);

  const nameless = unknownAliases(document, lines);
  if (nameless.length > 0) throw faultyFile(file, [...written, ...nameless]);

  const raw: unknown = document.toJS();
  const outline = outlineOf(raw);
  const shape = catalogSchema(outline).safeParse(raw);
  const shapeFaults = (shape.error?.issues ?? []).flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => {
        const path = [...issue.path, key];
        return { ...positionOfKey(document, lines, path), ...unknownKey(path, outline) };
      });
    }
    return [{ ...positionOf(document, lines, issue.path), ...wrongValue(issue, raw) }];
  });
  const ruleFaults = brokenRules(outline).map(({ path, problem, hint }) => {
    return { ...positionOf(document, lines, path), problem, hint };
  });
  const faults = [...written, ...shapeFaults, ...ruleFaults];
  if (faults.length > 0 || !shape.success) throw faultyFile(file, faults);
  return definitionOf(shape.data);
}

function syntaxFault(error: YAMLError, text: string, lines: LineCounter): CatalogFault {
  const { line, col } = lines.linePos(error.pos[0]);
  const word = /^[^\s:]+/.exec(text.slice(error.pos[0]))?.[0] ?? "";
  if (error.code === "DUPLICATE_KEY") {
    return { line, column: col, problem: `\`${word}\` is there twice.`, hint: "Keep one of the two." };
  }
  const hint = "The rest of the file was not checked.";
  return { line, column: col, problem: `This is not YAML: ${error.message.replace(/\.?$/, ".")}`, hint };
}

function unknownAliases(document: Document, lines: LineCounter): CatalogFault[] {
  const faults: CatalogFault[] = [];
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document)) return;
      const { line, col } = lines.linePos(alias.range?.[0] ?? 0);
      const problem = `Nothing above is named \`&${alias.source}\`.`;
      faults.push({ line, column: col, problem, hint: "Put a text that begins with an asterisk in quotes." });
    },
  });
  return faults;
}

function unknownKey(path: FilePath, outline: CatalogOutline): Pick<CatalogFault, "problem" | "hint"> {
  const name = nameOf(path);
  if (path[0] === "tiers" && path[2] === "prices" && path.length === 5) return unknownCurrency(name);
  const known = keysAllowedAt(path.slice(0, -1), outline) ?? [];
  const meant = nearestWord(name, known);
  const isFeature = path[0] === "tiers" && path.at(-2) === "features";
  return {
    problem: isFeature ? `There is no feature \`${name}\`.` : `Unknown key \`${name}\`.`,
    hint: meant ? `Did you mean \`${meant}\`?` : `Known here: ${known.join(", ") || "nothing"}.`,
  };
}

function unknownCurrency(code: string): Pick<CatalogFault, "problem" | "hint"> {
  const meant = code.toLowerCase();
  const hint = isCurrency(meant) ? `Did you mean \`${meant}\`?` : "Use an ISO 4217 code in lower case, such as eur.";
  return { problem: `There is no currency \`${code}\`.`, hint };
}

function wrongValue(issue: z.core.$ZodIssue, raw: unknown): Pick<CatalogFault, "problem" | "hint"> {
  const name = issue.path.length === 0 ? "The file" : `\`${nameOf(issue.path)}\``;
  const value = issue.path.reduce<unknown>((inside, key) => valueAt(inside, key), raw);
  const problem = value === undefined ? `${name} is missing.` : `${name} cannot be ${inWords(value)}.`;
  return { problem, hint: issue.message };
}

function valueAt(inside: unknown, key: PropertyKey): unknown {
  return typeof inside === "object" && inside !== null ? Reflect.get(inside, key) : undefined;
}

function nameOf(path: FilePath): string {
  const [parent, last] = path.slice(-2);
  if (typeof last === "number") return `${String(parent)}[${last}]`;
  return String(path.at(-1));
}

function inWords(value: unknown): string {
  if (value === null || value === "") return "empty";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a block" : JSON.stringify(value);
}
