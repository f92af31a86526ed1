import type Stripe from "stripe";
import { invoiceSnapshot } from "./invoice-snapshot.js";
import { paymentExpansion, readPayment } from "./read-payment.js";
import {
  type CustomerSnapshot,
  customerSnapshot,
  type InvoiceSnapshot,
  idOf,
  type ListedPrice,
  type ListedSubscription,
  type PaymentSnapshot,
} from "./snapshots.js";
import { asking, everyPage, isMissingHere } from "./stripe-errors.js";
import { subscriptionStatus } from "./subscription-snapshot.js";

/**
 * What Stripe has of one customer, and which customers it has.
 *
 * A list may be poorer than the object read by itself, as Stripe bounds how deep a list can be expanded: take what
 * looks wrong in one for a suspicion. A customer that Stripe does not have has nothing.
 */
export interface StripeListing {
  /** The ids of all subscriptions, ended ones too; newest first. */
  listSubscriptions(customerId: string): Promise<string[]>;
  listInvoices(customerId: string): Promise<InvoiceSnapshot[]>;
  listPayments(customerId: string): Promise<PaymentSnapshot[]>;
  /** A page of the account's customers, whoever made them, newest first; deleted ones are left out. `after` is the last id of the page before. */
  listCustomers(after: string | null): Promise<CustomerSnapshot[]>;
  /** A page of the account's subscriptions but for canceled ones, whoever's they are, newest first; `after` as above. */
  listRunningSubscriptions(after: string | null): Promise<ListedSubscription[]>;
}

const limit = 100;

/** The lists over the SDK. */
export function makeStripeListing(stripe: Stripe): StripeListing {
  return {
    listSubscriptions: async (customer) => {
      const found = await listed(stripe.subscriptions.list({ customer, status: "all", limit }));
      return found.map(({ id }) => id);
    },
    listInvoices: async (customer) => {
      const expand = ["data.payments"];
      return (await listed(stripe.invoices.list({ customer, limit, expand }))).map(invoiceSnapshot);
    },
    listPayments: async (customer) => {
      const expand = paymentExpansion.map((name) => `data.${name}`);
      const intents = await listed(stripe.paymentIntents.list({ customer, limit, expand }));
      // One after the other: few are disputed, and this is read where Stripe is to be spared.
      const payments: PaymentSnapshot[] = [];
      for (const intent of intents) payments.push(await asking(() => readPayment(stripe, intent)));
      return payments;
    },
    listCustomers: (after) =>
      asking(async () => {
        const expand = ["data.invoice_settings.default_payment_method"];
        const page = await stripe.customers.list({ limit, expand, ...(after && { starting_after: after }) });
        return page.data.map(customerSnapshot);
      }),
    listRunningSubscriptions: (after) =>
      asking(async () => {
        const page = await stripe.subscriptions.list({ limit, ...(after && { starting_after: after }) });
        return page.data.map(listedSubscription);
      }),
  };
}

function listedSubscription({ id, customer, status, currency, items }: Stripe.Subscription): ListedSubscription {
  const price = items.data[0]?.price;
  const shown = { status: subscriptionStatus(status), currency, price: price ? listedPrice(price) : null };
  return { id, customerId: idOf(customer) ?? "", ...shown };
}

function listedPrice({ id, product, currency, unit_amount, recurring }: Stripe.Price): ListedPrice {
  return {
    id,
    productId: idOf(product),
    currency,
    unitAmount: unit_amount,
    interval: recurring?.interval ?? "month",
    intervalCount: recurring?.interval_count ?? 1,
  };
}

async function listed<T>(list: AsyncIterable<T>): Promise<T[]> {
  try {
    return await asking(() => everyPage(list));
  } catch (error) {
    if (isMissingHere(error)) return [];
    throw error;
  }
}
