import type { FastifyInstance } from "fastify";
import type { Runtime } from "../runtime.js";
import { registerAuthenticationPage } from "./authentication.routes.js";
import { registerCheckoutPage } from "./checkout.routes.js";
import { registerInvoicePage } from "./invoice.routes.js";
import { registerPortalPage } from "./portal.routes.js";

/** The pages a customer sees: Stripe's hosted checkout, portal and invoice. */
export function registerHostedPages(app: FastifyInstance, runtime: Runtime): void {
  app.register(async (pages) => {
    pages.addHook("onRequest", async (_request, reply) => {
      runtime.runDue();
      reply
        .header("cache-control", "no-store")
        .header(
          "content-security-policy",
          "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'",
        )
        .header("referrer-policy", "no-referrer")
        .header("x-content-type-options", "nosniff");
    });
    pages.addHook("onResponse", async (request) => {
      if (request.method !== "GET") runtime.save();
    });
    pages.setErrorHandler((error: unknown, _request, reply) => {
      runtime.reportFault(error);
      return reply.code(500).type("text/plain; charset=utf-8").send("The sandbox itself failed; its log says how.");
    });
    registerAuthenticationPage(pages, runtime);
    registerCheckoutPage(pages, runtime);
    registerPortalPage(pages, runtime);
    registerInvoicePage(pages, runtime);
  });
}
