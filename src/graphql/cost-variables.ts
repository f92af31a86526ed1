import { type DocumentNode, Kind, type ValueNode, visit } from "graphql";
import { itemPaths } from "./field-costs.js";
import { countedSize } from "./page-size.js";

export type Variables = Readonly<Record<string, unknown>>;

/** What of the variables a document's cost hangs on, as a text: with the same one it costs the same. */
export type CostKey = (variables: Variables) => string;

type Read = (variables: Variables) => string;

/** Finds what the cost hangs on: page sizes, the lengths of lists that are worked through, and what is skipped. */
export function costKeyOf(document: DocumentNode): CostKey {
  const reads: Read[] = [];
  visit(document, {
    Directive({ arguments: given = [] }) {
      for (const { name, value } of given) {
        if (name.value === "if") reads.push(...reading(value, [], (found) => String(found === true)));
      }
    },
    Field({ name: field, arguments: given = [] }) {
      const items = itemPaths.get(field.value);
      for (const { name, value } of given) {
        if (name.value === "first" || name.value === "last") reads.push(...reading(value, [], pageText));
        if (name.value === items?.[0]) reads.push(...reading(value, items.slice(1), lengthText));
      }
    },
  });
  if (reads.length === 0) return () => "";
  return (variables) => reads.map((read) => read(variables)).join();
}

/** Reads what is at a path inside of a value, if a variable says it. */
function reading(value: ValueNode, path: readonly string[], show: (found: unknown) => string): Read[] {
  const [step, ...rest] = path;
  if (value.kind === Kind.VARIABLE) {
    const name = value.name.value;
    return [(variables) => (isGiven(variables, name) ? show(within(variables[name], path)) : "default")];
  }
  if (value.kind !== Kind.OBJECT || step === undefined) return [];
  return value.fields.flatMap((field) => (field.name.value === step ? reading(field.value, rest, show) : []));
}

function isGiven(variables: Variables, name: string): boolean {
  return Object.hasOwn(variables, name) && variables[name] !== undefined;
}

function within(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, step) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, step) : undefined),
    value,
  );
}

function pageText(size: unknown): string {
  return typeof size === "number" ? String(countedSize({ first: size })) : typeof size;
}

function lengthText(list: unknown): string {
  if (list === null) return "null";
  return Array.isArray(list) ? String(list.length) : typeof list;
}
