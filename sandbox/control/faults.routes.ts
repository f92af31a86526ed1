import type { FastifyInstance } from "fastify";
import type { Runtime } from "../runtime.js";
import { readDeliveryFault } from "./delivery-faults.js";
import { readRequestFault } from "./request-faults.js";

/** Planted faults: what goes wrong with the next matching API requests or webhook deliveries. */
export function registerFaults(app: FastifyInstance, { faults, world: { deliveries } }: Runtime): void {
  app.get("/sandbox/faults", async () => ({ requests: faults.planted(), deliveries: deliveries.faults.planted() }));

  app.post("/sandbox/faults", async (request) => {
    const { body } = request;
    if (typeof body === "object" && body !== null && "deliveries" in body) {
      deliveries.faults.plant(readDeliveryFault(body));
    } else {
      faults.plant(readRequestFault(body));
    }
    return { planted: true };
  });

  app.delete("/sandbox/faults", async () => {
    faults.clear();
    deliveries.clearFaults();
    return { planted: false };
  });
}
