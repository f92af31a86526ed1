import { defaultFieldResolver, type GraphQLField } from "graphql";
import type { Viewer } from "../auth/viewer.js";
import type { BillingError } from "../errors.js";
import type { GraphQLContext } from "./context.js";

/**
 * A rule about the caller that is judged on the spot. Shield makes a promise of every field that it guards,
 * which is too dear for what is read all the time, or once for each row of a list; this makes none.
 */
export interface QuickRule {
  /** Why this caller may not; undefined when they may. */
  readonly refusal: (viewer: Viewer | null) => BillingError | undefined;
}

/** Whether a permission is judged on the spot. */
export function isQuick(permission: object): permission is QuickRule {
  return "refusal" in permission;
}

/** Puts a rule before a field that nothing else guards. */
export function guardQuickly(field: GraphQLField<unknown, GraphQLContext>, { refusal }: QuickRule): void {
  const resolve = field.resolve ?? defaultFieldResolver;
  field.resolve = (parent, args, context, info) => {
    const refused = refusal(context.viewer);
    if (refused) throw refused;
    return resolve(parent, args, context, info);
  };
}
