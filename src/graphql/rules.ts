import type { Viewer } from "../auth/viewer.js";
import { requireEntitlement } from "../billing/entitlements/entitlement.service.js";
import { ownPayer } from "../billing/users/payer.js";
import { accountsOf, includes, ledgersOf } from "../billing/users/reach.js";
import { BillingError } from "../errors.js";
import type { GraphQLContext } from "./context.js";
import { rule } from "./shield-lib.js";

/**
 * Rules about the caller, and on `Customer` about whose account it is: which rows there are to see stays in
 * SQL, whether something may happen now stays in the services. A rule that throws is a denial, with what it
 * threw as the error.
 */

type Verdict = true | BillingError | Promise<true | BillingError>;
type Check = (context: GraphQLContext) => Verdict;

/** An account as a rule sees it: the type `Customer`. */
interface Account {
  readonly userId: string;
}

/**
 * Never cached: on a stream the context lives long, and a verdict would outlive what it was based on.
 * What a check throws is returned: shield swallows what a rule throws, outages and refusals alike.
 */
function callerRule(name: string, check: Check) {
  return accountRule(name, (_account, context) => check(context));
}

/** A rule on a field of `Customer`. */
function accountRule(name: string, check: (account: Account, context: GraphQLContext) => Verdict) {
  return rule(name, { cache: "no_cache" })(async (account: Account, _args: unknown, context: GraphQLContext) => {
    try {
      return await check(account, context);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  });
}

const unauthenticated = () => new BillingError("UNAUTHENTICATED");
const notManaged = () => new BillingError("FORBIDDEN", "Only who manages the account's billing may do this.");
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

/** The host product's back end, or staff. */
export const isServiceOrAdmin = callerRule("isServiceOrAdmin", ({ viewer }) => {
  if (!viewer) return unauthenticated();
  return viewer.roles.has("SERVICE") || viewer.roles.has("ADMIN") || new BillingError("FORBIDDEN");
});

/** Staff. */
export const isAdmin = callerRule("isAdmin", ({ viewer }) => {
  if (!viewer) return unauthenticated();
  return viewer.roles.has("ADMIN") || new BillingError("FORBIDDEN");
});

/** On a customer's money: who manages the billing of that very account, the host product's back end, and staff. */
export const managesAccount = accountRule("managesAccount", ({ userId }, { viewer }) => {
  if (!viewer) return unauthenticated();
  return includes(ledgersOf(viewer), userId) || notManaged();
});

/** On a customer: one whose tier includes a feature, for themselves; the host product's back end and staff for anybody. */
export const mayUseOfAccount = (feature: string) =>
  accountRule(`mayUseOfAccount:${feature}`, async ({ userId }, context) => {
    if (!context.viewer) return unauthenticated();
    const accounts = accountsOf(context.viewer);
    if (!includes(accounts, userId)) return new BillingError("FORBIDDEN");
    if (accounts !== "EVERYBODY") await requireEntitlement(context, userId, feature);
    return true;
  });

function managesBilling({ canManageBilling }: Viewer): true | BillingError {
  return canManageBilling || notManaged();
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
