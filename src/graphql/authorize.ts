import { type GraphQLSchema, isObjectType } from "graphql";
import { permissions } from "./permissions.js";
import { guardQuickly, isQuick, type QuickRule } from "./quick-rule.js";
import { allow, applyMiddleware, deny, type rule, shield } from "./shield-lib.js";

type Rule = typeof allow | ReturnType<ReturnType<typeof rule>>;
type RuleMap<Of> = Record<string, Record<string, Of>>;
/** Everything that the permissions may say. */
type Complete = RuleMap<Rule | QuickRule>;

/** Types whose fields must all be named, as not everybody who sees the object may see each field. */
const namedWhole = ["Customer"];

/**
 * Puts the permissions on a schema. Throws for a root field, or a field of `Customer` or of an `Admin*` type, that
 * has none.
 *
 * Differs from shield alone in two ways, both measured: a field that everybody may see keeps its own
 * resolver (shield makes each field a promise, which doubles the cost of a query), and streams are
 * judged when they open (shield would judge each event, and let the stream itself through). Quick rules are
 * not shield's at all.
 */
export function authorize(plain: GraphQLSchema): GraphQLSchema {
  const complete = completeRules(plain);
  const rules = mapRules(complete, (each) => (isQuick(each) ? allow : each));
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
  addQuickRules(guarded, complete);
  return guarded;
}

/** A rule's own error reaches the client; shield would put "Not Authorised!" in its place. */
function forwarded(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error("A permission refused without saying why.");
}

function completeRules(schema: GraphQLSchema): Complete {
  const given: Complete = permissions;
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const complete: Complete = {};
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith("__")) continue;
    const named = given[type.name] ?? {};
    const mustBeNamed = roots.includes(type) || type.name.startsWith("Admin") || namedWhole.includes(type.name);
    const fields = Object.keys(type.getFields());
    const missing = mustBeNamed ? fields.filter((field) => !named[field]) : [];
    if (missing.length > 0) throw new Error(`permissions.ts says nothing of ${type.name}.${missing.join(", .")}`);
    complete[type.name] = Object.fromEntries(fields.map((field) => [field, named[field] ?? allow]));
  }
  return complete;
}

function mapRules<From, To>(rules: RuleMap<From>, map: (rule: From) => To): RuleMap<To> {
  const mapped = Object.entries(rules).map(([type, fields]) => {
    return [type, Object.fromEntries(Object.entries(fields).map(([name, each]) => [name, map(each)]))] as const;
  });
  return Object.fromEntries(mapped);
}

function addQuickRules(guarded: GraphQLSchema, rules: Complete): void {
  for (const [typeName, fields] of Object.entries(rules)) {
    const type = guarded.getType(typeName);
    for (const [name, permission] of Object.entries(fields)) {
      const field = isObjectType(type) ? type.getFields()[name] : undefined;
      if (!field || !isQuick(permission)) continue;
      // Its resolver runs for each event, when the stream has long been open.
      if (type === guarded.getSubscriptionType()) throw new Error(`A quick rule cannot guard the stream ${name}.`);
      guardQuickly(field, permission);
    }
  }
}

function unwrapAllowed(plain: GraphQLSchema, guarded: GraphQLSchema, rules: RuleMap<Rule>): void {
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
