import type { ApolloServerPlugin, GraphQLRequestContext } from "@apollo/server";
import { GraphQLError } from "graphql";
import { BillingError } from "../errors.js";
import type { Budget } from "./budget.js";
import type { GraphQLContext } from "./context.js";
import { type Cost, type CostOf, leastCost } from "./cost.js";
import { presentError, wholeRefusal } from "./errors.js";

/** Charges an operation; gives the refusal when its caller's budget has not as much. */
export async function charge(budget: Budget, cost: Cost): Promise<GraphQLError | null> {
  try {
    await budget.spend(cost);
    return null;
  } catch (error) {
    if (!(error instanceof BillingError)) throw error;
    return wholeRefusal(error, error.code === "THROTTLED" ? 429 : 400);
  }
}

/** Charges each operation before any of it runs, and says in each answer what it cost and what is left. */
export function chargeOperations(costOf: CostOf): ApolloServerPlugin<GraphQLContext> {
  return {
    async requestDidStart() {
      let throttled: GraphQLError | null = null;
      return {
        async didResolveOperation({ document, operation, request, contextValue: { budget } }) {
          // A stream will not open here. No operation: the document has several, and none is named.
          if (operation?.operation === "subscription") return;
          const cost = operation ? costOf(document, operation, request.variables ?? {}) : leastCost;
          const refusal = await charge(budget, cost);
          if (refusal) throw refusal;
        },
        async didEncounterErrors({ contextValue: { budget } }) {
          // A document that cannot run has been read all the same.
          if (!budget.charge) throttled = await charge(budget, leastCost);
        },
        async willSendResponse(context) {
          if (throttled) answerInstead(context, throttled);
          tellCost(context);
        },
      };
    },
  };
}

type Response = Pick<GraphQLRequestContext<GraphQLContext>, "contextValue"> & {
  readonly response: GraphQLRequestContext<GraphQLContext>["response"];
};

function answerInstead({ response }: Response, refusal: GraphQLError): void {
  response.body = { kind: "single", singleResult: { errors: [presentError(refusal.toJSON(), refusal)] } };
  response.http.status = 429;
}

/** Shopify's keys in `extensions`, and the fields of draft-ietf-httpapi-ratelimit-headers-06. */
function tellCost({ response, contextValue: { budget } }: Response): void {
  const { body } = response;
  if (body?.kind !== "single" || !budget.charge) return;
  const { points, verdict } = budget.charge;
  const cost = { requestedQueryCost: points, ...(verdict && { throttleStatus: throttleStatus(verdict) }) };
  body.singleResult.extensions = { ...body.singleResult.extensions, cost };
  if (!verdict) return;
  const { bucket, remaining, msUntilFull } = verdict;
  const { headers } = response.http;
  headers.set("ratelimit-limit", String(bucket.capacity));
  headers.set("ratelimit-remaining", String(remaining));
  headers.set("ratelimit-reset", String(Math.ceil(msUntilFull / 1_000)));
  headers.set("ratelimit-policy", `${bucket.capacity};w=${Math.ceil(bucket.capacity / bucket.perSecond)}`);
  if (budget.retryAfterSeconds !== null) headers.set("retry-after", String(budget.retryAfterSeconds));
}

function throttleStatus({ bucket, remaining }: NonNullable<NonNullable<Budget["charge"]>["verdict"]>) {
  return { maximumAvailable: bucket.capacity, currentlyAvailable: remaining, restoreRate: bucket.perSecond };
}
