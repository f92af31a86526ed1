import { resumeCollection } from "../billing/pause-collection.js";
import { cause } from "./cause.js";

/** A pause of collection ends at `resumes_at`. https://docs.stripe.com/billing/subscriptions/pause-payment */
export const collectionResumption = cause("subscription", {
  at: ({ pause_collection, ended_at }) => (ended_at === null ? (pause_collection?.resumes_at ?? null) : null),
  run: resumeCollection,
});
