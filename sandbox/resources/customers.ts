import type Stripe from "stripe";
import { cardError, noSuch } from "../api/errors.js";
import { matches, pageOf, paging, range } from "../api/lists.js";
import { mergeMetadata } from "../api/metadata.js";
import { operation } from "../api/operation.js";
import {
  type Covers,
  clearable,
  hash,
  integer,
  listOf,
  metadata,
  notHere,
  oneOf,
  type Read,
  text,
} from "../api/params.js";
import { enterBalance } from "../billing/customer-balance.js";
import { endSubscription } from "../billing/end-subscription.js";
import { asLegacyCard, keepLegacyCard } from "../billing/legacy-card.js";
import { idOf } from "../billing/price-amounts.js";
import { newId, randomText } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { account } from "./account.js";
import { addressParam, readAddress } from "./addresses.js";
import { deletedDiscount, giveDiscount, takeDiscount } from "./customer-discounts.js";
import { cardOfToken } from "./payment-method-data.js";
import { attachPaymentMethod } from "./payment-methods.js";
import { customerShippingParam, readCustomerShipping } from "./shipping.js";
import { getTestClock, refuseFullClock } from "./test-clocks.js";

const shared = {
  address: addressParam,
  balance: integer(),
  business_name: notHere,
  cash_balance: notHere,
  description: clearable(text),
  email: clearable(text),
  individual_name: notHere,
  invoice_prefix: text,
  invoice_settings: hash({
    custom_fields: notHere,
    default_payment_method: clearable(text),
    footer: notHere,
    rendering_options: notHere,
  }),
  metadata,
  name: clearable(text),
  next_invoice_sequence: integer({ min: 1 }),
  phone: clearable(text),
  preferred_locales: listOf(text),
  shipping: clearable(customerShippingParam),
  source: text,
  tax: notHere,
  tax_exempt: oneOf("none", "exempt", "reverse"),
  validate: notHere,
};

/** Callers of older versions give a customer a discount so. */
const legacy = { coupon: clearable(text) };

const createParams = {
  ...shared,
  ...legacy,
  payment_method: text,
  tax_id_data: notHere,
  test_clock: text,
} satisfies Covers<Stripe.CustomerCreateParams>;

export const customerUpdateParams = {
  ...shared,
  ...legacy,
  default_source: notHere,
} satisfies Covers<Stripe.CustomerUpdateParams>;

const listParams = {
  ...paging,
  created: range,
  email: text,
  test_clock: text,
} satisfies Covers<Stripe.CustomerListParams>;

export const customerOperations = [
  operation({
    method: "POST",
    path: "/v1/customers",
    answers: "customer",
    params: createParams,
    run: (world, params) => {
      const built = buildCustomer(world, { email: params.email ?? null, name: params.name ?? null });
      const test_clock =
        params.test_clock === undefined ? null : getTestClock(world, params.test_clock, "test_clock").id;
      if (test_clock !== null) refuseFullClock(world, test_clock);
      const customer = { ...applyChanges(world, built, { ...params, invoice_settings: undefined }), test_clock };
      world.tables.customer.put(customer);
      const settled = applyChanges(world, customer, { invoice_settings: withAttached(world, params, customer.id) });
      const complete = world.tables.customer.put(withMoney(world, settled, params, "initial"));
      recordEvent(world, "customer.created", complete);
      return params.coupon ? giveDiscount(world, complete, params.coupon) : complete;
    },
  }),
  operation({
    method: "GET",
    path: "/v1/customers/:id",
    answers: "customer",
    params: {},
    run: (world, _params, id) => (world.deletedCustomers.has(id) ? deletedCustomer(id) : getCustomer(world, id)),
  }),
  operation({
    method: "POST",
    path: "/v1/customers/:id",
    answers: "customer",
    params: customerUpdateParams,
    run: updateCustomer,
  }),
  operation({
    method: "DELETE",
    path: "/v1/customers/:id",
    answers: "nothing",
    params: {},
    run: (world, _params, id): Stripe.DeletedCustomer => deleteCustomer(world, getCustomer(world, id)),
  }),
  operation({
    method: "DELETE",
    path: "/v1/customers/:id/discount",
    answers: "nothing",
    params: {},
    run: (world, _params, id): Stripe.DeletedDiscount => {
      const customer = getCustomer(world, id);
      if (!customer.discount) throw noSuch("discount for customer", id);
      takeDiscount(world, customer);
      return deletedDiscount(customer.discount);
    },
  }),
  operation({
    method: "GET",
    path: "/v1/customers",
    answers: { list: "customer" },
    params: listParams,
    run: (world, params) => {
      const found = world.tables.customer
        .newestFirst()
        .filter((customer) => matches(params.email, customer.email) && params.created(customer.created))
        .filter(({ test_clock }) => matches(params.test_clock, test_clock));
      return pageOf(found, params, "/v1/customers");
    },
  }),
];

export function getCustomer(world: World, id: string, param = "id"): Stripe.Customer {
  const customer = world.tables.customer.find(id);
  if (!customer) throw noSuch("customer", id, param);
  return customer;
}

export function updateCustomer(world: World, params: Read<typeof customerUpdateParams>, id: string): Stripe.Customer {
  const before = getCustomer(world, id);
  const changed = applyChanges(world, before, params);
  const after = world.tables.customer.put(withMoney(world, changed, params, "adjustment"));
  recordEvent(world, "customer.updated", after, before);
  if (params.coupon === undefined) return after;
  return params.coupon === null ? takeDiscount(world, after) : giveDiscount(world, after, params.coupon);
}

export function buildCustomer(
  world: World,
  { id = newId.customer(), email, name }: { id?: string; email: string | null; name: string | null },
): Stripe.Customer {
  return {
    id,
    object: "customer",
    address: null,
    balance: 0,
    created: nowInSeconds(world),
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email,
    invoice_prefix: randomText(8).toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: {},
    name,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: "none",
    test_clock: null,
  };
}

type Changes = {
  [K in keyof typeof shared]?: ReturnType<(typeof shared)[K]> | undefined;
};

function applyChanges(world: World, customer: Stripe.Customer, params: Changes): Stripe.Customer {
  const method = params.invoice_settings?.default_payment_method;
  if (typeof method === "string" && !belongsTo(world, method, customer.id)) {
    throw noSuch("PaymentMethod", method, "invoice_settings[default_payment_method]");
  }
  return {
    ...customer,
    address: params.address === undefined ? (customer.address ?? null) : readAddress(params.address),
    description: params.description === undefined ? customer.description : params.description,
    email: params.email === undefined ? customer.email : params.email,
    invoice_prefix: params.invoice_prefix ?? customer.invoice_prefix ?? null,
    invoice_settings: {
      ...customer.invoice_settings,
      default_payment_method: method === undefined ? customer.invoice_settings.default_payment_method : method,
    },
    metadata: mergeMetadata(customer.metadata, params.metadata),
    name: params.name === undefined ? (customer.name ?? null) : params.name,
    next_invoice_sequence: params.next_invoice_sequence ?? customer.next_invoice_sequence ?? 1,
    shipping:
      params.shipping === undefined ? customer.shipping : params.shipping && readCustomerShipping(params.shipping),
    phone: params.phone === undefined ? (customer.phone ?? null) : params.phone,
    preferred_locales: params.preferred_locales ?? customer.preferred_locales ?? [],
    tax_exempt: params.tax_exempt ?? customer.tax_exempt ?? "none",
  };
}

/** Saves the card that came along; invoices may be told to use it by the name it was given by. */
function withAttached(
  world: World,
  { payment_method, invoice_settings }: Read<typeof createParams>,
  customer: string,
): Changes["invoice_settings"] {
  if (payment_method === undefined) return invoice_settings;
  const { id } = attachPaymentMethod(world, payment_method, customer);
  if (invoice_settings?.default_payment_method !== payment_method) return invoice_settings;
  return { ...invoice_settings, default_payment_method: id };
}

/** A balance is set by an entry that says so; a token becomes the default source. */
function withMoney(
  world: World,
  customer: Stripe.Customer,
  params: Pick<Changes, "balance" | "source">,
  type: "initial" | "adjustment",
): Stripe.Customer {
  const source = params.source === undefined ? customer.default_source : addSource(world, customer, params.source).id;
  const amount = (params.balance ?? customer.balance) - customer.balance;
  if (amount === 0) return { ...customer, default_source: source };
  const currency = customer.currency ?? account.default_currency;
  const { ending_balance } = enterBalance(world, customer, { amount, currency, type });
  return { ...customer, balance: ending_balance, currency, default_source: source };
}

function addSource(world: World, customer: Stripe.Customer, token: string): Stripe.PaymentMethod {
  const card = cardOfToken(token);
  if (!card) throw noSuch("token", token, "source");
  if (card.decline && !card.attaches) throw cardError({ ...card.decline, param: "" });
  const kept = keepLegacyCard(world, card, customer.id);
  recordEvent(world, "customer.source.created", asLegacyCard(kept));
  recordEvent(world, "payment_method.attached", kept);
  return kept;
}

function belongsTo(world: World, method: string, customer: string): boolean {
  const owner = world.tables.payment_method.find(method)?.customer ?? null;
  return owner !== null && idOf(owner) === customer;
}

/** Deleting a customer ends their subscriptions. */
function deleteCustomer(world: World, customer: Stripe.Customer): Stripe.DeletedCustomer {
  for (const subscription of world.tables.subscription.newestFirst()) {
    if (idOf(subscription.customer) === customer.id && subscription.ended_at === null) {
      endSubscription(world, subscription, subscription.cancellation_details);
    }
  }
  world.tables.customer.remove(customer.id);
  recordEvent(world, "customer.deleted", customer);
  world.deletedCustomers.add(customer.id);
  return deletedCustomer(customer.id);
}

function deletedCustomer(id: string): Stripe.DeletedCustomer {
  return { id, object: "customer", deleted: true };
}
