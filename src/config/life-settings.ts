/** The part of `settings` that says what becomes of subscriptions, in its order. */
export const lifeSettings = [
  {
    name: "TRIAL_ONCE",
    description:
      "For whom a trial is given once: `person`, known by e-mail address and card under whatever account, or `account`.",
    default: "person",
    example: "person",
    requiredInProduction: false,
  },
  {
    name: "TRIAL_LEDGER_KEY",
    description:
      "The secret, of at least 32 characters, that hides e-mail addresses and cards in the record of trials. It is never to change: with another one nobody who had a trial is known. Without it `STRIPE_SECRET_KEY` is what must not change.",
    default: null,
    example: "(openssl rand -hex 32)",
    requiredInProduction: false,
  },
  {
    name: "GRACE_PERIOD_DAYS",
    description:
      "How many days a customer keeps their tier after a payment failed, unless it is put right; a tier's `grace_days` in the catalog go first. 0 takes it at once.",
    default: "7",
    example: "7",
    requiredInProduction: false,
  },
  {
    name: "REFUND_ENDS_ACCESS",
    description:
      "`true` or `false`: whether a full refund of what the running period was paid with ends the subscription at once, whoever made it.",
    default: "true",
    example: "true",
    requiredInProduction: false,
  },
  {
    name: "DISPUTE_ENDS_ACCESS",
    description: "`true` or `false`: the same once a dispute of that payment is lost.",
    default: "true",
    example: "true",
    requiredInProduction: false,
  },
  {
    name: "DOWNGRADE_BELOW_USAGE",
    description:
      "What becomes of a change to a tier that allows fewer of something than the customer has now: `block` refuses it, `warn` only shows it in the preview.",
    default: "block",
    example: "block",
    requiredInProduction: false,
  },
  {
    name: "CANCEL_NOW_CREDIT",
    description:
      "`true` or `false`: whether a subscription that is canceled at once credits the time that was paid for and not used to the customer's balance: less what was given back of it, and nothing of what is disputed.",
    default: "true",
    example: "true",
    requiredInProduction: false,
  },
] as const;
