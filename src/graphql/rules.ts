import type { Viewer } from "../auth/viewer.js";
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

const unauthenticated = () => new BillingError("UNAUTHENTICATED");
const withoutAccount = () => new BillingError("FORBIDDEN", "This token names no billing account.");

/** A customer, or an admin, has a billing account; a service has none. */
export const isCustomer = callerRule("isCustomer", ({ viewer }) => {
  if (!viewer) return unauthenticated();
  return ownPayer(viewer) ? true : withoutAccount();
});

/** A customer who may see and move money: where an organisation pays, that is not every member. */
export const isBillingManager = callerRule("isBillingManager", ({ viewer }) => {
  if (!viewer) return unauthenticated();
  return ownPayer(viewer) ? managesBilling(viewer) : withoutAccount();
});

/** A billing manager for their own account, or the host product's back end for the customer that it names. */
export const isBillingManagerOrService = callerRule("isBillingManagerOrService", ({ viewer }) => {
  if (!viewer) return unauthenticated();
  return viewer.roles.has("SERVICE") ? true : managesBilling(viewer);
});

function managesBilling({ canManageBilling }: Viewer): true | BillingError {
  if (canManageBilling) return true;
  return new BillingError("FORBIDDEN", "Only who manages the account's billing may do this.");
}

/** A customer whose tier includes a feature; refuses with UPGRADE_REQUIRED and the tier that would help. */
export const includesFeature = (feature: string) =>
  callerRule(`includesFeature:${feature}`, async (context) => {
    if (!context.viewer) return unauthenticated();
    const payer = ownPayer(context.viewer);
    if (!payer) return withoutAccount();
    await requireEntitlement(context, payer.userId, feature);
    return true;
  });
