import { randomBytes } from "node:crypto";
import { developmentToken } from "../auth/development-token.js";
import { environment, readDevelopmentIdentity } from "../config.js";
import { makeClient } from "./tour/client.js";
import { makeNarrator, Surprise } from "./tour/narrator.js";
import { findPlace, type Place } from "./tour/place.js";
import {
  buy,
  deliverAgain,
  lookAtBilling,
  lookAtPrices,
  meetTheGate,
  openPortal,
  passTheGate,
  register,
} from "./tour/steps.js";
import { downgrade, fallBehind, goOn, leave, upgrade } from "./tour/time-steps.js";

/**
 * `npm run tour`: the main job through public interfaces only, told step by step.
 *
 * Goes through GraphQL over HTTP, the hosted pages as HTML forms, a live update over WebSocket and the
 * webhook route. Exits with 1 at the first surprise.
 */
async function main(): Promise<void> {
  const startedAt = performance.now();
  const place = await findPlace();
  try {
    await tour(place);
  } finally {
    await place.leave();
  }
  console.log(`\nAll as it should be, in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`);
}

async function tour(place: Place): Promise<void> {
  const origin = place.isOwn ? "started for this tour" : "found running";
  console.log(`A tour of the service at ${place.url} (${origin}), with the Stripe sandbox at ${place.sandboxUrl}.`);
  const sub = `tour-${randomBytes(4).toString("hex")}`;
  const identity = readDevelopmentIdentity(environment());
  const payer = identity.claims.payer === "sub" ? {} : { payer: sub };
  const token = developmentToken(identity, { sub, email: `${sub}@example.com`, ...payer });
  const trip = {
    place,
    narrator: makeNarrator(),
    visitor: makeClient(place.url),
    customer: makeClient(place.url, token),
    staff: makeClient(place.url, developmentToken(identity, { sub: "tour-staff", role: "admin" })),
    sub,
  };

  const priceId = await lookAtPrices(trip);
  await register(trip);
  await meetTheGate(trip);
  await buy(trip, priceId);
  await passTheGate(trip);
  await lookAtBilling(trip);
  await openPortal(trip);
  await deliverAgain(trip);
  if (!place.isOwn) {
    console.log(
      "\nRun the tour by itself, without `npm run dev`, to see time pass as well: it does not move your clock.",
    );
    return;
  }
  await upgrade(trip);
  await downgrade(trip);
  await fallBehind(trip);
  await goOn(trip);
  await leave(trip);
}

main().catch((error: unknown) => {
  console.error(error instanceof Surprise ? `\nA surprise: ${error.message}` : error);
  process.exit(1);
});
