import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  HookHandlerDoneFunction,
} from "fastify";
import { isDatabaseOutage } from "../db/outage.js";
import type { Metrics } from "../metrics.js";
import { UnverifiedEvent } from "../stripe/stripe-event.js";
import { verifyEvent } from "../stripe/verify-event.js";
import type { Inbox } from "../webhooks/receive-stripe-event.js";
import { DeadlinePassed, within } from "../within.js";

/** Where Stripe's events are taken. */
export const webhookPath = "/webhooks/stripe";

const largestBody = 1_048_576;
const deadlineMs = 5_000;

/** What the route needs. */
export interface WebhookRoute {
  readonly inbox: Inbox;
  /** More than one while a secret is rolled. */
  readonly secrets: readonly string[];
  readonly metrics: Metrics;
}

/**
 * Serves `POST /webhooks/stripe`: raw bytes, signature, inbox, 200.
 *
 * Nothing else happens before the 200, and nothing is answered 200 before it is stored for good.
 * Whatever goes wrong on our side is a 503, so that Stripe comes again.
 */
export async function serveStripeWebhook(http: FastifyInstance, route: WebhookRoute): Promise<void> {
  const { inbox, secrets, metrics } = route;
  await http.register(async (scope) => {
    // The signature is over the bytes as sent: no parser may touch them first.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, parsed) =>
      parsed(null, body),
    );
    scope.setErrorHandler((error, request, reply) => {
      const fault = unreadable(error);
      if (!fault) throw error;
      return refuse(request, reply, fault);
    });
    const judgeHead = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => {
      metrics.count("billing_webhook_deliveries_total");
      const encoding = request.headers["content-encoding"] ?? "identity";
      if (encoding === "identity") done();
      else refuse(request, reply.header("accept-encoding", "identity"), encoded);
    };
    const options = {
      bodyLimit: largestBody,
      onRequest: judgeHead,
      // A logger for each request is for those that have something to say: most deliveries are told by the inbox.
      childLoggerFactory: sharedLogger,
      // What tells browsers how to treat an answer is for browsers: Stripe's servers call here.
      helmet: false as const,
      config: { cors: false },
    };
    scope.post(webhookPath, options, async (request, reply) => {
      const { body, headers, log } = request;
      const signature = headers["stripe-signature"];
      if (!Buffer.isBuffer(body)) return refuse(request, reply, { ...otherType, status: 400 });
      try {
        const delivery = verifyEvent(body, typeof signature === "string" ? signature : undefined, secrets, new Date());
        await within(deadlineMs, inbox.receive(delivery));
        return { received: true };
      } catch (error) {
        if (error instanceof UnverifiedEvent) {
          return refuse(request, reply, { status: 400, reason: error.reason, message: error.message });
        }
        metrics.count("billing_webhook_not_stored_total");
        log.error({ reqId: request.id, err: error }, "webhook not stored");
        const isOutage = error instanceof DeadlinePassed || isDatabaseOutage(error);
        return reply
          .code(isOutage ? 503 : 500)
          .send(answer("not_stored", "The event could not be stored; send it again."));
      }
    });
  });

  function refuse({ id, log }: FastifyRequest, reply: FastifyReply, { status, reason, message }: Refusal) {
    metrics.countReason("billing_webhook_refused_total", reason);
    log.warn({ reqId: id, reason }, "webhook refused");
    return reply.code(status).send(answer(reason, message));
  }
}

function sharedLogger(logger: FastifyBaseLogger): FastifyBaseLogger {
  return logger;
}

/** How a delivery is refused; `reason` is the code in the answer, in the log and in the metrics. */
interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
}

const encoded: Refusal = {
  status: 415,
  reason: "encoded_body",
  message: "Send the event as it is, without a content encoding.",
};
const otherType: Refusal = { status: 415, reason: "bad_type", message: "Send the event as application/json." };
const tooLarge: Refusal = { status: 413, reason: "too_large", message: "An event has at most 1 MiB." };
const broken: Refusal = { status: 400, reason: "bad_body", message: "The body is not as long as its head says." };

/** What Fastify found wrong with a request before it came to us; undefined for anything else. */
function unreadable(error: unknown): Refusal | undefined {
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : 500;
  return [otherType, tooLarge, broken].find((refusal) => refusal.status === status);
}

function answer(code: string, message: string) {
  return { error: { code, message } };
}
