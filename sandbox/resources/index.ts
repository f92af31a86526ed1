import type { Operation } from "../api/operation.js";
import { accountOperations } from "./account.js";
import { balanceTransactionOperations } from "./balance-transactions.js";
import { chargeOperations } from "./charges.js";
import { checkoutSessionOperations } from "./checkout-sessions.js";
import { couponOperations } from "./coupons.js";
import { customerBalanceTransactionOperations } from "./customer-balance-transactions.js";
import { customerOperations } from "./customers.js";
import { disputeOperations } from "./disputes.js";
import { eventOperations } from "./events.js";
import { invoiceItemOperations } from "./invoice-items.js";
import { invoicePaymentOperations } from "./invoice-payments.js";
import { invoicePreviewOperations } from "./invoice-previews.js";
import { invoiceOperations } from "./invoices.js";
import { meterEventOperations } from "./meter-events.js";
import { meterOperations } from "./meters.js";
import { paymentIntentOperations } from "./payment-intents.js";
import { paymentMethodOperations } from "./payment-methods.js";
import { paymentPageOperations } from "./payment-pages.js";
import { portalConfigurationOperations } from "./portal-configurations.js";
import { portalSessionOperations } from "./portal-sessions.js";
import { priceOperations } from "./prices.js";
import { productOperations } from "./products.js";
import { promotionCodeOperations } from "./promotion-codes.js";
import { refundOperations } from "./refunds.js";
import { setupIntentOperations } from "./setup-intents.js";
import { subscriptionDiscountOperations } from "./subscription-discounts.js";
import { subscriptionItemOperations } from "./subscription-items.js";
import { subscriptionScheduleOperations } from "./subscription-schedules.js";
import { subscriptionOperations } from "./subscriptions.js";
import { testClockOperations } from "./test-clocks.js";
import { thinEventOperations } from "./thin-events.js";
import { webhookEndpointOperations } from "./webhook-endpoints.js";

/** Every operation of Stripe's API that the sandbox has. */
export const operations: Operation[] = [
  ...accountOperations,
  ...balanceTransactionOperations,
  ...chargeOperations,
  ...checkoutSessionOperations,
  ...couponOperations,
  ...customerBalanceTransactionOperations,
  ...customerOperations,
  ...disputeOperations,
  ...eventOperations,
  ...invoiceItemOperations,
  ...invoiceOperations,
  ...invoicePreviewOperations,
  ...invoicePaymentOperations,
  ...meterEventOperations,
  ...meterOperations,
  ...paymentIntentOperations,
  ...paymentMethodOperations,
  ...paymentPageOperations,
  ...portalConfigurationOperations,
  ...portalSessionOperations,
  ...priceOperations,
  ...productOperations,
  ...promotionCodeOperations,
  ...refundOperations,
  ...setupIntentOperations,
  ...subscriptionItemOperations,
  ...subscriptionOperations,
  ...subscriptionDiscountOperations,
  ...subscriptionScheduleOperations,
  ...testClockOperations,
  ...thinEventOperations,
  ...webhookEndpointOperations,
];
