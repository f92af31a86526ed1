import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { payload } from "../../graphql/user-error.type.js";
import { findFeature } from "../catalog/catalog.js";
import { Feature, toFeature } from "../catalog/catalog.type.js";
import { uuidOf } from "../global-id.js";
import { payerFor } from "../users/payer.js";
import { reserveUsage, settleUsage } from "./reservation.service.js";
import {
  ReserveUsageInput,
  ReserveUsagePayload,
  SettleUsageInput,
  SettleUsagePayload,
  toReservation,
  UsageReservation,
} from "./reservation.type.js";

@Resolver(() => UsageReservation)
export class ReservationResolver {
  @Mutation(() => ReserveUsagePayload, {
    nullable: true,
    description:
      "Set use aside before the work whose size is not yet known; counts against the limit until settled, released or expired.",
  })
  reserveUsage(
    @Arg("input", () => ReserveUsageInput, { description: "Use to set aside." }) input: ReserveUsageInput,
    @Ctx() context: GraphQLContext,
  ) {
    const payer = payerFor(context.viewer, input.externalCustomerId);
    const outcome = payer.value ? reserveUsage(context, payer.value, input) : Promise.resolve(payer);
    return payload(outcome, (row) => ({ reservation: toReservation(row, context.now()) }));
  }

  @Mutation(() => SettleUsagePayload, {
    nullable: true,
    description: "Turn a reservation into what was really used; 0 releases it. The same again changes nothing.",
  })
  settleUsage(
    @Arg("input", () => SettleUsageInput, { description: "What was really used." }) input: SettleUsageInput,
    @Ctx() context: GraphQLContext,
  ) {
    const outcome = settleUsage(context, uuidOf("UsageReservation", input.reservationId), input.quantity);
    return payload(outcome, (row) => {
      context.loaders.forget();
      return { reservation: toReservation(row, context.now()) };
    });
  }

  @FieldResolver(() => Feature, { description: "The feature." })
  feature(@Root() { row }: UsageReservation, @Ctx() context: GraphQLContext): Feature {
    const feature = findFeature(context.catalog(), row.featureKey);
    // A key is for good: what was sold under it once keeps its name, also where the catalog has dropped it.
    const gone = { key: row.featureKey, name: row.featureKey, kind: "METERED", unit: null } as const;
    return toFeature(feature ?? { ...gone, description: null, isSelfReported: false });
  }
}
