import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { Customer } from "../users/customer.type.js";
import { PaymentMethod } from "./payment.type.js";
import { paymentMethodInUse } from "./payment-method.js";
import { previewUpcomingInvoice } from "./upcoming-invoice.js";
import { InvoicePreview, toInvoicePreview } from "./upcoming-invoice.type.js";

/** What a billing page shows beside the history. */
@Resolver(() => Customer)
export class BillingPageResolver {
  @FieldResolver(() => InvoicePreview, {
    nullable: true,
    description:
      "What the next invoice would be as things stand; null when none is to come, as after a trial for which no card was left. Asks Stripe, so it alone is missing while Stripe does not answer.",
  })
  async upcomingInvoice(@Root() { userId }: Customer, @Ctx() context: GraphQLContext): Promise<InvoicePreview | null> {
    const { users, subscriptions } = context.loaders;
    const [user, subscription] = await Promise.all([users.load(userId), subscriptions.load(userId)]);
    const preview = await previewUpcomingInvoice(context, user, subscription);
    return preview && toInvoicePreview(preview);
  }

  @FieldResolver(() => PaymentMethod, {
    nullable: true,
    description: "Default payment method: what the next invoice would be charged to; null without one.",
  })
  async paymentMethod(@Root() { userId }: Customer, @Ctx() context: GraphQLContext): Promise<PaymentMethod | null> {
    const { users, subscriptions } = context.loaders;
    return paymentMethodInUse(...(await Promise.all([users.load(userId), subscriptions.load(userId)])));
  }
}
