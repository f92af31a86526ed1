import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import { integer, oneOf } from "../api/params.js";
import { type Collection, chargedAutomatically, sentWithin } from "../billing/collection.js";

/** How invoices are collected, as subscriptions and invoices are told. */
export const collectionParams = {
  collection_method: oneOf("charge_automatically", "send_invoice"),
  days_until_due: integer({ min: 0 }),
};

interface Given {
  collection_method?: Collection["method"] | undefined;
  days_until_due?: number | undefined;
}

/** The days a customer has to pay what is sent; null where invoices are charged. */
export function daysUntilDueOf(given: Given, current: Pick<Stripe.Subscription, "days_until_due"> | null = null) {
  const before = current?.days_until_due ?? null;
  const method = given.collection_method ?? (before === null ? "charge_automatically" : "send_invoice");
  if (method === "send_invoice") {
    const days = given.days_until_due ?? before;
    if (days !== null) return days;
    throw invalidRequest("You must specify `days_until_due` when `collection_method` is `send_invoice`.", {
      param: "days_until_due",
    });
  }
  if (given.days_until_due === undefined) return null;
  throw invalidRequest("You can only specify `days_until_due` when `collection_method` is `send_invoice`.", {
    param: "days_until_due",
  });
}

/** How one invoice made by hand is collected: as it is told, else as its subscription's are. */
export function collectionGiven(
  given: Given & { due_date?: number | undefined },
  { created, otherwise }: { created: number; otherwise: Collection },
): Collection {
  const method = given.collection_method ?? otherwise.method;
  const { days_until_due, due_date } = given;
  if (method === "charge_automatically") {
    if (days_until_due === undefined && due_date === undefined) return chargedAutomatically;
    throw invalidRequest("Only an invoice with `collection_method` `send_invoice` has a date when it is due.", {
      param: due_date === undefined ? "days_until_due" : "due_date",
    });
  }
  if (days_until_due !== undefined && due_date !== undefined) {
    throw invalidRequest("You may only specify one of these parameters: days_until_due, due_date.");
  }
  if (due_date !== undefined) {
    if (due_date > created) return { method, dueDate: due_date };
    throw invalidRequest("The `due_date` must be in the future.", { param: "due_date" });
  }
  if (days_until_due !== undefined) return sentWithin(days_until_due, created);
  if (otherwise.dueDate !== null) return { method, dueDate: otherwise.dueDate };
  throw invalidRequest("You must specify `days_until_due` or `due_date` when `collection_method` is `send_invoice`.", {
    param: "days_until_due",
  });
}
