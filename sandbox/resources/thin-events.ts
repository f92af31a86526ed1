import type Stripe from "stripe";
import { StripeRefusal } from "../api/errors.js";
import { operation, retrieval } from "../api/operation.js";
import { type Covers, integer, listOf, notHere, text } from "../api/params.js";
import type { StoredReport } from "../billing/meter-errors.js";
import type { World } from "../world.js";

const listParams = {
  created: notHere,
  limit: integer({ min: 1, max: 100 }),
  object_id: text,
  types: listOf(text),
} satisfies Covers<Stripe.V2.Core.EventListParams>;

const mostListed = 20;

/** Events of API v2, as far as there are any: reports of meters. */
export const thinEventOperations = [
  retrieval("/v2/core/events/:id", "v2.core.event", getReport),
  operation({
    method: "GET",
    path: "/v2/core/events",
    answers: { list: "v2.core.event" },
    params: listParams,
    run: (world, { limit = mostListed, object_id, types }) => {
      const data = world.tables["v2.core.event"]
        .newestFirst()
        .filter(({ type }) => types === undefined || types.includes(type))
        .filter((report) => object_id === undefined || objectOf(report) === object_id);
      return { data: data.slice(0, limit), next_page_url: null, previous_page_url: null };
    },
  }),
];

function getReport(world: World, id: string): StoredReport {
  const report = world.tables["v2.core.event"].find(id);
  if (report) return report;
  const message = `No such event: ${id}`;
  throw new StripeRefusal(404, { type: "invalid_request_error", code: "not_found", message });
}

function objectOf(report: StoredReport): string | null {
  return "related_object" in report ? report.related_object.id : null;
}
