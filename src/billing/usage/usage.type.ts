import { Field, ObjectType, registerEnumType } from "type-graphql";
import { Period } from "../../graphql/money.type.js";
import { SafeInt } from "../../graphql/scalars.js";
import { namesOf } from "../../graphql/user-error.type.js";
import { Feature } from "../catalog/catalog.type.js";

export const Granularity = namesOf(["DAY", "HOUR", "MONTH", "WEEK"]);
registerEnumType(Granularity, {
  name: "Granularity",
  description: "Width of a point in a time series.",
  valuesConfig: {
    DAY: { description: "A day in UTC." },
    HOUR: { description: "An hour." },
    MONTH: { description: "A calendar month in UTC." },
    WEEK: { description: "A week in UTC, from Monday." },
  },
});

@ObjectType({ description: "One point of a usage series." })
export class UsagePoint {
  @Field(() => Period, { description: "Time it covers." })
  readonly period!: Period;

  @Field(() => SafeInt, { description: "Quantity used in it; of a LIMIT what was taken less what was given back." })
  readonly quantity!: number;
}

@ObjectType({ description: "Use of one feature over time, without gaps." })
export class UsageSeries {
  @Field(() => Feature, { description: "The feature." })
  readonly feature!: Feature;

  @Field(() => SafeInt, { description: "Sum over the points." })
  readonly total!: number;

  @Field(() => [UsagePoint], { description: "The points, oldest first." })
  readonly points!: UsagePoint[];
}
