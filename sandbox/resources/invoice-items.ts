import type Stripe from "stripe";
import { invalidRequest, noSuch } from "../api/errors.js";
import { matches, pageOf, paging, range } from "../api/lists.js";
import { mergeMetadata } from "../api/metadata.js";
import { operation, retrieval } from "../api/operation.js";
import { bool, type Covers, hash, integer, metadata, notHere, type Read, required, text } from "../api/params.js";
import { adHocPrice } from "../billing/ad-hoc-price.js";
import { addToDraft, takeFromDraft } from "../billing/draft-lines.js";
import { buildInvoiceItem, pricingOf } from "../billing/invoice-item.js";
import { nameOf } from "../billing/line-drafts.js";
import { amountFor, idOf, refuseUnlessOfferedIn, unitAmount } from "../billing/price-amounts.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { getCustomer } from "./customers.js";
import { getSubscription } from "./get-subscription.js";
import { getInvoice } from "./invoices.js";
import { oneTimePriceData, priceFromData } from "./price-data.js";
import { getPriceForSale } from "./prices.js";

const period = hash({ end: required(integer()), start: required(integer()) });

const createParams = {
  amount: integer(),
  currency: text,
  customer: required(text),
  customer_account: notHere,
  description: text,
  discountable: bool,
  discounts: notHere,
  invoice: text,
  metadata,
  period,
  price_data: oneTimePriceData,
  pricing: hash({ price: text }),
  quantity: integer({ min: 0 }),
  quantity_decimal: notHere,
  subscription: text,
  tax_behavior: notHere,
  tax_code: notHere,
  tax_rates: notHere,
  unit_amount_decimal: notHere,
} satisfies Covers<Stripe.InvoiceItemCreateParams>;

const updateParams = {
  amount: integer(),
  description: text,
  discountable: bool,
  discounts: notHere,
  invoicing_rules: notHere,
  metadata,
  period,
  price_data: notHere,
  pricing: notHere,
  quantity: notHere,
  quantity_decimal: notHere,
  tax_behavior: notHere,
  tax_code: notHere,
  tax_rates: notHere,
  unit_amount_decimal: notHere,
} satisfies Covers<Stripe.InvoiceItemUpdateParams>;

const listParams = {
  ...paging,
  created: range,
  customer: text,
  customer_account: notHere,
  invoice: text,
  pending: bool,
} satisfies Covers<Stripe.InvoiceItemListParams>;

const path = "/v1/invoiceitems";
const answers = "invoiceitem";

export const invoiceItemOperations = [
  operation({ method: "POST", path, answers, params: createParams, run: createItem }),
  retrieval(`${path}/:id`, answers, getInvoiceItem),
  operation({ method: "POST", path: `${path}/:id`, answers, params: updateParams, run: updateItem }),
  operation({
    method: "DELETE",
    path: `${path}/:id`,
    answers: "nothing",
    params: {},
    run: (world, _params, id): Stripe.DeletedInvoiceItem => {
      const item = getInvoiceItem(world, id);
      refuseUnlessEditable(world, item);
      world.tables.invoiceitem.remove(id);
      takeFromDraft(world, item);
      recordEvent(world, "invoiceitem.deleted", item);
      return { id, object: "invoiceitem", deleted: true };
    },
  }),
  operation({
    method: "GET",
    path,
    answers: { list: "invoiceitem" },
    params: listParams,
    run: (world, params) => {
      const found = world.tables.invoiceitem
        .newestFirst()
        .filter((item) => params.created(item.date) && matches(params.customer, idOf(item.customer)))
        .filter((item) => matches(params.invoice, item.invoice && idOf(item.invoice)))
        .filter((item) => matches(params.pending, item.invoice === null));
      return pageOf(found, params, path);
    },
  }),
];

function createItem(world: World, params: Read<typeof createParams>): Stripe.InvoiceItem {
  const customer = getCustomer(world, params.customer, "customer");
  const invoice = params.invoice === undefined ? null : getInvoice(world, params.invoice, "invoice");
  const subscription =
    params.subscription === undefined ? null : getSubscription(world, params.subscription, "subscription");
  refuseUnlessOneAmount(params);
  if (invoice && invoice.status !== "draft") {
    throw invalidRequest("You can only add items to a draft invoice.", { param: "invoice" });
  }
  const price = priceFor(world, params, customer);
  const currency = (params.currency ?? price.currency).toLowerCase();
  refuseUnlessOfferedIn(price, currency);
  const quantity = params.quantity ?? 1;
  const unit = unitAmount(price, currency);
  const now = nowInSeconds(world);
  const item = world.tables.invoiceitem.put(
    buildInvoiceItem(world, {
      customer: customer.id,
      amount: amountFor(price, currency, quantity),
      currency,
      description: params.description ?? (params.amount === undefined ? nameOf(world, price) : null),
      isDiscountable: params.discountable ?? unit >= 0,
      period: params.period ?? { start: now, end: now },
      price,
      unitAmount: unit,
      quantity,
      metadata: mergeMetadata({}, params.metadata),
      parent: subscription && { subscription: subscription.id },
      proration: null,
    }),
  );
  recordEvent(world, "invoiceitem.created", item);
  return invoice ? addToDraft(world, invoice, item) : item;
}

function refuseUnlessOneAmount({ amount, price_data, pricing, quantity }: Read<typeof createParams>): void {
  const given = [amount, price_data, pricing?.price].filter((one) => one !== undefined);
  if (given.length !== 1) {
    throw invalidRequest("You must specify exactly one of `amount`, `price_data` and `pricing`.", { param: "amount" });
  }
  if (amount === undefined || quantity === undefined) return;
  throw invalidRequest("`quantity` cannot be used with `amount`, which is that of the whole.", { param: "quantity" });
}

/** What the item costs, as a price: that which was named, or one that stands for the amount. */
function priceFor(world: World, params: Read<typeof createParams>, customer: Stripe.Customer): Stripe.Price {
  const { amount, description, price_data, pricing } = params;
  if (price_data) return priceFromData(world, price_data, "price_data");
  if (pricing?.price !== undefined) return getPriceForSale(world, pricing.price, "pricing[price]");
  const currency = (params.currency ?? customer.currency ?? "usd").toLowerCase();
  return adHocPrice(world, { amount: amount ?? 0, currency, name: description ?? "Invoice item" });
}

function updateItem(world: World, params: Read<typeof updateParams>, id: string): Stripe.InvoiceItem {
  const before = getInvoiceItem(world, id);
  refuseUnlessEditable(world, before);
  const invoice = before.invoice === null ? null : getInvoice(world, idOf(before.invoice));
  takeFromDraft(world, before);
  const after = world.tables.invoiceitem.put({
    ...(params.amount === undefined ? before : withAmount(world, before, params.amount)),
    description: params.description ?? before.description,
    discountable: params.discountable ?? before.discountable,
    metadata: mergeMetadata(before.metadata, params.metadata),
    period: params.period ?? before.period,
  });
  return invoice ? addToDraft(world, getInvoice(world, invoice.id), after) : after;
}

/** The same item for another amount of money. */
function withAmount(world: World, item: Stripe.InvoiceItem, amount: number): Stripe.InvoiceItem {
  const { currency, description } = item;
  const price = adHocPrice(world, { amount, currency, name: description ?? "Invoice item" });
  return { ...item, amount, net_amount: amount, pricing: pricingOf(price, amount) };
}

function getInvoiceItem(world: World, id: string): Stripe.InvoiceItem {
  const item = world.tables.invoiceitem.find(id);
  if (!item) throw noSuch("invoiceitem", id);
  return item;
}

function refuseUnlessEditable(world: World, { invoice }: Stripe.InvoiceItem): void {
  if (invoice === null || getInvoice(world, idOf(invoice)).status === "draft") return;
  throw invalidRequest("Can't change an invoice item that is attached to an invoice that is no longer editable.");
}
