import type { FastifyInstance } from "fastify";
import type { Runtime } from "../runtime.js";
import { registerBilling } from "./billing.routes.js";
import { registerClock } from "./clock.routes.js";
import { registerFaults } from "./faults.routes.js";
import { ControlRefusal, guardControl } from "./guard.js";
import { registerLimits } from "./limits.routes.js";
import { registerObjects } from "./objects.routes.js";
import { registerRequestLog } from "./requests.routes.js";
import { registerWebhookControls } from "./webhooks.routes.js";

/** Everything under /sandbox/: for whoever runs the sandbox, not for the API's clients. */
export function registerControl(app: FastifyInstance, runtime: Runtime): void {
  app.register(async (control) => {
    control.addHook("onRequest", async (request) => guardControl(request));
    // Fastify's own parser refuses an empty body, which is all that some of these need.
    control.removeContentTypeParser("application/json");
    control.addContentTypeParser("application/json", { parseAs: "string" }, async (_request: unknown, body: string) =>
      body.trim() === "" ? {} : parseJson(body),
    );
    control.addHook("onResponse", async (request) => {
      if (request.method !== "GET") runtime.save();
    });
    control.setErrorHandler((error: unknown, _request, reply) => {
      if (error instanceof ControlRefusal) return reply.code(error.status).send({ error: { message: error.message } });
      runtime.reportFault(error);
      return reply.code(500).send({ error: { message: "The sandbox itself failed; its log says how." } });
    });
    registerBilling(control, runtime);
    registerClock(control, runtime);
    registerWebhookControls(control, runtime);
    registerFaults(control, runtime);
    registerLimits(control, runtime);
    registerRequestLog(control, runtime);
    registerObjects(control, runtime);
    control.all("/sandbox/*", async (request) => {
      throw new ControlRefusal(404, `There is no control ${request.method} ${request.url}.`);
    });
  });
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new ControlRefusal(400, "The body is not JSON.");
  }
}
