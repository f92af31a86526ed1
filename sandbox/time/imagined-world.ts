import type { Kind, Tables } from "../store/tables.js";
import { createTables } from "../store/tables.js";
import type { World } from "../world.js";
import { createAgenda } from "./agenda.js";
import { renewal } from "./renewal.js";
import { schedulePhase } from "./schedule-phase.js";
import { scheduleStart } from "./schedule-start.js";
import { subscriptionEnd } from "./subscription-end.js";

/** What decides of a subscription's next invoice. Payments do not, and what only tells would have to imagine again. */
const causes = [subscriptionEnd, scheduleStart, schedulePhase, renewal];

/** Whose are all customers' alike. */
const shared = ["billing.meter", "billing.meter_event", "coupon", "price", "product", "promotion_code"] as const;

const owned = [
  "customer_balance_transaction",
  "discount",
  "invoice",
  "invoiceitem",
  "payment_intent",
  "payment_method",
] as const;

/** Of one customer, at most one subscription, and at most one schedule. */
export interface Imagined {
  customer: string;
  subscription: string | null;
  schedule: string | null;
}

/**
 * A copy of what concerns one subscription, in which things can be tried out: nothing of it is kept or told.
 *
 * What is previewed in it is what then happens, for the same functions do both.
 */
export function imagineWorld(world: World, { customer, subscription, schedule }: Imagined): World {
  const tables = createTables();
  for (const kind of shared)
    copy(
      world.tables,
      tables,
      kind,
      world.tables[kind].dump().map(({ id }) => id),
    );
  for (const kind of owned)
    copy(
      world.tables,
      tables,
      kind,
      world.tables[kind].of(customer).map(({ id }) => id),
    );
  copy(world.tables, tables, "customer", [customer]);
  if (subscription !== null) copy(world.tables, tables, "subscription", [subscription]);
  if (schedule !== null) copy(world.tables, tables, "subscription_schedule", [schedule]);
  return {
    ...world,
    tables,
    agenda: createAgenda(tables, causes),
    deliveries: { ...world.deliveries, send: () => undefined },
    onEvent: undefined,
    subscriptionMemories: new Map(world.subscriptionMemories),
  };
}

function copy<K extends Kind>(from: Tables, to: Tables, kind: K, ids: string[]): void {
  for (const id of ids) {
    const record = from[kind].find(id);
    if (record) to[kind].put(record);
  }
}
