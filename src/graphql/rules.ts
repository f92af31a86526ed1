import type { ServiceKeyScope, Viewer } from "../auth/viewer.js";
import { requireEntitlement } from "../billing/entitlements/entitlement.service.js";
import { ownPayer } from "../billing/users/payer.js";
import { allowancesOf, includes, isServiceWith, ledgersOf } from "../billing/users/reach.js";
import { BillingError } from "../errors.js";
import type { GraphQLContext } from "./context.js";
import type { QuickRule } from "./quick-rule.js";
import { rule } from "./shield-lib.js";

/**
 * Rules about the caller, and on `Customer` about whose account it is: which rows there are to see stays in
 * SQL, whether something may happen now stays in the services. A rule that throws is a denial, with what it
 * threw as the error.
 */

/** Of which a service needs one. */
type Scopes = readonly [ServiceKeyScope, ...ServiceKeyScope[]];

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

let made = 0;

/** A rule on a field of `Customer`. Shield wants each to have a name of its own, also where the same is made twice. */
function accountRule(name: string, check: (account: Account, context: GraphQLContext) => Verdict) {
  return rule(`${name}#${++made}`, { cache: "no_cache" })(
    async (account: Account, _args: unknown, context: GraphQLContext) => {
      try {
        return await check(account, context);
      } catch (error) {
        return error instanceof Error ? error : new Error(String(error));
      }
    },
  );
}

const unauthenticated = () => new BillingError("UNAUTHENTICATED");
const notManaged = () => new BillingError("FORBIDDEN", "Only who manages the account's billing may do this.");
const withoutAccount = () => new BillingError("FORBIDDEN", "This token names no billing account.");
const outOfScope = (scopes: Scopes) =>
  new BillingError("FORBIDDEN", `This needs a service key with the scope ${scopes.join(" or ")}.`);

/** What a service needs to see of a customer what it may use. */
export const readsAllowances: Scopes = ["CUSTOMERS_READ", "ENTITLEMENTS_READ"];

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

/** Who has a billing account, for themselves; or the host product's back end, with any of these scopes. */
export const isCustomerOrServiceWith = (...scopes: Scopes) =>
  callerRule(`isCustomerOrServiceWith:${scopes}`, ({ viewer }) => {
    if (!viewer) return unauthenticated();
    if (viewer.roles.has("SERVICE")) return withinScopes(viewer, scopes);
    return ownPayer(viewer) ? true : withoutAccount();
  });

/** A billing manager for their own account; or the host product's back end, with any of these scopes. */
export const isBillingManagerOrServiceWith = (...scopes: Scopes) =>
  callerRule(`isBillingManagerOrServiceWith:${scopes}`, ({ viewer }) => {
    if (!viewer) return unauthenticated();
    return viewer.roles.has("SERVICE") ? withinScopes(viewer, scopes) : managesBilling(viewer);
  });

/** Staff, or the host product's back end with any of these scopes. */
export const isAdminOrServiceWith = (...scopes: Scopes) =>
  callerRule(`isAdminOrServiceWith:${scopes}`, ({ viewer }) => {
    if (!viewer) return unauthenticated();
    if (viewer.roles.has("ADMIN")) return true;
    return viewer.roles.has("SERVICE") ? withinScopes(viewer, scopes) : new BillingError("FORBIDDEN");
  });

/** Staff, and nobody else. */
export const isAdmin: QuickRule = {
  refusal: (viewer) => {
    if (!viewer) return unauthenticated();
    return viewer.roles.has("ADMIN") ? undefined : new BillingError("FORBIDDEN");
  },
};

/** Whoever has the object may see it, but for a service, which needs any of these scopes: it may have come upon it by a mutation. */
export const servicesNeed = (...scopes: Scopes): QuickRule => ({
  refusal: (viewer) => (viewer && lacks(viewer, scopes) ? outOfScope(scopes) : undefined),
});

/** On a customer's money: who manages the billing of that very account, the host product's back end, and staff. */
export const managesAccount = accountRule("managesAccount", ({ userId }, { viewer }) => {
  if (!viewer) return unauthenticated();
  if (lacks(viewer, ["CUSTOMERS_READ"])) return outOfScope(["CUSTOMERS_READ"]);
  return includes(ledgersOf(viewer), userId) || notManaged();
});

/** On a customer: one whose tier includes a feature, for themselves; the host product's back end and staff for anybody. */
export const mayUseOfAccount = (feature: string) =>
  accountRule(`mayUseOfAccount:${feature}`, async ({ userId }, context) => {
    if (!context.viewer) return unauthenticated();
    if (lacks(context.viewer, readsAllowances)) return outOfScope(readsAllowances);
    const accounts = allowancesOf(context.viewer);
    if (!includes(accounts, userId)) return new BillingError("FORBIDDEN");
    if (accounts !== "EVERYBODY") await requireEntitlement(context, userId, feature);
    return true;
  });

function withinScopes(viewer: Viewer, scopes: Scopes): true | BillingError {
  return isServiceWith(viewer, ...scopes) || outOfScope(scopes);
}

/** Whether it is a service that calls, without any of the scopes. Staff need none. */
function lacks(viewer: Viewer, scopes: Scopes): boolean {
  return viewer.roles.has("SERVICE") && !viewer.roles.has("ADMIN") && !isServiceWith(viewer, ...scopes);
}

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
