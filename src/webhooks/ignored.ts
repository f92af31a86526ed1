/** Why an event is stored and nothing is done for it: for counters, and in words for whoever reads the inbox. */
export const ignoredReasons = {
  unhandled_type: "This type of event is not handled.",
  no_customer: "It is about no customer.",
  foreign_customer: "Its customer was not made by this service.",
  gone: "Stripe does not have this object any more.",
} as const;

export type IgnoredReason = keyof typeof ignoredReasons;
