import { unwrapResolverError } from "@apollo/server/errors";
import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { InvalidToken, KeysUnavailable } from "../auth/verify-token.js";
import { isDatabaseOutage } from "../db/outage.js";
import { BillingError, CustomerBusy, faults } from "../errors.js";

/** Codes that Apollo Server and graphql-js give to requests that are wrong in themselves. */
const requestFaults = [
  "BAD_REQUEST",
  "BAD_USER_INPUT",
  "GRAPHQL_PARSE_FAILED",
  "GRAPHQL_VALIDATION_FAILED",
  "OPERATION_RESOLUTION_FAILURE",
  "PERSISTED_QUERY_NOT_FOUND",
  "PERSISTED_QUERY_NOT_SUPPORTED",
  "UNAUTHENTICATED",
];

/** How graphql-js ends a long list of wrong variables; Apollo Server gives their code to all but this one. */
const manyWrongVariables = "Too many errors processing variables";

/** What a client sees of an error: a code that docs/errors.md lists, and never an internal message. */
export function presentError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const cause = causeOf(error);
  const where = {
    ...(formatted.locations && { locations: formatted.locations }),
    ...(formatted.path && { path: formatted.path }),
  };
  const fault = faultOf(cause);
  if (fault) return { message: fault.message, ...where, extensions: { code: fault.code, ...fault.details } };
  const isAboutVariables = formatted.message.startsWith(manyWrongVariables);
  const code = isAboutVariables ? "BAD_USER_INPUT" : String(formatted.extensions?.["code"] ?? "");
  if (requestFaults.includes(code)) return { message: formatted.message, ...where, extensions: { code } };
  return { message: faults.INTERNAL_SERVER_ERROR, ...where, extensions: { code: "INTERNAL_SERVER_ERROR" } };
}

/** What was thrown. Where a stream breaks there is no field to blame, and Apollo unwraps only what has one. */
function causeOf(error: unknown): unknown {
  const resolved = unwrapResolverError(error);
  return resolved instanceof GraphQLError ? (resolved.originalError ?? resolved) : resolved;
}

/** `presentError` for a schema that nobody may read: graphql-js names its fields in advice on misspelt variables too. */
export function presentTersely(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const { message, ...rest } = presentError(formatted, error);
  return { ...rest, message: message.replace(/\s*Did you mean [^?]*\?/g, "") };
}

/** The fault that an error stands for; undefined for bugs and for what GraphQL itself found wrong. */
export function faultOf(cause: unknown): BillingError | undefined {
  if (cause instanceof BillingError) return cause;
  if (isDatabaseOutage(cause) || cause instanceof CustomerBusy) {
    return new BillingError("UPSTREAM_UNAVAILABLE", undefined, { retryable: true });
  }
  return undefined;
}

/** Whether an operator should hear of it: bugs and outages, not what callers got wrong. */
export function isOurs(presented: GraphQLFormattedError): boolean {
  const code = presented.extensions?.["code"];
  return code === "INTERNAL_SERVER_ERROR" || code === "UPSTREAM_UNAVAILABLE";
}

/**
 * Why it is not known who asks, as Apollo Server answers it: 401 for a token that is refused, 503 for
 * one that cannot be judged now. Anything else is a bug, and comes back as it is.
 */
export function unknownCaller(error: unknown, requestId: string): unknown {
  if (error instanceof InvalidToken) return wholeRefusal(new BillingError("UNAUTHENTICATED", error.message), 401);
  const isOutage = error instanceof KeysUnavailable || faultOf(error)?.code === "UPSTREAM_UNAVAILABLE";
  if (!isOutage) return error;
  const message = "Whether the token is valid cannot be told just now. Try again shortly.";
  return wholeRefusal(new BillingError("UPSTREAM_UNAVAILABLE", message, { retryable: true, requestId }), 503);
}

/** The refusal of a request as a whole, with its HTTP status. */
export function wholeRefusal(originalError: BillingError, status: number): GraphQLError {
  const extensions = { code: originalError.code, http: { status } };
  return new GraphQLError(originalError.message, { extensions, originalError });
}
