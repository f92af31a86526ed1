import { Field, ObjectType, registerEnumType } from "type-graphql";
import { Node } from "../../graphql/node.type.js";
import { DateTime, SafeInt } from "../../graphql/scalars.js";
import { namesOf } from "../../graphql/user-error.type.js";
import { type AllowanceSource, allowanceSources } from "../allowances/allowance.js";
import type { ChangeCause as CauseName } from "../allowances/standing.announcement.js";
import { Feature, toFeature } from "../catalog/catalog.type.js";
import { featureOfCustomerId } from "../global-id.js";
import { ChangeCause } from "../subscriptions/subscription.type.js";
import { Customer } from "../users/customer.type.js";
import { denialReasons, type EntitlementState, remainingOf } from "./entitlement.js";

export const EntitlementSource = namesOf(allowanceSources);
registerEnumType(EntitlementSource, {
  name: "EntitlementSource",
  description: "What grants an entitlement.",
  valuesConfig: {
    ADMIN: { description: "The caller is staff." },
    FREE_TIER: { description: "Everybody has it." },
    GRACE: { description: "A failed payment has not been put right yet, and the grace period runs." },
    GRANT: { description: "An admin gave the tier." },
    OVERRIDE: { description: "An admin set this customer's limit." },
    SUBSCRIPTION: { description: "The tier that was bought." },
    TRIAL: { description: "The tier that is tried out." },
  },
});

export const DenialReason = namesOf(denialReasons);
registerEnumType(DenialReason, {
  name: "DenialReason",
  description: "Why access is denied.",
  valuesConfig: {
    FEATURE_NOT_IN_TIER: { description: "The tier in force does not include it." },
    LIMIT_REACHED: { description: "Less is left than was asked for." },
    NO_SUBSCRIPTION: { description: "It needs a subscription, and there is none." },
    PAUSED: { description: "The subscription is paused." },
    PAYMENT_OVERDUE: { description: "The subscription has not been paid, and its grace, if it had one, is over." },
  },
});

@ObjectType({
  implements: Node,
  description: "Whether a customer may use a feature now, and if not, why and what would help.",
})
export class Entitlement extends Node {
  /** What the fields below are decided from. */
  readonly state!: EntitlementState;

  @Field(() => Feature, { description: "The feature." })
  readonly feature!: Feature;

  @Field(() => EntitlementSource, { nullable: true, description: "What grants it; null when nothing does." })
  readonly source!: AllowanceSource | null;

  @Field(() => Boolean, { description: "Whether it is without limit." })
  readonly isUnlimited!: boolean;

  @Field(() => SafeInt, {
    nullable: true,
    description: "Quantity allowed in the period; null for switches and when unlimited.",
  })
  readonly limit!: number | null;

  @Field(() => SafeInt, {
    nullable: true,
    description: "Quantity used in the period, or held now for a LIMIT; open reservations included; null for switches.",
  })
  readonly used!: number | null;

  @Field(() => SafeInt, {
    nullable: true,
    description: "Quantity left, never below 0; null for switches and when unlimited.",
  })
  readonly remaining!: number | null;

  @Field(() => DateTime, {
    nullable: true,
    description: "When `used` starts again from 0; null when it does not, or when nothing was ever used.",
  })
  readonly resetsAt!: Date | null;
}

/** An entitlement, as the API shows it. Its ID is the customer's and the feature's, so that it stays the same. */
export function toEntitlement(userId: string, state: EntitlementState): Entitlement {
  const { feature, standing, isUnlimited, limit, used, resetsAt } = state;
  return Object.assign(new Entitlement(), {
    id: featureOfCustomerId("Entitlement", userId, feature.key),
    state,
    feature: toFeature(feature),
    // An override speaks for itself also where it takes away.
    source: standing.grant.isIncluded || standing.source === "OVERRIDE" ? standing.source : null,
    isUnlimited,
    limit,
    used,
    remaining: remainingOf(state),
    resetsAt,
  });
}

@ObjectType({ description: "Entitlements changed." })
export class EntitlementsChangedEvent {
  @Field(() => Customer, { description: "Whose they are." })
  readonly customer!: Customer;

  @Field(() => [Entitlement], { description: "Those that changed, as they are now." })
  readonly entitlements!: Entitlement[];

  @Field(() => ChangeCause, { description: "What caused it." })
  readonly cause!: CauseName;

  @Field(() => DateTime, { description: "When." })
  readonly occurredAt!: Date;
}
