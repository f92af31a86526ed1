import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { newId } from "../ids.js";
import type { Runtime } from "../runtime.js";
import { atOwnTime } from "../time/at-own-time.js";
import { apiVersion, nowInSeconds } from "../world.js";
import { authenticate } from "./auth.js";
import { invalidRequest, StripeRefusal } from "./errors.js";
import { checkExpand, render } from "./expansion.js";
import { isLostOnTheWay, sendWithFault, waitOutFault } from "./fault-effects.js";
import { isKept } from "./idempotency.js";
import { inCurrentWords, refuseOutdated } from "./older-params.js";
import type { Operation } from "./operation.js";
import { formOf, formText, givenTo, headerOf, pathOf } from "./request.js";
import { isKnownVersion, readVersion } from "./versions.js";

/** A request on its way through the API. */
interface Call {
  operation: Operation | null;
  id: string;
  requestId: string;
  key: string | undefined;
  path: string;
}

interface Answer {
  status: number;
  body: string;
  /** The request this is a repeated answer to. */
  replayOf: string | null;
  headers?: Record<string, string>;
}

/** Puts every operation on its path, and Stripe's own 404 on all others under /v1. */
export function registerApi(app: FastifyInstance, runtime: Runtime, operations: Operation[]): void {
  for (const operation of operations) {
    app.route<{ Params: { id?: string } }>({
      method: operation.method,
      url: operation.path,
      handler: (request, reply) => answerCall(runtime, request, reply, operation, request.params.id ?? ""),
    });
  }
  app.all("/v1/*", (request, reply) => answerCall(runtime, request, reply, null, ""));
  app.all("/v2/*", (request, reply) => answerCall(runtime, request, reply, null, ""));
}

/** Whatever is on no path, and bodies that cannot be read, in Stripe's error form too. */
export function refuseTheRest(app: FastifyInstance, runtime: Runtime): void {
  app.setNotFoundHandler((request, reply) => sendAnswer(reply, errorAnswer(runtime, unrecognized(request))));
  app.setErrorHandler((error: unknown, _request, reply) => {
    const isClients = error instanceof Error && "statusCode" in error && Number(error.statusCode) < 500;
    return sendAnswer(reply, errorAnswer(runtime, isClients ? invalidRequest(error.message) : error));
  });
}

function sendAnswer(reply: FastifyReply, { status, body }: Answer): FastifyReply {
  return reply.code(status).type("application/json").send(body);
}

async function answerCall(
  runtime: Runtime,
  request: FastifyRequest,
  reply: FastifyReply,
  operation: Operation | null,
  id: string,
): Promise<FastifyReply> {
  const key = request.method === "POST" ? headerOf(request, "idempotency-key") : undefined;
  const call: Call = { operation, id, requestId: newId.request(), key, path: pathOf(request) };
  const version = headerOf(request, "stripe-version");
  const logged = runtime.requests.add({
    id: call.requestId,
    method: request.method,
    path: call.path,
    params: givenTo(request),
    version: version ?? null,
    status: null,
    at: new Date().toISOString(),
    idempotency_key: key ?? null,
    replayed: false,
  });
  reply
    .header("request-id", call.requestId)
    .header("stripe-version", version !== undefined && isKnownVersion(version) ? version : apiVersion);

  const fault = runtime.faults.take(request.method, call.path);
  if (fault && isLostOnTheWay(fault)) return sendWithFault(request, reply.type("application/json"), fault);
  const answer = await keyedAnswer(runtime, request, call, () => waitOutFault(request, fault));
  if (key !== undefined) {
    reply.header("idempotency-key", key).header("original-request", answer.replayOf ?? call.requestId);
  }
  if (answer.replayOf !== null) reply.header("idempotent-replayed", "true");
  // Another try of the same cannot end better; a 409 or 429 can.
  if ([400, 401, 402, 403, 404].includes(answer.status)) reply.header("stripe-should-retry", "false");
  if (request.method !== "GET") runtime.save();
  logged.replayed = answer.replayOf !== null;
  logged.status = answer.status;
  runtime.onExchange?.({
    method: request.method,
    url: request.url,
    version: version ?? null,
    form: formText(request.body ?? {}),
    status: answer.status,
    body: answer.body,
  });
  reply
    .code(answer.status)
    .headers(answer.headers ?? {})
    .type("application/json");
  return fault?.isAfter ? sendWithFault(request, reply, fault, answer.body) : reply.send(answer.body);
}

/** Answers from what was kept under the key, or runs the operation and keeps its answer. */
async function keyedAnswer(
  runtime: Runtime,
  request: FastifyRequest,
  call: Call,
  wait: () => Promise<void>,
): Promise<Answer> {
  const { world, idempotency } = runtime;
  const { key } = call;
  let isBegun = false;
  let unlock = () => {};
  try {
    authenticate(request.headers.authorization);
    runtime.limits.count(`${request.method} ${call.operation?.path ?? call.path}`);
    readVersion(headerOf(request, "stripe-version"));
    if (key !== undefined) {
      const fingerprint = fingerprintOf(request, call);
      const kept = idempotency.begin(key, fingerprint, nowInSeconds(world));
      if (kept) return { status: kept.status, body: kept.body, replayOf: kept.requestId };
      isBegun = true;
    }
    unlock = runtime.limits.lock(objectsOf(request, call));
    await wait();
    const answer = run(runtime, request, call);
    if (key !== undefined) keep(runtime, request, call, answer);
    return answer;
  } catch (error) {
    const answer = errorAnswer(runtime, error, call.requestId);
    if (key !== undefined && isBegun) keep(runtime, request, call, answer);
    return answer;
  } finally {
    unlock();
  }
}

/** What a write locks: the object it is about, and the customer whose it is to be. */
function objectsOf(request: FastifyRequest, call: Call): string[] {
  if (request.method === "GET") return [];
  const { customer } = givenTo(request);
  return [call.id, customer].filter((id): id is string => typeof id === "string" && id !== "");
}

function run(runtime: Runtime, request: FastifyRequest, call: Call): Answer {
  const { world } = runtime;
  const { operation } = call;
  if (!operation) throw unrecognized(request);
  const { form: given, expand } = formOf(request);
  const version = headerOf(request, "stripe-version") ?? null;
  if (version === apiVersion) refuseOutdated(operation, given);
  const form = version === apiVersion ? given : inCurrentWords(world, operation, given, version);
  checkExpand(operation.answers, expand);
  runtime.runDue();
  world.cause = { id: call.requestId, idempotency_key: call.key ?? null };
  try {
    const answer = render(
      world,
      operation.answers,
      atOwnTime(world, call.id, form, () => operation.run(world, form, call.id)),
      expand,
    );
    return { status: 200, body: JSON.stringify(answer, null, 2), replayOf: null };
  } finally {
    world.cause = null;
  }
}

function keep(runtime: Runtime, request: FastifyRequest, call: Call, answer: Answer): void {
  if (call.key === undefined) return;
  const { status, body } = answer;
  const kept = {
    key: call.key,
    fingerprint: fingerprintOf(request, call),
    status,
    body,
    requestId: call.requestId,
    at: nowInSeconds(runtime.world),
  };
  runtime.idempotency.end(call.key, isKept(status) ? kept : null);
}

function fingerprintOf(request: FastifyRequest, call: Call): string {
  return JSON.stringify([request.method, call.path, request.body ?? {}]);
}

function errorAnswer(runtime: Runtime, error: unknown, requestId?: string): Answer {
  if (error instanceof StripeRefusal) {
    // Stripe's leads to its dashboard; this one to the sandbox's own log.
    const log = requestId && { request_log_url: `${runtime.world.origin}/sandbox/requests?id=${requestId}` };
    const body = JSON.stringify({ error: { ...error.body, ...log } }, null, 2);
    return { status: error.status, body, replayOf: null, headers: error.headers };
  }
  runtime.reportFault(error);
  const message = "The sandbox itself failed; its log says how.";
  return { status: 500, body: JSON.stringify({ error: { type: "api_error", message } }, null, 2), replayOf: null };
}

function unrecognized(request: FastifyRequest): StripeRefusal {
  const message =
    `Unrecognized request URL (${request.method}: ${pathOf(request)}). The sandbox has a part of Stripe's API only; ` +
    "sandbox/README.md lists it. If you are trying to list objects, remove the trailing slash. If you are trying to " +
    "retrieve an object, make sure you passed a valid (non-empty) identifier in your code.";
  return new StripeRefusal(404, { type: "invalid_request_error", message }, true);
}
