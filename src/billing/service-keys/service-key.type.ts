import { Field, ID, InputType, ObjectType, registerEnumType } from "type-graphql";
import { type ServiceKeyScope as Scope, serviceKeyScopes } from "../../auth/viewer.js";
import { Node } from "../../graphql/node.type.js";
import { DateTime } from "../../graphql/scalars.js";
import { namesOf, type Refusable, UserError } from "../../graphql/user-error.type.js";
import { globalId } from "../global-id.js";
import type { CreateServiceKey } from "./service-key.service.js";
import type { ServiceKeyRow } from "./service-key.table.js";

export const ServiceKeyScope = namesOf(serviceKeyScopes);
registerEnumType(ServiceKeyScope, {
  name: "ServiceKeyScope",
  description: "What a service key may do.",
  valuesConfig: {
    CHECKOUT_WRITE: {
      description: "Open checkouts and the portal for a customer that it names, and follow the checkouts.",
    },
    CUSTOMERS_READ: {
      description: "Look up customers with all that `Customer` tells: profile, subscription, use and billing history.",
    },
    CUSTOMERS_WRITE: { description: "Register customers and change their e-mail address and name." },
    ENTITLEMENTS_READ: { description: "Look up a customer's tier, entitlements and use, and nothing else of it." },
    USAGE_WRITE: { description: "Record, reserve and settle use for a customer that it names." },
  },
});

@ObjectType({ implements: Node, description: "A key that a service calls with." })
export class AdminServiceKey extends Node {
  @Field(() => String, { description: "What it is for." })
  readonly name!: string;

  @Field(() => [ServiceKeyScope], { description: "What it may do, in alphabetical order." })
  readonly scopes!: readonly Scope[];

  @Field(() => String, { description: "First characters of the secret, to recognise it by." })
  readonly prefix!: string;

  @Field(() => DateTime, { description: "When it was issued." })
  readonly createdAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: "When it was last used, within a minute or so; null before the first use.",
  })
  readonly lastUsedAt!: Date | null;

  @Field(() => DateTime, { nullable: true, description: "When it lapses; null for never." })
  readonly expiresAt!: Date | null;

  @Field(() => DateTime, { nullable: true, description: "When it was withdrawn; null while it was not." })
  readonly revokedAt!: Date | null;
}

/** A service key, as the API shows it. */
export function toServiceKey(row: ServiceKeyRow): AdminServiceKey {
  const { id, name, scopes, prefix, createdAt, lastUsedAt, expiresAt, revokedAt } = row;
  const shown = { name, scopes, prefix, createdAt, lastUsedAt, expiresAt, revokedAt };
  return Object.assign(new AdminServiceKey(), { id: globalId("AdminServiceKey", id), ...shown });
}

@InputType({ description: "Key to issue." })
export class AdminCreateServiceKeyInput implements CreateServiceKey {
  @Field(() => String, { description: "What it is for, in 1 to 100 characters." })
  readonly name!: string;

  @Field(() => [ServiceKeyScope], { description: "What it may do; at least one." })
  readonly scopes!: Scope[];

  @Field(() => String, { description: "Why; goes into the audit log." })
  readonly reason!: string;

  @Field(() => String, {
    nullable: true,
    description: "Makes a retry safe; a UUID. A retry gets the same key, and no secret.",
  })
  readonly idempotencyKey?: string | null;

  @Field(() => DateTime, { nullable: true, description: "When it lapses; never when left out." })
  readonly expiresAt?: Date | null;
}

@ObjectType({ description: "Outcome." })
export class AdminCreateServiceKeyPayload implements Refusable {
  @Field(() => AdminServiceKey, { nullable: true, description: "The key; null when refused." })
  readonly serviceKey?: AdminServiceKey;

  @Field(() => String, {
    nullable: true,
    description:
      "The secret, shown this once; only a hash is stored. Null for a repeated call: when the first answer was lost, revoke the key and issue another.",
  })
  readonly secret?: string | null;

  @Field(() => [UserError], { description: "Refusals; empty on success." })
  readonly userErrors!: readonly UserError[];
}

@InputType({ description: "Key to withdraw." })
export class AdminRevokeServiceKeyInput {
  @Field(() => ID, { description: "Global ID of the key." })
  readonly serviceKeyId!: string;

  @Field(() => String, { description: "Why; goes into the audit log." })
  readonly reason!: string;
}

@ObjectType({ description: "Outcome." })
export class AdminRevokeServiceKeyPayload implements Refusable {
  @Field(() => AdminServiceKey, { nullable: true, description: "The key as it is now; null when refused." })
  readonly serviceKey?: AdminServiceKey;

  @Field(() => [UserError], { description: "Refusals; empty on success." })
  readonly userErrors!: readonly UserError[];
}
