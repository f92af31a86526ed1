import type { FastifyInstance } from "fastify";
import type { Runtime } from "../runtime.js";
import { fieldsOf, textField } from "./fields.js";
import { ControlRefusal } from "./guard.js";

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
    const sent = await world.deliveries.resend(event);
    return { deliveries: sent.map(({ url, status }) => ({ url, status })) };
  });
}
