import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { payerFor } from "../users/payer.js";
import { recordUsage } from "./record-usage.service.js";
import { RecordUsageInput, RecordUsagePayload } from "./record-usage.type.js";

@Resolver()
export class RecordUsageResolver {
  @Mutation(() => RecordUsagePayload, {
    nullable: true,
    description:
      "Record use of metered features, or what is held of limits; up to 100 events, each judged on its own. A customer may only report features that the catalog marks so.",
  })
  async recordUsage(
    @Arg("input", () => RecordUsageInput, { description: "Use to record." }) input: RecordUsageInput,
    @Ctx() context: GraphQLContext,
  ) {
    const payer = payerFor(context.viewer, input.externalCustomerId);
    if (!payer.value) return { results: [], userErrors: payer.refusals };
    const { value, refusals } = await recordUsage(context, payer.value, input.events);
    return { results: value ?? [], userErrors: refusals };
  }
}
