import { Field, ID, InputType, Int, ObjectType, registerEnumType } from "type-graphql";
import { Node } from "../../graphql/node.type.js";
import { DateTime, Url } from "../../graphql/scalars.js";
import { namesOf, type Refusable, UserError } from "../../graphql/user-error.type.js";
import { globalId } from "../global-id.js";
import { type CheckoutRow, checkoutStatuses, type CheckoutStatus as Status } from "./checkout.table.js";

export const CheckoutStatus = namesOf(checkoutStatuses);
registerEnumType(CheckoutStatus, {
  name: "CheckoutStatus",
  description: "State of a checkout: paid but not yet in force is `PROCESSING`.",
  valuesConfig: {
    COMPLETE: { description: "Paid, and the entitlements are in force." },
    EXPIRED: { description: "Closed; nothing came of it." },
    OPEN: { description: "Waits to be paid." },
    PROCESSING: { description: "Paid; the entitlements are about to be in force." },
  },
});

export const PortalFlow = namesOf(["CANCEL", "HOME", "PAYMENT_METHOD"]);
registerEnumType(PortalFlow, {
  name: "PortalFlow",
  description: "Page of the portal.",
  valuesConfig: {
    CANCEL: {
      description:
        "The question whether to cancel the subscription, and back once it is answered. Refused with `NO_SUBSCRIPTION` without a running one, with `ALREADY_CANCELED` when it ends anyway.",
    },
    HOME: { description: "The portal's home page: plan, payment method, invoices." },
    PAYMENT_METHOD: { description: "The form for a new payment method, and back once it is saved." },
  },
});

@ObjectType({ implements: Node, description: "A Stripe Checkout session." })
export class CheckoutSession extends Node {
  /** Our row of the subscription that came of it. */
  readonly subscriptionId!: string | null;

  @Field(() => CheckoutStatus, {
    description: "State as this API sees it: `COMPLETE` only after the entitlements are in force.",
  })
  readonly status!: Status;

  @Field(() => Url, { nullable: true, description: "Page to send the customer to; null once closed." })
  readonly url!: string | null;

  @Field(() => DateTime, { description: "When it can no longer be used." })
  readonly expiresAt!: Date;
}

/** A checkout, as the API shows it. */
export function toCheckoutSession({ id, status, url, expiresAt, subscriptionId }: CheckoutRow): CheckoutSession {
  const shown = { id: globalId("CheckoutSession", id), status, url, expiresAt, subscriptionId };
  return Object.assign(new CheckoutSession(), shown);
}

@InputType({ description: "What to buy." })
export class CreateCheckoutSessionInput {
  @Field(() => ID, {
    nullable: true,
    description: "Customer's ID in your system. Needed from a SERVICE caller, refused from others.",
  })
  readonly externalCustomerId?: string | null;

  @Field(() => ID, { description: "Price to buy; it fixes the currency." })
  readonly priceId!: string;

  @Field(() => Int, { defaultValue: 1, description: "Seats." })
  readonly quantity!: number;

  @Field(() => Url, { description: "Where to come back to; its origin must be on the server's allow list." })
  readonly returnUrl!: string;

  @Field(() => String, { nullable: true, description: "Promotion code." })
  readonly promotionCode?: string | null;

  @Field(() => String, { nullable: true, description: "Makes a retry safe; a UUID." })
  readonly idempotencyKey?: string | null;
}

@ObjectType({ description: "Outcome." })
export class CreateCheckoutSessionPayload implements Refusable {
  @Field(() => CheckoutSession, { nullable: true, description: "The session; null when refused." })
  readonly checkoutSession?: CheckoutSession;

  @Field(() => [UserError], { description: "Refusals; empty on success." })
  readonly userErrors!: readonly UserError[];
}

@InputType({ description: "Where the portal leads back to." })
export class CreatePortalSessionInput {
  @Field(() => ID, {
    nullable: true,
    description: "Customer's ID in your system. Needed from a SERVICE caller, refused from others.",
  })
  readonly externalCustomerId?: string | null;

  @Field(() => Url, { description: "Where to come back to; its origin must be on the server's allow list." })
  readonly returnUrl!: string;

  @Field(() => PortalFlow, { defaultValue: PortalFlow.HOME, description: "Page to open." })
  readonly flow!: keyof typeof PortalFlow;

  @Field(() => String, { nullable: true, description: "Makes a retry safe; a UUID." })
  readonly idempotencyKey?: string | null;
}

@ObjectType({ description: "Outcome." })
export class CreatePortalSessionPayload implements Refusable {
  @Field(() => Url, { nullable: true, description: "Page to send the customer to; null when refused." })
  readonly url?: string;

  @Field(() => [UserError], { description: "Refusals; empty on success." })
  readonly userErrors!: readonly UserError[];
}
