import type { GraphQLContext } from "../../graphql/context.js";
import { ownPayer } from "../users/payer.js";
import type { Holder } from "./allowance.js";

/** What decides how much a customer may use, as the caller may know it: staff have the staff tier on their own account. */
export async function holderOf(context: GraphQLContext, userId: string): Promise<Holder> {
  const { viewer } = context;
  const isAdmin = viewer?.roles.has("ADMIN") === true && ownPayer(viewer)?.userId === userId;
  return { isAdmin, subscription: await context.loaders.subscriptions.load(userId) };
}
