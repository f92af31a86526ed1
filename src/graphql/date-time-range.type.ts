import { Field, InputType } from "type-graphql";
import { BillingError } from "../errors.js";
import { DateTime } from "./scalars.js";

@InputType({ description: "A half-open span; leave either end open." })
export class DateTimeRange {
  @Field(() => DateTime, { nullable: true, description: "First instant included." })
  readonly from?: Date | null;

  @Field(() => DateTime, { nullable: true, description: "First instant excluded." })
  readonly to?: Date | null;
}

/** Throws BAD_USER_INPUT, naming the field, for a span that ends before it starts or that lies outside what can be compared. */
export function checkRange(range: DateTimeRange | null | undefined, field: string): void {
  const { from, to } = range ?? {};
  for (const [end, instant] of [
    ["from", from],
    ["to", to],
  ] as const) {
    // An offset may carry a written year out of what Postgres and RFC 3339 both know.
    const year = instant?.getUTCFullYear() ?? 1;
    if (year < 1 || year > 9_999) {
      throw new BillingError("BAD_USER_INPUT", `\`${field}.${end}\` must be in the years 1 to 9999 in UTC.`);
    }
  }
  if (from && to && from > to) {
    throw new BillingError("BAD_USER_INPUT", `\`${field}.from\` is after \`${field}.to\`; swap the two.`);
  }
}
