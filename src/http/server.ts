import { randomUUID } from "node:crypto";
import cors from "@fastify/cors";
import helmet from "@fastify/helmet";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, LogController } from "fastify";
import type { Logger } from "pino";
import { asErrors } from "./error-body.js";
import { answerUnreadable } from "./unreadable-request.js";

/** Who may call from a browser, and whether pages of ours are shown. */
export interface ServerOptions {
  readonly log: Logger;
  readonly corsOrigins: readonly string[];
  /** In development pages on this machine and Apollo Studio may call, and Apollo's landing page is shown. */
  readonly isDevelopment: boolean;
  /** Within which a request must have arrived whole. */
  readonly requestTimeoutMs: number;
}

const studioOrigin = "https://studio.apollographql.com";
const rateLimitHeaders = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "ratelimit-policy"];
const loopback = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** The HTTP server with what every route shares: request ids, CORS, safe headers, errors as JSON. */
export async function makeServer(options: ServerOptions): Promise<FastifyInstance> {
  const { log, corsOrigins, isDevelopment, requestTimeoutMs } = options;
  const http: FastifyInstance = Fastify({
    loggerInstance: asFastifyLogger(log),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    // Nobody may hold a connection by sending a byte now and then, or nothing at all.
    requestTimeout: requestTimeoutMs,
    http: { headersTimeout: requestTimeoutMs, connectionsCheckingInterval: 1_000 },
    clientErrorHandler: answerUnreadable,
    frameworkErrors: (error, _request, reply) => answerBadRequest(reply, error),
    forceCloseConnections: false, // `endConnections` does it, once nothing is under way on them
    return503OnClosing: false, // what comes on a connection that lives on is served, and told to connect elsewhere
  });
  // JSON alone is read; every other type is a 415.
  http.removeContentTypeParser("text/plain");
  const isAllowed = (origin: string) =>
    corsOrigins.includes(origin) || (isDevelopment && (origin === studioOrigin || loopback.test(origin)));

  await http.register(cors, {
    origin: (origin, answer) => answer(null, origin !== undefined && isAllowed(origin)),
    methods: ["GET", "POST"],
    exposedHeaders: ["x-request-id", "retry-after", ...rateLimitHeaders],
    maxAge: 600,
  });
  // Apollo's landing page brings scripts from Apollo's own servers, which the default policy forbids.
  await http.register(helmet, isDevelopment ? { contentSecurityPolicy: false, crossOriginEmbedderPolicy: false } : {});
  http.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    done();
  });
  http.setNotFoundHandler((_request, reply) => reply.code(404).send(asErrors("NOT_FOUND", "There is nothing here.")));
  http.setErrorHandler((error, request, reply) => {
    const status = statusOf(error);
    if (status < 500) return answerBadRequest(reply, error);
    request.log.error({ err: error, requestId: request.id }, "request failed");
    return reply.code(500).send(asErrors("INTERNAL_SERVER_ERROR", "Something went wrong on our side."));
  });
  return http;
}

/** Typed as Fastify's own logger, so that the server's type does not carry pino's everywhere. */
function asFastifyLogger(log: Logger): FastifyBaseLogger {
  return log;
}

function statusOf(error: unknown): number {
  const hasStatus = error instanceof Error && "statusCode" in error && typeof error.statusCode === "number";
  return hasStatus ? Number(error.statusCode) : 500;
}

function answerBadRequest(reply: FastifyReply, error: unknown) {
  const status = statusOf(error);
  const message = error instanceof Error ? error.message : "The request is not right.";
  return reply.code(status).send(asErrors(status === 413 ? "PAYLOAD_TOO_LARGE" : "BAD_REQUEST", message));
}
