import { readFileSync } from "node:fs";
import {
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
} from "graphql";
import { expect, test } from "vitest";
import { authorize } from "../src/graphql/authorize.js";
import { permissions } from "../src/graphql/permissions.js";
import { isAdmin } from "../src/graphql/rules.js";
import { buildPlainSchema, printPublic, printSorted } from "../src/graphql/schema.js";

const schema = buildPlainSchema();

test("schema.graphql is what the code serves; `npm run schema` writes it", () => {
  expect(readFileSync("schema.graphql", "utf8")).toBe(printSorted(schema));
});

test("schema.public.graphql is the same without what only admins reach", () => {
  const published = readFileSync("schema.public.graphql", "utf8");
  expect(published).toBe(printPublic(schema));
  expect(published).not.toMatch(/^\s*(type|input|enum|interface|union) Admin|^ {2}admin/m);
});

test("every type, field, argument and enum value says what it is", () => {
  expect(namedTypes(schema).flatMap(undescribed)).toEqual([]);
});

test("a description is a sentence of its own, not the name again", () => {
  const words = (text: string) => text.toLowerCase().replace(/[^a-z]/g, "");
  const empty = namedTypes(schema).filter(({ name, description }) => words(description ?? "") === words(name));
  expect(empty.map(({ name }) => name)).toEqual([]);
});

test("every root field is nullable, so that a failure costs one field and not the whole answer", () => {
  const strict = rootFields(schema).filter(({ field }) => isNonNullType(field.type));
  expect(strict.map(({ path }) => path)).toEqual([]);
});

test("every mutation takes one input and gives one payload, both named after it", () => {
  for (const [name, field] of Object.entries(schema.getMutationType()?.getFields() ?? {})) {
    const typeName = name.charAt(0).toUpperCase() + name.slice(1);
    expect([field.args.map((arg) => `${arg.name}: ${arg.type}`), String(field.type)]).toEqual([
      [`input: ${typeName}Input!`],
      `${typeName}Payload`,
    ]);
  }
});

test("guarding the schema changes nothing of it that a client can see", () => {
  expect(printSorted(authorize(buildPlainSchema()))).toBe(printSorted(schema));
});

test("who may call it is written down for every root field, and for nothing that does not exist", () => {
  const given: Record<string, object> = permissions;
  const listed = Object.entries(given).flatMap(([type, fields]) =>
    Object.keys(fields).map((name) => `${type}.${name}`),
  );
  const existing = namedTypes(schema).flatMap(fieldsOf);
  expect(listed.filter((path) => !existing.includes(path))).toEqual([]);
  expect(rootFields(schema).filter(({ path }) => !listed.includes(path))).toEqual([]);
});

test.each([
  ["root field", "Query", "payments"],
  ["field of a customer", "Customer", "email"],
  ["field that staff see", "AdminServiceKey", "prefix"],
])("a %s without a permission keeps the service from starting", (_what, type, field) => {
  const rules: Record<string, Record<string, unknown>> = permissions;
  const rule = rules[type]?.[field];
  try {
    delete rules[type]?.[field];
    expect(() => authorize(buildPlainSchema())).toThrow(`permissions.ts says nothing of ${type}.${field}`);
  } finally {
    Object.assign(rules[type] ?? {}, { [field]: rule });
  }
});

test("a rule that is judged at each event cannot be mistaken for one that guards a stream", () => {
  const streams: Record<string, unknown> = permissions.Subscription;
  const rule = streams["entitlementsChanged"];
  try {
    streams["entitlementsChanged"] = isAdmin;
    expect(() => authorize(buildPlainSchema())).toThrow("cannot guard the stream entitlementsChanged");
  } finally {
    streams["entitlementsChanged"] = rule;
  }
});

function namedTypes(of: GraphQLSchema): GraphQLNamedType[] {
  const builtIn = ["Boolean", "Float", "ID", "Int", "String"];
  return Object.values(of.getTypeMap()).filter(({ name }) => !name.startsWith("__") && !builtIn.includes(name));
}

function rootFields(of: GraphQLSchema) {
  return [of.getQueryType(), of.getMutationType(), of.getSubscriptionType()].flatMap((type) =>
    Object.values(type?.getFields() ?? {}).map((field) => ({ path: `${type?.name}.${field.name}`, field })),
  );
}

function fieldsOf(type: GraphQLNamedType): string[] {
  return isObjectType(type) ? Object.keys(type.getFields()).map((name) => `${type.name}.${name}`) : [];
}

interface Described {
  readonly name: string;
  readonly description?: string | null | undefined;
}

function undescribed(type: GraphQLNamedType): string[] {
  return [{ path: type.name, thing: type }, ...partsOf(type)]
    .filter(({ thing }) => !thing.description?.trim())
    .map(({ path }) => path);
}

function partsOf(type: GraphQLNamedType): { path: string; thing: Described }[] {
  const under = (things: readonly Described[], path: string) =>
    things.map((thing) => ({ path: `${path}.${thing.name}`, thing }));
  if (isEnumType(type)) return under(type.getValues(), type.name);
  if (isInputObjectType(type)) return under(Object.values(type.getFields()), type.name);
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  const fields = Object.values(type.getFields());
  return [...under(fields, type.name), ...fields.flatMap((field) => under(field.args, `${type.name}.${field.name}`))];
}
