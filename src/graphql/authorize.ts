import { type GraphQLSchema, isObjectType } from "graphql";
import { permissions } from "./permissions.js";
import { allow, applyMiddleware, deny, type rule, shield } from "./shield-lib.js";

type Rule = typeof allow | ReturnType<ReturnType<typeof rule>>;
type RuleMap = Record<string, Record<string, Rule>>;

/**
 * Puts the permissions on a schema. Throws for a root field or an `Admin*` type that has none.
 *
 * Differs from shield alone in two ways, both measured: a field that everybody may see keeps its own
 * resolver (shield makes each field a promise, which doubles the cost of a query), and streams are
 * judged when they open (shield would judge each event, and let the stream itself through).
 */
export function authorize(plain: GraphQLSchema): GraphQLSchema {
  const rules = completeRules(plain);
  const streams = plain.getSubscriptionType()?.getFields() ?? {};
  // graphql-middleware wraps `resolve` where there is one, and `subscribe` only where there is none.
  const resolvers = Object.entries(streams).map(([name, field]) => [name, field.resolve] as const);
  for (const field of Object.values(streams)) delete field.resolve;
  const guarded = applyMiddleware(
    plain,
    shield(rules, { fallbackRule: deny, allowExternalErrors: true, fallbackError: forwarded }),
  );
  for (const [name, resolve] of resolvers) {
    const field = guarded.getSubscriptionType()?.getFields()[name];
    if (field && resolve) field.resolve = resolve;
  }
  unwrapAllowed(plain, guarded, rules);
  return guarded;
}

/** A rule's own error reaches the client; shield would put "Not Authorised!" in its place. */
function forwarded(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error("A permission refused without saying why.");
}

function completeRules(schema: GraphQLSchema): RuleMap {
  const given: RuleMap = permissions;
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const complete: RuleMap = {};
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith("__")) continue;
    const named = given[type.name] ?? {};
    const mustBeNamed = roots.includes(type) || type.name.startsWith("Admin");
    const fields = Object.keys(type.getFields());
    const missing = mustBeNamed ? fields.filter((field) => !named[field]) : [];
    if (missing.length > 0) throw new Error(`permissions.ts says nothing of ${type.name}.${missing.join(", .")}`);
    complete[type.name] = Object.fromEntries(fields.map((field) => [field, named[field] ?? allow]));
  }
  return complete;
}

function unwrapAllowed(plain: GraphQLSchema, guarded: GraphQLSchema, rules: RuleMap): void {
  for (const [typeName, fields] of Object.entries(rules)) {
    const [bare, wrapped] = [plain.getType(typeName), guarded.getType(typeName)];
    if (!isObjectType(bare) || !isObjectType(wrapped)) continue;
    for (const [name, rule] of Object.entries(fields)) {
      const field = wrapped.getFields()[name];
      const resolve = bare.getFields()[name]?.resolve;
      if (rule !== allow || !field) continue;
      if (resolve) field.resolve = resolve;
      else delete field.resolve;
    }
  }
}
