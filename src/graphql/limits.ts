import { ApolloArmor } from "@escape.tech/graphql-armor";
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getVariableValues,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from "graphql";

/**
 * What a document may be at most, at HTTP and WebSocket alike. The largest honest operation we know
 * needs half of each.
 */
export const limits = {
  depth: 12,
  aliases: 15,
  directives: 5,
  tokens: 1_000,
  bodyBytes: 100_000,
  errors: 3,
  /** Points, whoever asks. */
  cost: 100_000,
  /** Of one caller in one process: some streams ask Stripe every few seconds. */
  streams: 50,
} as const;

const armor = new ApolloArmor({
  maxDepth: { n: limits.depth, ignoreIntrospection: false },
  // The package lets `__typename` through unless told otherwise.
  maxAliases: { n: limits.aliases, allowList: [] },
  maxDirectives: { n: limits.directives },
  // It does not see page sizes in variables; cost.ts does.
  costLimit: { enabled: false },
  // Both are done better by Apollo Server: these would answer 500, or not at all over WebSocket.
  maxTokens: { enabled: false },
  blockFieldSuggestion: { enabled: false },
}).protect();

/** Rules beside GraphQL's own. */
export const limitRules: readonly ValidationRule[] = armor.validationRules;

/** Parses and checks a document that did not come through Apollo Server; gives the faults instead when there are any. */
export function checkDocument(
  schema: GraphQLSchema,
  text: string,
  mayIntrospect: boolean,
): DocumentNode | GraphQLError[] {
  const parsed = parseWithin(text);
  if (parsed instanceof GraphQLError) return [parsed];
  const rules = [...specifiedRules, ...limitRules, ...(mayIntrospect ? [] : [NoSchemaIntrospectionCustomRule])];
  const found = validate(schema, parsed, rules, { maxErrors: limits.errors, hideSuggestions: !mayIntrospect });
  return found.length === 0
    ? parsed
    : found.slice(0, limits.errors).map((error) => withCode(error, "GRAPHQL_VALIDATION_FAILED"));
}

/** What is wrong with the variables of an operation that did not come through Apollo Server. */
export function checkVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>> | null | undefined,
): GraphQLError[] {
  const { errors = [] } = getVariableValues(schema, variableDefinitions, variables ?? {}, { maxErrors: limits.errors });
  return errors.slice(0, limits.errors).map((error) => withCode(error, "BAD_USER_INPUT"));
}

function parseWithin(text: string): DocumentNode | GraphQLError {
  try {
    return parse(text, { maxTokens: limits.tokens });
  } catch (error) {
    const message = error instanceof Error ? error.message : "This is not a GraphQL document.";
    return new GraphQLError(message, { extensions: { code: "GRAPHQL_PARSE_FAILED" } });
  }
}

function withCode({ message }: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}
