import type Stripe from "stripe";
import { addDays } from "../calendar.js";

/** How an invoice is collected: charged by itself, or sent and to be paid by a date. */
export interface Collection {
  method: Stripe.Invoice.CollectionMethod;
  /** Only of what is sent. */
  dueDate: number | null;
}

export const chargedAutomatically: Collection = { method: "charge_automatically", dueDate: null };

/** The days count from when the invoice is made: https://docs.stripe.com/api/invoices/create#create_invoice-days_until_due */
export function sentWithin(days: number, created: number): Collection {
  return { method: "send_invoice", dueDate: addDays(created, days) };
}

/** How a subscription's invoices are collected. */
export function collectionOf(subscription: Stripe.Subscription | null, created: number): Collection {
  if (subscription?.collection_method !== "send_invoice") return chargedAutomatically;
  return sentWithin(subscription.days_until_due ?? 0, created);
}

export function isSent({ collection_method }: Stripe.Invoice | Stripe.Subscription): boolean {
  return collection_method === "send_invoice";
}
