import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import { ApolloServerPluginLandingPageLocalDefault } from "@apollo/server/plugin/landingPage/default";
import { GraphQLError, type GraphQLSchema } from "graphql";
import { chargeOperations } from "./charge-operations.js";
import type { GraphQLContext } from "./context.js";
import type { CostOf } from "./cost.js";
import { isOurs, presentError, presentTersely } from "./errors.js";
import { limitRules, limits } from "./limits.js";

/** What differs between development and production. */
export interface ApolloSettings {
  readonly introspection: boolean;
  /** Apollo's page at `/graphql` for browsers. */
  readonly landingPage: boolean;
  /** What an operation costs. */
  readonly costOf: CostOf;
}

/** Apollo Server with everything off that costs without being used, and every limit on. */
export function makeApollo(schema: GraphQLSchema, { introspection, landingPage, costOf }: ApolloSettings) {
  return new ApolloServer<GraphQLContext>({
    schema,
    introspection,
    hideSchemaDetailsFromClientErrors: !introspection,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    persistedQueries: false,
    parseOptions: { maxTokens: limits.tokens },
    maxRecursiveSelections: 2_000,
    validationRules: [...limitRules],
    formatError: introspection ? presentError : presentTersely,
    plugins: [
      // Hooks every field; off, a list costs a third less.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      landingPage
        ? ApolloServerPluginLandingPageLocalDefault({ footer: false })
        : ApolloServerPluginLandingPageDisabled(),
      refuseStreams,
      chargeOperations(costOf),
      tidyErrors,
      logOperations,
    ],
  });
}

/** Streams are guarded where they open, which is the WebSocket: over HTTP their fields would run unguarded. */
const refuseStreams: ApolloServerPlugin<GraphQLContext> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ operation }) {
        if (operation?.operation !== "subscription") return;
        const extensions = { code: "BAD_REQUEST", http: { status: 400 } };
        throw new GraphQLError("Subscriptions are served over WebSocket only.", { extensions });
      },
    };
  },
};

/** At most three errors for a request that was refused as a whole; the request's id with each of ours. */
const tidyErrors: ApolloServerPlugin<GraphQLContext> = {
  async requestDidStart() {
    return {
      async willSendResponse({ response, contextValue }) {
        if (response.body.kind !== "single") return;
        const result = response.body.singleResult;
        if (!result.errors) return;
        const shown = result.data === undefined ? result.errors.slice(0, limits.errors) : result.errors;
        result.errors = shown.map((error) =>
          isOurs(error) ? { ...error, extensions: { ...error.extensions, requestId: contextValue.requestId } } : error,
        );
      },
    };
  },
};

/** One line for each operation: what, by whom, how long, how it ended. Never variables: they may hold anything. */
const logOperations: ApolloServerPlugin<GraphQLContext> = {
  async requestDidStart() {
    const startedAt = performance.now();
    return {
      async didEncounterErrors({ errors, contextValue: { log, requestId } }) {
        for (const error of errors) {
          if (isOurs(presentError(error.toJSON(), error)))
            log.error({ err: error.originalError ?? error, requestId }, "operation failed");
        }
      },
      async willSendResponse({ operationName, operation, response, contextValue: { log, viewer, requestId } }) {
        const errors = response.body.kind === "single" ? response.body.singleResult.errors : undefined;
        // The budget tells of them, once a minute: whoever asks too much must not fill the log as well.
        if (errors?.[0]?.extensions?.["code"] === "THROTTLED") return;
        log.info(
          {
            requestId,
            operation: operationName ?? "anonymous",
            kind: operation?.operation,
            roles: viewer ? [...viewer.roles] : [],
            ...(viewer?.serviceKeyId && { serviceKey: viewer.subject }),
            ms: Math.round(performance.now() - startedAt),
            ...(errors && { errors: errors.map((error) => error.extensions?.["code"]) }),
          },
          "graphql",
        );
      },
    };
  },
};
