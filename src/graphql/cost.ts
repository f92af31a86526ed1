import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  type OperationDefinitionNode,
  type ValidationRule,
  validate,
} from "graphql";
import { type ComplexityEstimator, type ComplexityEstimatorArgs, createComplexityRule } from "graphql-query-complexity";
import { type CostKey, costKeyOf, type Variables } from "./cost-variables.js";
import { fieldCostOf } from "./field-costs.js";
import { countedSize } from "./page-size.js";

/** What an operation takes from its caller's budget. */
export interface Cost {
  readonly points: number;
  /** Each field that reaches Stripe, by the customer whom its input names; null where it names none. */
  readonly money: readonly (string | null)[];
}

/** Tells what an operation costs, before it runs. */
export type CostOf = (document: DocumentNode, operation: OperationDefinitionNode, variables: Variables) => Cost;

/** What the least operation costs, and one that cannot even be judged. */
export const leastCost: Cost = { points: 1, money: [] };

/** How many items a list without pages counts as. Such lists have a natural bound: tiers, features, an invoice's lines. */
const listItems = 5;
/** The schema is the same for everybody, and as a whole what is asked for. */
const introspection = 100;
/** How many answers are remembered of one document. */
const mostRemembered = 100;

interface Known {
  readonly keyOf: CostKey;
  readonly costs: Map<string, Cost>;
}

/**
 * Counts what an operation costs at most: an object 1, a connection 2 and its page's size times one item, a list
 * without pages five times one item, a mutation 10, and what field-costs.ts says. Scalars are free.
 *
 * Counted once for each document and each set of page sizes: Apollo Server gives the same document for the same text.
 */
export function makeCostCounter(schema: GraphQLSchema): CostOf {
  const documents = new WeakMap<DocumentNode, Known>();
  return (document, operation, variables) => {
    const known = documents.get(document) ?? { keyOf: costKeyOf(document), costs: new Map<string, Cost>() };
    documents.set(document, known);
    const key = `${operation.name?.value ?? ""} ${known.keyOf(variables)}`;
    const remembered = known.costs.get(key);
    if (remembered) return remembered;
    const { cost, isWhole } = count(schema, document, operation, variables);
    // Whom the input names is not in the key, and such an operation is slow anyway.
    if (!isWhole || cost.money.length > 0) return cost;
    if (known.costs.size >= mostRemembered) known.costs.clear();
    known.costs.set(key, cost);
    return cost;
  };
}

function count(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): { cost: Cost; isWhole: boolean } {
  let points = 0;
  const money: (string | null)[] = [];
  const noteMoney = ({ type, field, args }: ComplexityEstimatorArgs) => {
    if (fieldCostOf(type.name, field.name)?.isMoney) money.push(customerIn(args));
  };
  const rule: ValidationRule = createComplexityRule({
    estimators: [(of) => void noteMoney(of), estimate],
    maximumComplexity: Number.POSITIVE_INFINITY,
    variables: { ...variables },
    ...(operation.name && { operationName: operation.name.value }),
    onComplete: (total: number) => {
      points = total;
    },
  });
  try {
    // Faults are found again, and said, when the operation runs: what can be counted of it counts.
    const faults = validate(schema, document, [rule]);
    return { cost: { points: Math.max(leastCost.points, Math.ceil(points)), money }, isWhole: faults.length === 0 };
  } catch (error) {
    // More fields, through fragments in fragments, than the package counts.
    if (error instanceof GraphQLError) return { cost: { points: Number.MAX_SAFE_INTEGER, money }, isWhole: false };
    throw error;
  }
}

const estimate: ComplexityEstimator = ({ type, field, args, childComplexity: selected }) => {
  if (type.name.startsWith("__")) return 0;
  if (field.name === "__schema" || field.name === "__type") return introspection;
  const { items, points } = fieldCostOf(type.name, field.name) ?? {};
  if (points) return points(items === undefined ? 0 : lengthOf(args, items), selected);
  const of = getNamedType(field.type);
  if (isPage(type.name)) return costInPage(field.name, selected);
  if (!isCompositeType(of)) return 0;
  if (isPage(of.name)) return 2 + countedSize(args) * selected;
  return isListType(getNullableType(field.type)) ? listItems * (1 + selected) : 1 + selected;
};

function isPage(typeName: string): boolean {
  return typeName.endsWith("Connection");
}

/** One item of a page; the page itself has been counted. */
function costInPage(field: string, selected: number): number {
  if (field === "nodes") return 1 + selected;
  return field === "edges" ? Math.max(1, selected) : 0;
}

function lengthOf(args: Variables, path: string): number {
  const list = path
    .split(".")
    .reduce<unknown>(
      (value, step) => (typeof value === "object" && value !== null ? Reflect.get(value, step) : undefined),
      args,
    );
  return Array.isArray(list) ? list.length : 0;
}

function customerIn({ input }: Variables): string | null {
  const named = typeof input === "object" && input !== null ? Reflect.get(input, "externalCustomerId") : null;
  return typeof named === "string" ? named : null;
}
