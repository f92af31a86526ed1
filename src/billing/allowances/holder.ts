import type { GraphQLContext } from "../../graphql/context.js";
import { isEntitling, momentOf } from "../subscriptions/subscription.js";
import { ownPayer } from "../users/payer.js";
import type { Holder } from "./allowance.js";

/** What decides how much a customer may use, as the caller may know it: staff have the staff tier on their own account. */
export async function holderOf(context: GraphQLContext, userId: string): Promise<Holder> {
  const { viewer } = context;
  const isAdmin = viewer?.roles.has("ADMIN") === true && ownPayer(viewer)?.userId === userId;
  const row = await context.loaders.subscriptions.load(userId);
  if (!row) return { isAdmin, subscription: undefined };
  const { status, tierSlug } = row;
  return { isAdmin, subscription: { status, tierSlug, isEntitling: isEntitling(row, momentOf(context)) } };
}
