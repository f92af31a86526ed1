import type { GraphQLResolveInfo } from "graphql";
import {
  Arg,
  Ctx,
  Field,
  FieldResolver,
  ID,
  Info,
  InputType,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { Url } from "../../graphql/scalars.js";
import { selectedNames } from "../../graphql/selection.js";
import { payload, type Refusable, UserError } from "../../graphql/user-error.type.js";
import { customerNamed, freshCustomer, ownCustomer } from "./customer.reading.js";
import { Customer } from "./customer.type.js";
import { payerFor } from "./payer.js";
import { type RegisterCustomer, registerCustomer } from "./user.service.js";
import { toViewer, Viewer } from "./viewer.type.js";

@InputType({ description: "Who to register." })
export class RegisterCustomerInput implements RegisterCustomer {
  @Field(() => String, { nullable: true, description: "Makes a retry safe; a UUID." })
  readonly idempotencyKey?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: "Customer's ID in your system. Needed from a SERVICE caller, refused from others.",
  })
  readonly externalCustomerId?: string | null;

  @Field(() => String, { nullable: true, description: "Billing e-mail address; the token's when left out." })
  readonly email?: string | null;

  @Field(() => String, { nullable: true, description: "Display name; the token's when left out." })
  readonly name?: string | null;
}

@ObjectType({ description: "Outcome." })
export class RegisterCustomerPayload implements Refusable {
  @Field(() => Customer, { nullable: true, description: "The account; null when refused." })
  readonly customer?: Customer;

  @Field(() => [UserError], { description: "Refusals; empty on success." })
  readonly userErrors!: readonly UserError[];
}

@Resolver(() => Viewer)
export class UserResolver {
  @Query(() => Viewer, { nullable: true, description: "The caller; null when not signed in." })
  viewer(@Ctx() { viewer }: GraphQLContext): Viewer | null {
    return viewer && toViewer(viewer);
  }

  @Query(() => Customer, {
    name: "customer",
    nullable: true,
    description:
      "What a service needs of one customer, by the ID in your own system; on the free tier when it never bought. SERVICE and ADMIN only.",
  })
  customerByExternalId(
    @Arg("externalId", () => ID, { description: "ID of the user or organisation in your own system." })
    externalId: string,
    @Ctx() context: GraphQLContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Customer> {
    return customerNamed(context, externalId, selectedNames(info));
  }

  @FieldResolver(() => Customer, {
    nullable: true,
    description: "The caller's billing account; null for an admin or service without one.",
  })
  customer(@Ctx() context: GraphQLContext): Promise<Customer | null> {
    return ownCustomer(context);
  }

  @Mutation(() => RegisterCustomerPayload, {
    nullable: true,
    description:
      "Make sure the caller's billing account and its Stripe customer exist. Happens by itself at the first purchase; call it at sign-up to have it at once.",
  })
  async registerCustomer(
    @Arg("input", () => RegisterCustomerInput, { description: "Who to register." }) input: RegisterCustomerInput,
    @Ctx() context: GraphQLContext,
  ) {
    const payer = payerFor(context.viewer, input.externalCustomerId);
    const outcome = payer.value ? registerCustomer(context, payer.value, input) : Promise.resolve(payer);
    return payload(outcome, async ({ userId }) => ({ customer: await freshCustomer(context, userId) }));
  }
}

@Resolver(() => Customer)
export class CustomerResolver {
  @FieldResolver(() => Url, {
    nullable: true,
    description:
      "Link to the Stripe dashboard; null before the customer is known there. Null unless the caller has the ADMIN role.",
  })
  stripeUrl(@Root() { stripeCustomerId }: Customer, @Ctx() { viewer, settings }: GraphQLContext): string | null {
    return stripeCustomerId && viewer?.roles.has("ADMIN") ? settings.stripeCustomerPage(stripeCustomerId) : null;
  }
}
