import { idOf } from "../billing/price-amounts.js";
import type { World } from "../world.js";

/** Objects that are only answered on request, made when asked for; kept ones are in the object already. */
const made: Record<string, (world: World, id: string) => object | null> = {
  "charge.refunds": (world, id) => {
    const refunds = world.tables.refund.newestFirst().filter(({ charge }) => charge !== null && idOf(charge) === id);
    return { ...listOf(refunds, `/v1/charges/${id}/refunds`), total_count: refunds.length };
  },
  "customer.invoice_credit_balance": (world, id) => {
    const customer = world.tables.customer.find(id);
    return customer?.currency && customer.balance < 0 ? { [customer.currency]: customer.balance } : {};
  },
  "customer.sources": (_world, id) => listOf([], `/v1/customers/${id}/sources`),
  "customer.subscriptions": (world, id) =>
    listOf(
      world.tables.subscription
        .newestFirst()
        .filter(({ customer, ended_at }) => idOf(customer) === id && ended_at === null),
      `/v1/customers/${id}/subscriptions`,
    ),
  "customer.tax": (world, id) => ({
    automatic_tax: world.tables.customer.find(id)?.address ? "not_collecting" : "unrecognized_location",
    ip_address: null,
    location: null,
    provider: "stripe",
  }),
  "customer.tax_ids": (_world, id) => listOf([], `/v1/customers/${id}/tax_ids`),
  "invoice.confirmation_secret": (world, id) => {
    const [payment] = world.tables.invoice_payment.of(id);
    const reference = payment?.payment.payment_intent;
    const intent = reference && world.tables.payment_intent.find(idOf(reference));
    return intent && payment?.status === "open"
      ? { client_secret: intent.client_secret, type: "payment_intent" }
      : null;
  },
  "invoice.payments": (world, id) =>
    listOf(
      world.tables.invoice_payment.newestFirst().filter(({ invoice }) => idOf(invoice) === id),
      `/v1/invoice_payments?invoice=${id}`,
    ),
};

/** Fields kept inside their object that are left out unless asked for. */
const kept = new Set([
  "price.currency_options",
  "coupon.currency_options",
  "coupon.applies_to",
  "checkout.session.line_items",
]);

export function isLeftOut(kind: string, field: string): boolean {
  return kept.has(`${kind}.${field}`);
}

/** The field's value when it is asked for; undefined when there is none. */
export function includedValue(world: World, kind: string, record: Record<string, unknown>, field: string): unknown {
  const make = made[`${kind}.${field}`];
  return make ? make(world, String(record["id"])) : record[field];
}

function listOf(data: object[], url: string): object {
  return { object: "list", data, has_more: false, url };
}
