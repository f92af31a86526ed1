/** The name of the job that empties the inbox. */
export const processTask = "process_stripe_events";
