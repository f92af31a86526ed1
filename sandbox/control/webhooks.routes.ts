import type { FastifyInstance } from "fastify";
import { newId } from "../ids.js";
import { isAddress, upsertWebhookEndpoint } from "../resources/webhook-endpoints.js";
import type { Runtime } from "../runtime.js";
import { rollSecret } from "../webhooks/former-secrets.js";
import { fieldsOf, numberField, textField } from "./fields.js";
import { ControlRefusal } from "./guard.js";

const dayInSeconds = 86_400;

/** Webhook deliveries: what was sent, holding them back or losing them, sending again. */
export function registerWebhookControls(app: FastifyInstance, { world }: Runtime): void {
  app.get<{ Querystring: { event?: string; limit?: string } }>("/sandbox/deliveries", async (request) => {
    const { event, limit = "100" } = request.query;
    const found = world.deliveries.records().filter((record) => event === undefined || record.event === event);
    return { data: found.slice(0, Number(limit)) };
  });

  app.post("/sandbox/deliveries", async (request) => {
    const mode = textField(fieldsOf(request.body, ["mode"])["mode"], "mode");
    if (mode !== "send" && mode !== "hold" && mode !== "drop") {
      throw new ControlRefusal(400, '"mode" must be "send", "hold" or "drop".');
    }
    world.deliveries.setMode(mode);
    return { mode };
  });

  app.post<{ Params: { id: string } }>("/sandbox/events/:id/resend", async (request) => {
    const event = world.tables.event.find(request.params.id);
    if (!event) throw new ControlRefusal(404, `There is no event ${request.params.id}.`);
    const { webhook_endpoint } = fieldsOf(request.body ?? {}, ["webhook_endpoint"]);
    const only = webhook_endpoint === undefined ? undefined : textField(webhook_endpoint, "webhook_endpoint");
    const sent = await world.deliveries.resend(event, only);
    return { deliveries: sent.map(({ url, status }) => ({ url, status })) };
  });

  app.post("/sandbox/webhook_endpoints", async (request) => {
    const fields = fieldsOf(request.body, ["url", "secret"]);
    const url = textField(fields["url"], "url");
    if (!isAddress(url)) throw new ControlRefusal(400, '"url" must be an address with its http:// or https://.');
    const { id } = upsertWebhookEndpoint(world, { url, secret: textField(fields["secret"], "secret") });
    return { webhook_endpoint: id };
  });

  app.post<{ Params: { id: string } }>("/sandbox/webhook_endpoints/:id/roll_secret", async (request) => {
    const endpoint = world.tables.webhook_endpoint.find(request.params.id);
    if (!endpoint) throw new ControlRefusal(404, `There is no webhook endpoint ${request.params.id}.`);
    const fields = fieldsOf(request.body, ["secret", "overlap_seconds"]);
    const secret = fields["secret"] === undefined ? newId.webhookSecret() : textField(fields["secret"], "secret");
    const overlap =
      fields["overlap_seconds"] === undefined
        ? dayInSeconds
        : numberField(fields["overlap_seconds"], "overlap_seconds");
    if (overlap > dayInSeconds) throw new ControlRefusal(400, "Two secrets sign together for up to 24 hours.");
    rollSecret(world, endpoint, secret, overlap);
    return { webhook_endpoint: endpoint.id, secret, overlap_seconds: overlap };
  });
}
