import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server } from "node:http";
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema, getOperationAST } from "graphql";
import { CloseCode, type OperationResult } from "graphql-ws";
import { useServer } from "graphql-ws/use/ws";
import type { Logger } from "pino";
import { WebSocketServer } from "ws";
import { charge } from "../graphql/charge-operations.js";
import type { GraphQLContext } from "../graphql/context.js";
import { type CostOf, leastCost } from "../graphql/cost.js";
import { noDeadline } from "../graphql/deadline.js";
import { isOurs, presentError, presentTersely } from "../graphql/errors.js";
import { checkDocument, checkVariables, limits } from "../graphql/limits.js";
import { endable } from "../live/endable.js";
import type { MakeContext } from "./graphql-endpoint.js";
import { guardKeySockets } from "./key-sockets.js";
import { makeStreams } from "./streams.js";

/** What the socket serves and how. */
export interface SocketOptions {
  readonly schema: GraphQLSchema;
  readonly introspection: boolean;
  /** What opening a stream costs; its events are free. */
  readonly costOf: CostOf;
  readonly makeContext: MakeContext;
  /** Calls back when a service key was revoked, or may have been. */
  readonly onKeyRevoked: (listener: () => void) => void;
}

/** What is kept of a connection. */
interface Extra extends Record<PropertyKey, unknown> {
  /** Makes a context for one stream; rejects with a GraphQL error once the token is no longer valid. */
  open?: () => Promise<GraphQLContext>;
  /** Stops watching whether the token or key still holds. */
  unwatch?: () => void;
  log?: Logger;
}

const path = "/graphql";
const onlyStreams = "Only subscriptions are served over WebSocket; send queries and mutations over HTTP.";
const longestTimerMs = 2 ** 31 - 1;

/**
 * Serves streams over `graphql-transport-ws`, with every limit that HTTP has: Apollo Server guards
 * only HTTP. The token comes as `authorization` in the `connection_init` payload; a bad one closes the
 * socket with 4403, one that cannot be judged now with 1013 (try again later), one that expires with
 * 4401. A service key may stand in its place, and is judged again while the socket is open. Gives the function that closes everything.
 */
export function serveSocket(
  server: Server,
  { schema, introspection, costOf, makeContext, onKeyRevoked }: SocketOptions,
): () => Promise<void> {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.bodyBytes });
  const streams = makeStreams(limits.streams);
  const keySockets = guardKeySockets(onKeyRevoked);
  const presented = (error: GraphQLError, log: Logger | undefined) =>
    present(introspection ? presentError : presentTersely, error, log);
  server.on("upgrade", (request, socket, head) => {
    if (pathOf(request) !== path) {
      socket.on("error", () => {}); // Node leaves the socket to us, and whoever breaks it off must not end the process
      socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit("connection", client, request));
  });

  const served = useServer<Record<string, unknown>, Extra>(
    {
      schema,
      connectionInitWaitTimeout: 3_000,
      isProd: true, // a bug closes the socket without its message
      onConnect: async (connection) => {
        const { socket } = connection.extra;
        const caller = { authorization: tokenIn(connection.connectionParams), request: connection.extra.request };
        const open = () => makeContext({ ...caller, requestId: randomUUID() });
        const first = await open().catch((error: unknown) => socket.close(...closingFor(error)));
        if (!first || socket.readyState !== socket.OPEN) return false; // it is closed already, which graphql-ws can bear
        const refused = (error: unknown) => socket.close(...closingFor(error));
        const unwatch = first.viewer?.serviceKeyId ? keySockets.watch(open, refused) : closeAtExpiry(first, socket);
        Object.assign(connection.extra, { open, log: first.log, unwatch });
        return true;
      },
      onClose: ({ extra }) => extra.unwatch?.(), // also of a connection that broke before it stood
      onSubscribe: async ({ extra }, id, { query, variables, operationName }) => {
        const { open } = extra;
        if (!open) return [badRequest("Connect first.")];
        // A context of its own: what one stream has loaded is nothing to another.
        const context = await open().catch(asGraphQLError);
        if (context instanceof GraphQLError) return [context];
        // A document that cannot run has been read all the same.
        const refuse = async (faults: GraphQLError[]) => asList(await charge(context.budget, leastCost)) ?? faults;
        const document = checkDocument(schema, query, introspection);
        if (Array.isArray(document)) return refuse(document);
        const operation = getOperationAST(document, operationName);
        if (operation?.operation !== "subscription") {
          return refuse([badRequest(onlyStreams)]);
        }
        const faults = checkVariables(schema, operation, variables);
        if (faults.length > 0) return refuse(faults);
        const throttled = await charge(context.budget, costOf(document, operation, variables ?? {}));
        if (throttled) return [throttled];
        const { live, end } = endable(context.live);
        const caller = context.viewer?.subject ?? "nobody";
        if (!streams.add(extra, id, caller, end)) {
          return [badRequest(`No more than ${limits.streams} streams at once for one caller.`)];
        }
        return {
          schema,
          document,
          operationName,
          variableValues: variables,
          contextValue: { ...context, live, deadline: noDeadline },
        };
      },
      onOperation: ({ extra }, id, _payload, _args, result) =>
        isStream(result) ? endingAtOnce(result, () => streams.end(extra, id)) : result,
      onComplete: ({ extra }, id) => streams.remove(extra, id),
      onError: ({ extra }, _id, _payload, errors) => errors.map((error) => presented(error, extra.log)),
      onNext: ({ extra }, _id, _payload, _args, result) =>
        result.errors && {
          data: result.data ?? null,
          errors: result.errors.map((error) => presented(error, extra.log)),
        },
    },
    sockets,
  );
  sockets.on("connection", (client) => {
    // What graphql-ws does here is to print the error: a client that breaks the protocol is no fault of ours.
    client.removeAllListeners("error").on("error", () => {});
  });
  return async () => {
    keySockets.stop();
    await served.dispose();
  };
}

type Stream = Extract<OperationResult, AsyncGenerator>;

function isStream(result: OperationResult): result is Stream {
  return Symbol.asyncIterator in result && "return" in result;
}

/** A stream that ends when it is told to: by itself an async generator only does so once it has something to give. */
function endingAtOnce(results: Stream, end: () => void): Stream {
  const stop = results.return.bind(results);
  return Object.assign(results, {
    return: (value: unknown) => {
      end();
      return stop(value);
    },
  });
}

/** The token that a connection introduces itself with. What is not a text is no token, and not nothing either. */
function tokenIn(params: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const given = params?.["authorization"] ?? params?.["Authorization"];
  if (given === undefined || given === null) return undefined;
  return typeof given === "string" ? given : "";
}

/** Code and reason to close a connection with whose caller is not known; clients of graphql-ws connect again after 1013. */
function closingFor(error: unknown): [code: number, reason: string] {
  const isOutage = error instanceof GraphQLError && error.extensions["code"] === "UPSTREAM_UNAVAILABLE";
  return isOutage ? [1013, "Try again later"] : [CloseCode.Forbidden, "Forbidden"];
}

function asList(refusal: GraphQLError | null): GraphQLError[] | null {
  return refusal && [refusal];
}

function asGraphQLError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  throw error;
}

function badRequest(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: "BAD_REQUEST" } });
}

/** Where a request wants to go; null for an address that is none. */
function pathOf({ url = "/" }: IncomingMessage): string | null {
  return URL.canParse(url, "http://localhost") ? new URL(url, "http://localhost").pathname : null;
}

function present(show: typeof presentError, error: GraphQLError, log: Logger | undefined): GraphQLFormattedError {
  const presented = show(error.toJSON(), error);
  if (!isOurs(presented)) return presented;
  const requestId = randomUUID();
  log?.error({ err: error.originalError ?? error, requestId }, "stream failed");
  return { ...presented, extensions: { ...presented.extensions, requestId } };
}

function closeAtExpiry({ viewer }: GraphQLContext, socket: { close(code: number, reason: string): void }) {
  if (!viewer) return () => {};
  const leftMs = Math.min(viewer.expiresAt.getTime() - Date.now(), longestTimerMs);
  const close = () => socket.close(CloseCode.Unauthorized, "The token has expired");
  const timer = setTimeout(close, Math.max(0, leftMs)).unref();
  return () => clearTimeout(timer);
}
