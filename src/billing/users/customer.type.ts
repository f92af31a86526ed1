import { Field, ID, ObjectType } from "type-graphql";
import { Node } from "../../graphql/node.type.js";
import { CurrencyCode, DateTime } from "../../graphql/scalars.js";
import { globalId } from "../global-id.js";
import type { Payer } from "./payer.js";
import type { UserRow } from "./user.table.js";

@ObjectType({
  implements: Node,
  description: "A billing account. The same type serves the viewer and the admin, so fragments can be shared.",
})
export class Customer extends Node {
  /** Our row's id, whether or not there is a row yet. */
  readonly userId!: string;

  @Field(() => ID, { description: "ID of the user or organisation in your own system." })
  readonly externalId!: string;

  @Field(() => String, { nullable: true, description: "Billing e-mail address." })
  readonly email!: string | null;

  @Field(() => String, { nullable: true, description: "Display name." })
  readonly name!: string | null;

  @Field(() => CurrencyCode, {
    nullable: true,
    description: "Currency it is billed in; null before the first purchase.",
  })
  readonly currency!: string | null;

  @Field(() => DateTime, {
    description: "When it was created; the present moment for an account that has no record yet.",
  })
  readonly createdAt!: Date;
}

/** A registered customer. */
export function toCustomer(row: UserRow): Customer {
  const { id: userId, externalId, email, name, currency, createdAt } = row;
  const id = globalId("Customer", userId);
  return Object.assign(new Customer(), { id, userId, externalId, email, name, currency, createdAt });
}

/** A payer who never registered or bought: a customer on the free tier, of whom nothing is stored. */
export function toUnregisteredCustomer(payer: Payer, now: Date): Customer {
  const { userId, externalId, email, name } = payer;
  const id = globalId("Customer", userId);
  return Object.assign(new Customer(), { id, userId, externalId, email, name, currency: null, createdAt: now });
}
