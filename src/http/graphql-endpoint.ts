import type { ApolloServer } from "@apollo/server";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import type { FastifyInstance } from "fastify";
import type { GraphQLContext } from "../graphql/context.js";
import { limits } from "../graphql/limits.js";

/** What a request's context is made from. */
export interface Caller {
  /** `Authorization: Bearer …`; undefined for an anonymous caller. */
  readonly authorization: string | undefined;
  readonly acceptLanguage: string | undefined;
  readonly requestId: string;
}

/** Makes the context of one request or stream. Throws a GraphQL error with code UNAUTHENTICATED for a token that is not valid. */
export type MakeContext = (caller: Caller) => GraphQLContext;

/** Serves GraphQL over HTTP at `/graphql`. */
export async function serveGraphql(
  http: FastifyInstance,
  apollo: ApolloServer<GraphQLContext>,
  makeContext: MakeContext,
): Promise<void> {
  await apollo.start();
  http.route({
    method: ["GET", "POST"],
    url: "/graphql",
    bodyLimit: limits.bodyBytes,
    // What one caller may see must not be kept for another.
    onRequest: async (_request, reply) => void reply.header("cache-control", "no-store"),
    handler: fastifyApolloHandler(apollo, {
      context: async ({ headers, id }) =>
        makeContext({
          authorization: headers.authorization,
          acceptLanguage: headers["accept-language"],
          requestId: id,
        }),
    }),
  });
}
