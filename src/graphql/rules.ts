import { requireEntitlement } from "../billing/entitlements/entitlement.service.js";
import { ownPayer } from "../billing/users/payer.js";
import { BillingError } from "../errors.js";
import type { GraphQLContext } from "./context.js";
import { rule } from "./shield-lib.js";

/**
 * Rules about the caller, and only about the caller: whose row something is stays in SQL, whether it
 * may happen now stays in the services. A rule that throws is a denial, with what it threw as the error.
 */

type Check = (context: GraphQLContext) => true | BillingError | Promise<true | BillingError>;

/**
 * Never cached: on a stream the context lives long, and a verdict would outlive what it was based on.
 * What a check throws is returned: shield swallows what a rule throws, outages and refusals alike.
 */
function callerRule(name: string, check: Check) {
  return rule(name, { cache: "no_cache" })(async (_parent: unknown, _args: unknown, context: GraphQLContext) => {
    try {
      return await check(context);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  });
}

/** Whoever sends a valid token. */
export const isSignedIn = callerRule("isSignedIn", ({ viewer }) =>
  viewer ? true : new BillingError("UNAUTHENTICATED"),
);

/** A caller with a billing account: a customer, or an admin who has one. */
export const isCustomer = callerRule("isCustomer", ({ viewer }) => {
  if (!viewer) return new BillingError("UNAUTHENTICATED");
  return ownPayer(viewer)
    ? true
    : new BillingError("FORBIDDEN", "Only a customer may ask this; this token names no billing account.");
});

/** A customer who may see and move money: where an organisation pays, that is not every member. */
export const isBillingManager = callerRule("isBillingManager", ({ viewer }) => {
  if (!viewer) return new BillingError("UNAUTHENTICATED");
  if (!ownPayer(viewer)) return new BillingError("FORBIDDEN", "This token names no billing account.");
  return viewer.canManageBilling
    ? true
    : new BillingError("FORBIDDEN", "Only who manages the account's billing may do this.");
});

/** A billing manager for their own account, or the host product's back end for the customer that it names. */
export const isBillingManagerOrService = callerRule("isBillingManagerOrService", ({ viewer }) => {
  if (!viewer) return new BillingError("UNAUTHENTICATED");
  if (viewer.roles.has("SERVICE")) return true;
  return viewer.canManageBilling
    ? true
    : new BillingError("FORBIDDEN", "Only who manages the account's billing may do this.");
});

/** A customer whose tier includes a feature; refuses with UPGRADE_REQUIRED and the tier that would help. */
export const includesFeature = (feature: string) =>
  callerRule(`includesFeature:${feature}`, async (context) => {
    const payer = context.viewer && ownPayer(context.viewer);
    if (!context.viewer) return new BillingError("UNAUTHENTICATED");
    if (!payer) return new BillingError("FORBIDDEN", "This token names no billing account.");
    await requireEntitlement(context, payer.userId, feature);
    return true;
  });
