import type Stripe from "stripe";

/** How a declined card is answered. https://docs.stripe.com/declines/codes */
export interface Decline {
  code: Extract<Stripe.PaymentIntent.LastPaymentError.Code, string>;
  decline_code: string;
  message: string;
}

export const declines = {
  generic: { code: "card_declined", decline_code: "generic_decline", message: "Your card was declined." },
  insufficientFunds: {
    code: "card_declined",
    decline_code: "insufficient_funds",
    message: "Your card has insufficient funds.",
  },
  lost: { code: "card_declined", decline_code: "lost_card", message: "Your card was declined." },
  stolen: { code: "card_declined", decline_code: "stolen_card", message: "Your card was declined." },
  fraudulent: { code: "card_declined", decline_code: "fraudulent", message: "Your card was declined." },
  velocity: {
    code: "card_declined",
    decline_code: "card_velocity_exceeded",
    message: "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
  },
  expired: { code: "expired_card", decline_code: "expired_card", message: "Your card has expired." },
  cvc: { code: "incorrect_cvc", decline_code: "incorrect_cvc", message: "Your card's security code is incorrect." },
  processing: {
    code: "processing_error",
    decline_code: "processing_error",
    message: "An error occurred while processing your card. Try again in a little bit.",
  },
  authenticationRequired: {
    code: "authentication_required",
    decline_code: "authentication_required",
    message: "Your card was declined. This transaction requires authentication.",
  },
  authenticationNotHandled: {
    code: "authentication_required",
    decline_code: "authentication_not_handled",
    message:
      "This payment required an authentication action to complete, but `error_on_requires_action` was set. When you're " +
      "ready, you can upgrade your integration to handle actions at https://stripe.com/docs/payments/payment-intents/upgrade-to-handle-actions.",
  },
  liveCard: {
    code: "card_declined",
    decline_code: "test_mode_live_card",
    message:
      "Your card was declined. Your request was in test mode, but used a non test (live) card. " +
      "For a list of valid test cards, visit: https://stripe.com/docs/testing.",
  },
} as const satisfies Record<string, Decline>;

/** What a card does that asks for authentication and does not get it. */
export const authenticationFailed = {
  code: "payment_intent_authentication_failure",
  message: "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
} as const;

export const setupAuthenticationFailed = {
  code: "setup_intent_authentication_failure",
  message:
    "The latest attempt to set up the payment method has failed because authentication failed. Please choose a " +
    "different payment method and try again.",
} as const;
