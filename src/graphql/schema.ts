import "reflect-metadata";
import { MapperKind, mapSchema, pruneSchema } from "@graphql-tools/utils";
import { createPubSub } from "@graphql-yoga/subscription";
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from "graphql";
import { buildSchemaSync } from "type-graphql";
import { AdminCustomerResolver } from "../billing/admin/admin-customer.resolver.js";
import { AdminSubscriptionResolver } from "../billing/admin/admin-subscription.resolver.js";
import { CustomerTierResolver } from "../billing/allowances/allowance.resolver.js";
import { TierPriceResolver, TierResolver } from "../billing/catalog/catalog.resolver.js";
import { CheckoutResolver } from "../billing/checkout/checkout.resolver.js";
import { AdminCancellationResolver } from "../billing/course/admin-cancellation.resolver.js";
import { CourseResolver } from "../billing/course/course.resolver.js";
import { CustomerEntitlementResolver, EntitlementResolver } from "../billing/entitlements/entitlement.resolver.js";
import { OverrideResolver } from "../billing/entitlements/override.resolver.js";
import {
  SettledEntitlementResolver,
  UsageEntitlementResolver,
} from "../billing/entitlements/usage-entitlement.resolver.js";
import { BillingPageResolver } from "../billing/history/billing-page.resolver.js";
import { HistoryResolver, InvoiceResolver, PaymentResolver } from "../billing/history/history.resolver.js";
import { NodeResolver } from "../billing/node.resolver.js";
import { PlanChangeResolver } from "../billing/plan-changes/plan-change.resolver.js";
import { PricingContextResolver, TierPricingResolver } from "../billing/pricing/pricing.resolver.js";
import { DifferenceResolver, ReconciliationResolver } from "../billing/reconciliation/reconciliation.resolver.js";
import { RefundResolver } from "../billing/refunds/refund.resolver.js";
import { ServiceKeyResolver } from "../billing/service-keys/service-key.resolver.js";
import { GrantResolver } from "../billing/subscriptions/grant.resolver.js";
import { CustomerSubscriptionResolver, SubscriptionResolver } from "../billing/subscriptions/subscription.resolver.js";
import { SubscriptionTermsResolver } from "../billing/subscriptions/subscription-terms.resolver.js";
import { TrialEndResolver } from "../billing/subscriptions/trial-end.resolver.js";
import { RecordUsageResolver } from "../billing/usage/record-usage.resolver.js";
import { ReservationResolver } from "../billing/usage/reservation.resolver.js";
import { UsageResolver } from "../billing/usage/usage.resolver.js";
import { UsageSummaryResolver } from "../billing/usage/usage-summary.resolver.js";
import { CustomerResolver, UserResolver } from "../billing/users/user.resolver.js";
import { WebhookEventResolver } from "../billing/webhook-events/webhook-event.resolver.js";
import { RateLimitResolver } from "./rate-limit.resolver.js";

/** What the root types are for; type-graphql makes them by itself and takes no description. */
const roots = {
  Query: "Entry point for reads.",
  Mutation: "Entry point for writes. Root fields run one after another.",
  Subscription:
    "Entry point for live updates, over the `graphql-transport-ws` protocol. Every stream is scoped to the caller.",
};

/** The schema as its classes define it, without permissions. */
export function buildPlainSchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [
      NodeResolver,
      TierResolver,
      TierPriceResolver,
      PricingContextResolver,
      TierPricingResolver,
      UserResolver,
      CustomerResolver,
      SubscriptionResolver,
      SubscriptionTermsResolver,
      CustomerSubscriptionResolver,
      GrantResolver,
      TrialEndResolver,
      CustomerTierResolver,
      EntitlementResolver,
      CustomerEntitlementResolver,
      UsageResolver,
      UsageSummaryResolver,
      RecordUsageResolver,
      ReservationResolver,
      UsageEntitlementResolver,
      SettledEntitlementResolver,
      OverrideResolver,
      CheckoutResolver,
      PlanChangeResolver,
      CourseResolver,
      AdminCancellationResolver,
      HistoryResolver,
      BillingPageResolver,
      InvoiceResolver,
      PaymentResolver,
      RefundResolver,
      AdminSubscriptionResolver,
      AdminCustomerResolver,
      ReconciliationResolver,
      DifferenceResolver,
      ServiceKeyResolver,
      WebhookEventResolver,
      RateLimitResolver,
    ],
    // Every stream brings its own source (live/listen.ts); type-graphql asks for one all the same.
    pubSub: createPubSub<Record<string, never>>(),
    // Each argument is checked where its rule lives; class-validator is not installed.
    validate: false,
  });
  for (const [name, description] of Object.entries(roots)) {
    const type = schema.getType(name);
    if (type) type.description = description;
  }
  return schema;
}

/** The schema as text, sorted, as `schema.graphql` holds it. */
export function printSorted(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}

/** The same without what only admins reach: what front ends generate their types from. */
export function printPublic(schema: GraphQLSchema): string {
  const isPublic = (name: string) => !/^admin/i.test(name);
  const withoutAdmin = mapSchema(schema, {
    [MapperKind.ROOT_FIELD]: (field, name) => (isPublic(name) ? field : null),
    // `Node` would hold on to those that implement it.
    [MapperKind.OBJECT_TYPE]: (type) => (isPublic(type.name) ? type : null),
  });
  return printSorted(pruneSchema(withoutAdmin));
}
