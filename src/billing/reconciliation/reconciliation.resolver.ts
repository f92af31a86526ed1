import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { type Page, PageArgs, readPage } from "../../graphql/pagination.js";
import { payload } from "../../graphql/user-error.type.js";
import { actorOf } from "../users/actor.js";
import { Customer, toCustomer } from "../users/customer.type.js";
import { allReconciliations, reconcile, scopeOf } from "./reconciliation.service.js";
import {
  AdminDifference,
  AdminReconcileInput,
  AdminReconcilePayload,
  AdminReconciliation,
  AdminReconciliationConnection,
  toDifference,
  toReconciliation,
} from "./reconciliation.type.js";

/** The rest of the time is for the answer. */
const partOfDeadline = 0.8;

@Resolver(() => AdminReconciliation)
export class ReconciliationResolver {
  @Query(() => AdminReconciliationConnection, {
    nullable: true,
    description: "Comparisons of our records with Stripe's, newest first; kept for 90 days. ADMIN only.",
  })
  adminReconciliations(
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() context: GraphQLContext,
  ): Promise<Page<AdminReconciliation>> {
    return readPage(page, {
      name: "admin.reconciliations",
      keys: ["instant", "uuid"],
      ...allReconciliations(context),
      positionOf: ({ startedAt, id }) => [startedAt, id],
      show: toReconciliation,
    });
  }

  @Mutation(() => AdminReconcilePayload, {
    nullable: true,
    description:
      "Compare our records with Stripe's, and optionally repair ours. While a comparison of the same scope runs, that one is the answer.",
  })
  adminReconcile(
    @Arg("input", () => AdminReconcileInput, { description: "What to compare." }) input: AdminReconcileInput,
    @Ctx() context: GraphQLContext,
  ) {
    const waitMs = context.deadline.msLeft() * partOfDeadline;
    const order = { scope: scopeOf(input.customerId), repair: input.repair, reason: input.reason };
    const outcome = reconcile(context, actorOf(context.viewer), order, waitMs);
    return payload(outcome, (row) => ({ reconciliation: toReconciliation(row) }));
  }

  @FieldResolver(() => [AdminDifference], {
    description: "Differences, in the order they were found; at most 1,000 are kept.",
  })
  async differences(
    @Root() { reconciliationId }: AdminReconciliation,
    @Ctx() { loaders }: GraphQLContext,
  ): Promise<AdminDifference[]> {
    return (await loaders.differences.load(reconciliationId)).map(toDifference);
  }
}

@Resolver(() => AdminDifference)
export class DifferenceResolver {
  @FieldResolver(() => Customer, {
    nullable: true,
    description: "Customer it touches; null where we have no such customer.",
  })
  async customer(@Root() { userId }: AdminDifference, @Ctx() { loaders }: GraphQLContext): Promise<Customer | null> {
    const row = userId === null ? undefined : await loaders.users.load(userId);
    return row ? toCustomer(row) : null;
  }
}
