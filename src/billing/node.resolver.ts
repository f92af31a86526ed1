import { Arg, Ctx, ID, Query, Resolver } from "type-graphql";
import { BillingError } from "../errors.js";
import type { GraphQLContext } from "../graphql/context.js";
import { Node } from "../graphql/node.type.js";
import { readNodes } from "./nodes.js";

const mostIds = 100;

@Resolver(() => Node)
export class NodeResolver {
  @Query(() => Node, {
    nullable: true,
    description: "Refetch any object by ID; null when it does not exist or the caller may not see it.",
  })
  async node(
    @Arg("id", () => ID, { description: "Its global ID." }) id: string,
    @Ctx() context: GraphQLContext,
  ): Promise<Node | Error | null> {
    return (await readNodes(context, [id]))[0] ?? null;
  }

  @Query(() => [Node], {
    nullable: "itemsAndList",
    description: "Refetch up to 100 objects, in order, with null for each that is not found.",
  })
  async nodes(
    @Arg("ids", () => [ID], { description: "Their global IDs, at most 100." }) ids: string[],
    @Ctx() context: GraphQLContext,
  ): Promise<(Node | Error | null)[]> {
    if (ids.length > mostIds) {
      throw new BillingError(
        "BAD_USER_INPUT",
        `At most ${mostIds} objects at once; ask for the rest in another query.`,
      );
    }
    return (await readNodes(context, ids)).map((node) => node ?? null);
  }
}
