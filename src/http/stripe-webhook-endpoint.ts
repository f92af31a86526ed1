import type { FastifyInstance } from "fastify";
import { isDatabaseOutage } from "../db/outage.js";
import { UnverifiedEvent } from "../stripe/stripe-event.js";
import { verifyEvent } from "../stripe/verify-event.js";
import type { Inbox } from "../webhooks/receive-stripe-event.js";
import { DeadlinePassed, within } from "../within.js";

/** Where Stripe's events are taken. */
export const webhookPath = "/webhooks/stripe";

const largestBody = 1_048_576;
const deadlineMs = 5_000;

/**
 * Serves `POST /webhooks/stripe`: raw bytes, signature, inbox, 200.
 *
 * Nothing else happens before the 200, and nothing is answered 200 before it is stored for good.
 * Whatever goes wrong on our side is a 503, so that Stripe comes again.
 */
export async function serveStripeWebhook(
  http: FastifyInstance,
  inbox: Inbox,
  secrets: readonly string[],
): Promise<void> {
  await http.register(async (scope) => {
    // The signature is over the bytes as sent: no parser may touch them first.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, parsed) =>
      parsed(null, body),
    );
    scope.post(webhookPath, { bodyLimit: largestBody }, async (request, reply) => {
      const { body, headers, log } = request;
      const signature = headers["stripe-signature"];
      if (!Buffer.isBuffer(body)) return refuse("bad_body", "Send the event as application/json.");
      try {
        const event = verifyEvent(body, typeof signature === "string" ? signature : undefined, secrets, new Date());
        await within(deadlineMs, inbox.receive(event, body));
        return { received: true };
      } catch (error) {
        if (error instanceof UnverifiedEvent) {
          log.warn({ reason: error.reason }, "webhook refused");
          return refuse(error.reason, error.message);
        }
        log.error({ err: error }, "webhook not stored");
        const isOutage = error instanceof DeadlinePassed || isDatabaseOutage(error);
        return reply
          .code(isOutage ? 503 : 500)
          .send(fault("not_stored", "The event could not be stored; send it again."));
      }

      function refuse(code: string, message: string) {
        return reply.code(400).send(fault(code, message));
      }
    });
  });
}

function fault(code: string, message: string) {
  return { error: { code, message } };
}
