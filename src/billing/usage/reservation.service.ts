import { newId } from "../../db/new-id.js";
import type { Owners } from "../../db/owners.js";
import type { Deps } from "../../deps.js";
import { done, type Outcome, refuse } from "../../errors.js";
import type { GraphQLContext } from "../../graphql/context.js";
import { holderOf, readStanding } from "../allowances/standing.reading.js";
import { findFeature } from "../catalog/catalog.js";
import { momentOf } from "../moment.js";
import { isIdempotencyKey, keyFault } from "../users/idempotency.js";
import { ownPayer, type Payer } from "../users/payer.js";
import { requireReporter } from "./record-usage.service.js";
import { longestReservationHours } from "./usage.js";
import { findReservations, reserve, settle } from "./usage.repository.js";
import { refusalOf } from "./usage-refusal.js";
import type { ReservationRow } from "./usage-reservation.table.js";

/** Use to set aside. */
export interface ReserveUsage {
  readonly feature: string;
  readonly quantity: number;
  readonly expiresAt: Date;
  readonly idempotencyKey: string;
}

/** Sets use aside, in one round trip; it counts against the limit until settled, released or expired. */
export async function reserveUsage(
  context: GraphQLContext,
  payer: Payer,
  input: ReserveUsage,
): Promise<Outcome<ReservationRow>> {
  const { feature: featureKey, quantity, expiresAt, idempotencyKey: key } = input;
  const feature = findFeature(context.catalog(), featureKey);
  if (!feature) return refuse("FEATURE_NOT_FOUND", undefined, { path: ["input", "feature"] });
  requireReporter(context, context.catalog(), featureKey);
  if (!isIdempotencyKey(key)) return refuse("INVALID_INPUT", keyFault, { path: ["input", "idempotencyKey"] });
  const year = expiresAt.getUTCFullYear();
  if (year < 1 || year > 9999) return invalidExpiry();

  const { userId, externalId } = payer;
  const { isAdmin } = holderOf(context, userId);
  const reservation = { id: newId(), userId, externalId, isAdmin, featureKey, quantity, expiresAt, key };
  const { outcome, id } = await reserve(context.db, reservation, momentOf(context));
  if (outcome === "RESERVED") return done(await getReservation(context, id));
  if (outcome === "INVALID_EXPIRY") return invalidExpiry();
  context.loaders.forget();
  const standing = await readStanding(context, userId, featureKey);
  const refusal = standing && refusalOf({ outcome, standing }, feature, ["input"]);
  return refusal
    ? { value: null, refusals: [refusal] }
    : refuse("FEATURE_NOT_FOUND", undefined, { path: ["input", "feature"] });
}

function invalidExpiry() {
  const message = `A reservation ends in the future, at most ${longestReservationHours} hours ahead.`;
  return refuse("INVALID_INPUT", message, { path: ["input", "expiresAt"] });
}

/** Turns a reservation into what was really used; 0 releases it. The same again changes nothing. */
export async function settleUsage(
  context: GraphQLContext,
  id: string | undefined,
  quantity: number,
): Promise<Outcome<ReservationRow>> {
  const { viewer } = context;
  const isService = viewer?.roles.has("SERVICE") === true;
  const own = viewer && ownPayer(viewer);
  const owners = isService ? "EVERYBODY" : own ? [own.userId] : [];
  const [known] = id ? await findReservationsOf(context, owners, [id]) : [];
  if (!known) return refuse("NOT_FOUND", undefined, { path: ["input", "reservationId"] });
  requireReporter(context, context.catalog(), known.featureKey);

  const { isAdmin } = holderOf(context, known.userId);
  const settlement = { id: known.id, quantity, isAdmin };
  const outcome = await settle(context.db, settlement, momentOf(context));
  switch (outcome) {
    case "SETTLED":
      return done(await getReservation(context, known.id));
    case "NOT_FOUND":
      return refuse("NOT_FOUND", undefined, { path: ["input", "reservationId"] });
    case "CLOSED":
      return refuse("RESERVATION_CLOSED", undefined, { path: ["input", "reservationId"] });
    case "INVALID_QUANTITY": {
      const message = `The quantity really used is from 0 to ${known.quantity}, which was set aside.`;
      return refuse("INVALID_INPUT", message, { path: ["input", "quantity"] });
    }
  }
}

/** The reservations among these that belong to the owners. */
export function findReservationsOf(deps: Deps, owners: Owners, ids: readonly string[]): Promise<ReservationRow[]> {
  return findReservations(deps.db, owners, ids);
}

async function getReservation(deps: Deps, id: string): Promise<ReservationRow> {
  const [row] = await findReservations(deps.db, "EVERYBODY", [id]);
  if (!row) throw new Error(`Reservation ${id} was made and has no row.`);
  return row;
}
