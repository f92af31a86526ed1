import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isNonNullType,
  isObjectType,
  isScalarType,
} from "graphql";

/** A way from a root field to objects of one type, for asking each of its fields there. */
export interface Door {
  readonly operation: "query" | "mutation" | "subscription";
  /** The root field with its arguments; names in braces stand for IDs that only the test knows. */
  readonly root: string;
  /** The type that the root field is asked to be, where it gives an interface. */
  readonly as?: string;
  /** Fields from there on, as `Type.field`. */
  readonly edges: readonly string[];
  /** The type that is reached. */
  readonly type: string;
}

/** Values for arguments that must be given, by their names. */
export type Samples = Readonly<Record<string, string>>;

/** What a door is called in a test's title. */
export function nameOf({ root, edges }: Door): string {
  return [root, ...edges.map((edge) => edge.split(".")[1])].join(" › ");
}

/**
 * Every edge of the schema as a door: from each type that the first doors reach to each type next to it, the
 * nearest way first.
 */
export function doorsFrom(schema: GraphQLSchema, starts: readonly Door[]): Door[] {
  const doors = [...starts];
  const entered = new Set<string>();
  // The list grows while it is walked.
  for (const door of doors) {
    if (entered.has(door.type)) continue;
    entered.add(door.type);
    for (const field of fieldsOf(schema, door.type)) {
      const next = getNamedType(field.type);
      if (isObjectType(next))
        doors.push({ ...door, edges: [...door.edges, `${door.type}.${field.name}`], type: next.name });
    }
  }
  return doors;
}

/** The operation that asks for every field of the type behind a door; objects only for their type. */
export function operationThrough(schema: GraphQLSchema, door: Door, samples: Samples): string {
  const inside = door.edges
    .map((edge) => asked(fieldAt(schema, edge), samples))
    .reduceRight((selection, field) => `${field} { ${selection} }`, everyFieldOf(schema, door.type, samples));
  const cast = door.as ? `... on ${door.as} { ${inside} }` : inside;
  return `${door.operation} { ${door.root} { ${cast} } }`;
}

function everyFieldOf(schema: GraphQLSchema, type: string, samples: Samples): string {
  return fieldsOf(schema, type)
    .map((field) => (isLeaf(field) ? asked(field, samples) : `${asked(field, samples)} { __typename }`))
    .join(" ");
}

function isLeaf({ type }: GraphQLField<unknown, unknown>): boolean {
  const named = getNamedType(type);
  return isScalarType(named) || isEnumType(named);
}

/** A field with just the arguments that it needs. */
function asked({ name, args }: GraphQLField<unknown, unknown>, samples: Samples): string {
  const needed = args.filter(({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined);
  return needed.length === 0 ? name : `${name}(${needed.map((arg) => `${arg.name}: ${samples[arg.name]}`).join(", ")})`;
}

/** The fields of a type of objects. */
export function fieldsOf(schema: GraphQLSchema, type: string): GraphQLField<unknown, unknown>[] {
  return Object.values(objectType(schema, type).getFields());
}

function fieldAt(schema: GraphQLSchema, edge: string): GraphQLField<unknown, unknown> {
  const [type = "", name = ""] = edge.split(".");
  const field = objectType(schema, type).getFields()[name];
  if (!field) throw new Error(`The schema has no ${edge}.`);
  return field;
}

function objectType(schema: GraphQLSchema, name: string): GraphQLObjectType {
  const type = schema.getType(name);
  if (!isObjectType(type)) throw new Error(`The schema has no type of objects ${name}.`);
  return type;
}

/** What an answer says of the field: its value, or the code of the error that stands in its way, or that its object is not there. */
export type Seen = { readonly value: unknown } | { readonly code: string } | "missing";

/** Looks a field up in an answer that came through a door; of a list, in its first item. */
export function lookUp(answer: Pick<Result, "data" | "errors">, door: Door, field: string): Seen {
  const path = [responseKey(door.root), ...door.edges.map((edge) => edge.split(".")[1] ?? ""), field];
  for (const error of answer.errors ?? []) {
    const at = (error.path ?? []).filter((key) => typeof key === "string");
    // An error without a path refused the whole.
    if (at.every((key, place) => key === path[place])) return { code: String(error.extensions["code"]) };
  }
  let value: unknown = answer.data;
  for (const key of path) {
    const object: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof object !== "object" || object === null) return "missing";
    value = Object.entries(object).find(([name]) => name === key)?.[1];
  }
  return { value };
}

interface Result {
  readonly data: unknown;
  readonly errors?:
    | readonly { readonly path?: readonly (string | number)[]; readonly extensions: Record<string, unknown> }[]
    | undefined;
}

function responseKey(root: string): string {
  return root.replace(/\W.*$/s, "");
}
