import type { IncomingMessage } from "node:http";
import type { ApolloServer } from "@apollo/server";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import type { FastifyInstance } from "fastify";
import type { GraphQLContext } from "../graphql/context.js";
import { limits } from "../graphql/limits.js";

/** What a request's context is made from. */
export interface Caller {
  /** `Authorization: Bearer …`; undefined for an anonymous caller. */
  readonly authorization: string | undefined;
  /** The request, or the one that opened the socket: what it says of language and place. */
  readonly request: IncomingMessage;
  readonly requestId: string;
}

/**
 * Makes the context of one request or stream. Rejects with a GraphQL error: UNAUTHENTICATED for a token
 * that is not valid, UPSTREAM_UNAVAILABLE for one that cannot be judged now.
 */
export type MakeContext = (caller: Caller) => Promise<GraphQLContext>;

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
      context: async ({ raw, id }) =>
        makeContext({
          // Of several, Node would take the first and a proxy on the way perhaps the last: together they are no token.
          authorization: raw.headersDistinct["authorization"]?.join(", "),
          request: raw,
          requestId: id,
        }),
    }),
  });
}
