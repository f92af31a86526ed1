/** Why an event is stored and nothing is done for it: for counters, and in words for whoever reads the inbox. */
export const ignoredReasons = {
  other_mode: "It is of Stripe's other mode, live or test, than the service's key.",
  other_account: "It happened in another Stripe account than the service's.",
  unhandled_type: "This type of event is not handled.",
  no_customer: "It is about no customer.",
  foreign_object: "It is about something in this Stripe account that is none of this service's.",
  foreign_customer: "Its customer was not made by this service.",
  gone: "Stripe does not have this object any more.",
} as const;

export type IgnoredReason = keyof typeof ignoredReasons;

/** What somebody set up wrongly: Stripe was told to send it here. */
export function isMisdirected(reason: IgnoredReason | undefined): boolean {
  return reason === "other_mode" || reason === "other_account";
}
