import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { payload } from "../../graphql/user-error.type.js";
import { uuidOf } from "../global-id.js";
import { findPayment } from "../history/history.service.js";
import { toPayment } from "../history/payment.type.js";
import { actorOf } from "../users/actor.js";
import { refundPayment } from "./refund.service.js";
import { AdminRefundPaymentInput, AdminRefundPaymentPayload } from "./refund.type.js";

@Resolver()
export class RefundResolver {
  @Mutation(() => AdminRefundPaymentPayload, {
    nullable: true,
    description: "Give money back: what was paid, in full or in part. ADMIN only.",
  })
  adminRefundPayment(
    @Arg("input", () => AdminRefundPaymentInput, { description: "Money to give back." })
    { paymentId, ...wish }: AdminRefundPaymentInput,
    @Ctx() context: GraphQLContext,
  ) {
    const outcome = refundPayment(context, actorOf(context.viewer), {
      ...wish,
      paymentId: uuidOf("Payment", paymentId),
    });
    return payload(outcome, async ({ paymentId: id }) => {
      context.loaders.forget();
      const row = await findPayment(context, id);
      if (!row) throw new Error(`Payment ${id} was answered and has no row.`);
      return { payment: toPayment(row) };
    });
  }
}
