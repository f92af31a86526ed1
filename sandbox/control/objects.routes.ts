import type { FastifyInstance } from "fastify";
import type { Runtime } from "../runtime.js";
import type { Table } from "../store/table.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { fieldsOf } from "./fields.js";
import { ControlRefusal } from "./guard.js";

/** Objects put as they are: states that the sandbox cannot bring about by itself, with the event that Stripe would send. */
export function registerObjects(app: FastifyInstance, { world }: Runtime): void {
  app.put("/sandbox/objects", async (request) => {
    const { object } = fieldsOf(request.body, ["object"]);
    const { kind, id } = identityOf(object);
    const put = puts.get(kind);
    if (!put) throw new ControlRefusal(400, `Only these can be put: ${[...puts.keys()].join(", ")}.`);
    put(world, id, JSON.stringify(object));
    return { id };
  });
}

type Put = (world: World, id: string, json: string) => void;

function putInto<T extends { id: string }>(
  tableOf: (world: World) => Table<T>,
  tell: (world: World, after: T, before: T | undefined) => void,
): Put {
  return (world, id, json) => {
    const table = tableOf(world);
    const before = table.find(id);
    table.load(json);
    const after = table.find(id);
    if (after) tell(world, after, before);
  };
}

const puts = new Map<string, Put>([
  [
    "customer",
    putInto(
      ({ tables }) => tables.customer,
      (world, after, before) => recordEvent(world, before ? "customer.updated" : "customer.created", after, before),
    ),
  ],
  [
    "invoice",
    putInto(
      ({ tables }) => tables.invoice,
      (world, after, before) => recordEvent(world, before ? "invoice.updated" : "invoice.created", after, before),
    ),
  ],
  [
    "payment_method",
    putInto(
      ({ tables }) => tables.payment_method,
      (world, after, before) =>
        recordEvent(world, before ? "payment_method.updated" : "payment_method.attached", after, before),
    ),
  ],
  [
    "subscription",
    putInto(
      ({ tables }) => tables.subscription,
      (world, after, before) =>
        recordEvent(world, before ? "customer.subscription.updated" : "customer.subscription.created", after, before),
    ),
  ],
]);

function identityOf(object: unknown): { kind: string; id: string } {
  if (typeof object === "object" && object !== null && "object" in object && "id" in object) {
    const { object: kind, id } = object;
    if (typeof kind === "string" && typeof id === "string" && id !== "") return { kind, id };
  }
  throw new ControlRefusal(400, '"object" must be a Stripe object with its "object" and "id".');
}
