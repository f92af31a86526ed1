import { Field, ID, ObjectType } from "type-graphql";
import { Money, money } from "../../graphql/money.type.js";
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

  /** Stripe's id; null before the customer is known there. */
  readonly stripeCustomerId!: string | null;

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

  @Field(() => Money, {
    nullable: true,
    description:
      "Credit that the next invoices use up; below zero what is owed from before, which the next invoice charges along. Null without either.",
  })
  readonly balance!: Money | null;

  @Field(() => DateTime, {
    description: "When it was created; the present moment for an account that has no record yet.",
  })
  readonly createdAt!: Date;
}

/** A registered customer. */
export function toCustomer(row: UserRow): Customer {
  const { id: userId, stripeCustomerId, externalId, email, name, currency, createdAt } = row;
  const id = globalId("Customer", userId);
  const profile = { externalId, email, name, currency, balance: creditOf(row), createdAt };
  return Object.assign(new Customer(), { id, userId, stripeCustomerId, ...profile });
}

/** Stripe counts what a customer is owed below zero: https://docs.stripe.com/billing/customer/balance */
function creditOf({ balance, currency }: UserRow): Money | null {
  return balance !== 0 && currency ? money(-balance, currency) : null;
}

/** A payer who never registered or bought: a customer on the free tier, of whom nothing is stored. */
export function toUnregisteredCustomer(payer: Payer, now: Date): Customer {
  const { userId, externalId, email, name } = payer;
  const id = globalId("Customer", userId);
  const unknown = { stripeCustomerId: null, currency: null, balance: null };
  return Object.assign(new Customer(), { id, userId, externalId, email, name, createdAt: now, ...unknown });
}
