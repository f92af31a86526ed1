import { Field, ID, InputType, ObjectType, registerEnumType } from "type-graphql";
import { Node } from "../../graphql/node.type.js";
import { DateTime, SafeInt } from "../../graphql/scalars.js";
import { namesOf, type Refusable, UserError } from "../../graphql/user-error.type.js";
import { globalId } from "../global-id.js";
import type { ReserveUsage } from "./reservation.service.js";
import {
  type ReservationRow,
  reservationStatuses,
  type ReservationStatus as StatusName,
} from "./usage-reservation.table.js";

export const ReservationStatus = namesOf(reservationStatuses);
registerEnumType(ReservationStatus, {
  name: "ReservationStatus",
  description: "State of a reservation.",
  valuesConfig: {
    EXPIRED: { description: "It ran out before it was settled, and counts no longer." },
    OPEN: { description: "It counts against the limit." },
    RELEASED: { description: "It was settled at 0: nothing was used." },
    SETTLED: { description: "What was really used is counted." },
  },
});

@ObjectType({ implements: Node, description: "Use set aside for work under way." })
export class UsageReservation extends Node {
  readonly row!: ReservationRow;

  @Field(() => SafeInt, { description: "Quantity set aside." })
  readonly quantity!: number;

  @Field(() => SafeInt, { nullable: true, description: "Quantity really used; null until settled." })
  readonly settledQuantity!: number | null;

  @Field(() => ReservationStatus, { description: "State." })
  readonly status!: StatusName;

  @Field(() => DateTime, { description: "When it lapses." })
  readonly expiresAt!: Date;
}

/** A reservation as the API shows it: one that has run out is expired, whether or not that was written down. */
export function toReservation(row: ReservationRow, now: Date): UsageReservation {
  const { id, quantity, settledQuantity, status, expiresAt } = row;
  return Object.assign(new UsageReservation(), {
    id: globalId("UsageReservation", id),
    row,
    quantity,
    settledQuantity,
    status: status === "OPEN" && expiresAt <= now ? ("EXPIRED" as const) : status,
    expiresAt,
  });
}

@InputType({ description: "Use to set aside." })
export class ReserveUsageInput implements ReserveUsage {
  @Field(() => ID, {
    nullable: true,
    description: "Customer's ID in your system. Needed from a SERVICE caller, refused from others.",
  })
  readonly externalCustomerId?: string | null;

  @Field(() => String, { description: "Feature key." })
  readonly feature!: string;

  @Field(() => SafeInt, { description: "Most that may be used." })
  readonly quantity!: number;

  @Field(() => DateTime, { description: "When the reservation lapses, at most 24 hours ahead." })
  readonly expiresAt!: Date;

  @Field(() => String, { description: "Unique for the customer among reservations; the same key gives the same one." })
  readonly idempotencyKey!: string;
}

@ObjectType({ description: "Outcome." })
export class ReserveUsagePayload implements Refusable {
  @Field(() => UsageReservation, { nullable: true, description: "The reservation; null when refused." })
  readonly reservation?: UsageReservation;

  @Field(() => [UserError], { description: "Refusals; empty on success." })
  readonly userErrors!: readonly UserError[];
}

@InputType({ description: "What was really used." })
export class SettleUsageInput {
  @Field(() => ID, { description: "Reservation." })
  readonly reservationId!: string;

  @Field(() => SafeInt, { description: "Quantity really used, from 0 to the quantity set aside." })
  readonly quantity!: number;
}

@ObjectType({ description: "Outcome." })
export class SettleUsagePayload implements Refusable {
  @Field(() => UsageReservation, { nullable: true, description: "The reservation as it is now; null when refused." })
  readonly reservation?: UsageReservation;

  @Field(() => [UserError], { description: "Refusals; empty on success." })
  readonly userErrors!: readonly UserError[];
}
