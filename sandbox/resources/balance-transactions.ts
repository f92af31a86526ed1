import type Stripe from "stripe";
import { noSuch } from "../api/errors.js";
import { matches, pageOf, paging, range } from "../api/lists.js";
import { operation } from "../api/operation.js";
import { type Covers, notHere, text } from "../api/params.js";
import { idOf } from "../billing/price-amounts.js";

const listParams = {
  ...paging,
  created: range,
  currency: text,
  payout: notHere,
  source: text,
  type: text,
} satisfies Covers<Stripe.BalanceTransactionListParams>;

const path = "/v1/balance_transactions";
const answers = "balance_transaction";

export const balanceTransactionOperations = [
  operation({
    method: "GET",
    path: `${path}/:id`,
    answers,
    params: {},
    run: (world, _params, id) => {
      const entry = world.tables.balance_transaction.find(id);
      if (!entry) throw noSuch("balance transaction", id);
      return entry;
    },
  }),
  operation({
    method: "GET",
    path,
    answers: { list: answers },
    params: listParams,
    run: (world, params) => {
      const found = world.tables.balance_transaction
        .newestFirst()
        .filter(
          ({ created, currency, type }) =>
            params.created(created) && matches(params.currency, currency) && matches(params.type, type),
        )
        .filter(({ source }) => matches(params.source, source && idOf(source)));
      return pageOf(found, params, path);
    },
  }),
];
