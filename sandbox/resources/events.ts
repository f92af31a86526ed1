import type Stripe from "stripe";
import { invalidRequest, noSuch } from "../api/errors.js";
import { matches, pageOf, paging, range } from "../api/lists.js";
import { operation, retrieval } from "../api/operation.js";
import { bool, type Covers, listOf, text } from "../api/params.js";
import { eventWithUndocumented } from "../api/undocumented.js";
import type { StoredEvent } from "../webhooks/events.js";
import type { World } from "../world.js";

const listParams = {
  ...paging,
  created: range,
  delivery_success: bool,
  type: text,
  types: listOf(text),
} satisfies Covers<Stripe.EventListParams>;

export const eventOperations = [
  retrieval("/v1/events/:id", "event", (world, id) => eventWithUndocumented(getEvent(world, id))),
  operation({
    method: "GET",
    path: "/v1/events",
    answers: { list: "event" },
    params: listParams,
    run: (world, params) => {
      const { type, types, delivery_success } = params;
      if (type !== undefined && types !== undefined)
        throw invalidRequest("You may only specify one of these parameters: type, types.");
      const wanted = types ?? (type === undefined ? undefined : [type]);
      const found = world.tables.event
        .newestFirst()
        .filter((event) => params.created(event.created))
        .filter((event) => wanted === undefined || wanted.some((pattern) => isOfType(event.type, pattern)))
        .filter((event) => matches(delivery_success, event.pending_webhooks === 0));
      const page = pageOf(found, params, "/v1/events");
      return { ...page, data: page.data.map(eventWithUndocumented) };
    },
  }),
];

export function getEvent(world: World, id: string): StoredEvent {
  const event = world.tables.event.find(id);
  if (!event) throw noSuch("event", id);
  return event;
}

/** `customer.*` stands for everything that begins so. */
function isOfType(type: string, pattern: string): boolean {
  return pattern.endsWith("*") ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
}
