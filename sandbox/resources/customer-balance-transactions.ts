import type Stripe from "stripe";
import { noSuch } from "../api/errors.js";
import { matches, pageOf, paging, range } from "../api/lists.js";
import { mergeMetadata } from "../api/metadata.js";
import { operation, retrieval } from "../api/operation.js";
import { type Covers, integer, metadata, required, text } from "../api/params.js";
import { readCurrency } from "../billing/chargeable.js";
import { changeBalance } from "../billing/customer-balance.js";
import { idOf } from "../billing/price-amounts.js";
import type { World } from "../world.js";
import { getCustomer } from "./customers.js";

const createParams = {
  amount: required(integer()),
  currency: required(text),
  description: text,
  metadata,
} satisfies Covers<Stripe.CustomerCreateBalanceTransactionParams>;

const updateParams = { description: text, metadata } satisfies Covers<Stripe.CustomerUpdateBalanceTransactionParams>;

const listParams = {
  ...paging,
  created: range,
  invoice: text,
} satisfies Covers<Stripe.CustomerListBalanceTransactionsParams>;

const ofCustomer = "/v1/customers/:id/balance_transactions";
const single = "/v1/customers/:customer/balance_transactions/:id";
const answers = "customer_balance_transaction";

export const customerBalanceTransactionOperations = [
  operation({
    method: "POST",
    path: ofCustomer,
    answers,
    params: createParams,
    run: (world, params, id) =>
      changeBalance(world, getCustomer(world, id), {
        amount: params.amount,
        currency: readCurrency(params.currency),
        type: "adjustment",
        description: params.description ?? null,
        metadata: mergeMetadata({}, params.metadata),
      }),
  }),
  retrieval(single, answers, getEntry),
  operation({
    method: "POST",
    path: single,
    answers,
    params: updateParams,
    run: (world, params, id) => {
      const before = getEntry(world, id);
      return world.tables.customer_balance_transaction.put({
        ...before,
        description: params.description ?? before.description,
        metadata: mergeMetadata(before.metadata, params.metadata),
      });
    },
  }),
  operation({
    method: "GET",
    path: ofCustomer,
    answers: { list: answers },
    params: listParams,
    run: (world, params, id) => {
      const found = world.tables.customer_balance_transaction
        .newestFirst()
        .filter(({ customer, created }) => idOf(customer) === getCustomer(world, id).id && params.created(created))
        .filter(({ invoice }) => matches(params.invoice, invoice && idOf(invoice)));
      return pageOf(found, params, `/v1/customers/${id}/balance_transactions`);
    },
  }),
];

function getEntry(world: World, id: string): Stripe.CustomerBalanceTransaction {
  const entry = world.tables.customer_balance_transaction.find(id);
  if (!entry) throw noSuch("customer balance transaction", id);
  return entry;
}
