import { Arg, Ctx, Field, FieldResolver, ID, InputType, Mutation, ObjectType, Query, Resolver } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { payload, type Refusable, UserError } from "../../graphql/user-error.type.js";
import { Customer, toCustomer, toUnregisteredCustomer } from "./customer.type.js";
import { ownPayer, payerFor } from "./payer.js";
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

/** The caller's account. An admin or a service has one only once it was registered. */
export async function ownCustomer(context: GraphQLContext): Promise<Customer | null> {
  const { viewer } = context;
  const payer = viewer && ownPayer(viewer);
  if (!payer) return null;
  const row = await context.loaders.users.load(payer.userId);
  if (row) return toCustomer(row);
  return viewer.roles.has("ADMIN") ? null : toUnregisteredCustomer(payer, context.now());
}

async function freshCustomer(context: GraphQLContext, userId: string): Promise<Customer> {
  context.loaders.forget();
  const row = await context.loaders.users.load(userId);
  if (!row) throw new Error(`User ${userId} was registered and has no row.`);
  return toCustomer(row);
}
