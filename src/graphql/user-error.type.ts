import { Field, ObjectType, registerEnumType } from "type-graphql";
import { type Outcome, type RefusalCode, refusals } from "../errors.js";
import { Url } from "./scalars.js";

type Names<T extends string> = { readonly [Name in T]: Name };

/** A GraphQL enum from a list of names; type-graphql wants an object. */
export function namesOf<T extends string>(names: readonly T[]): Names<T> {
  // fromEntries forgets which keys it was given; they are exactly `names`.
  return Object.fromEntries(names.map((name) => [name, name])) as Names<T>;
}

const codes = Object.keys(refusals) as RefusalCode[];

export const UserErrorCode = namesOf(codes);

registerEnumType(UserErrorCode, {
  name: "UserErrorCode",
  description: "Every business-level refusal. Values are only ever added; treat an unknown one as `INVALID_INPUT`.",
  valuesConfig: Object.fromEntries(codes.map((code) => [code, { description: refusals[code] }])),
});

@ObjectType({
  description: "A business-level refusal that the caller can show or act on. Never used for bugs, auth or syntax.",
})
export class UserError {
  @Field(() => UserErrorCode, { description: "Stable and machine readable; switch on this." })
  readonly code!: RefusalCode;

  @Field(() => String, { description: "One English sentence that may be shown to the customer." })
  readonly message!: string;

  @Field(() => [String], {
    nullable: true,
    description: 'Path of the input field at fault, for example `["input", "tier"]`; null when no field is.',
  })
  readonly path!: readonly string[] | null;

  @Field(() => Url, {
    nullable: true,
    description: "Where the customer can fix it, for example a page to confirm a payment.",
  })
  readonly actionUrl!: string | null;
}

/** The part of a payload that every mutation has. */
export interface Refusable {
  readonly userErrors: readonly UserError[];
}

/** A mutation's payload from a use case's outcome: the thing made, shown by `show`, or the refusals. */
export async function payload<T, Shown extends object>(
  outcome: Promise<Outcome<T>>,
  show: (value: T) => Promise<Shown> | Shown,
): Promise<(Shown & Refusable) | Refusable> {
  const { value, refusals } = await outcome;
  if (value === null) return { userErrors: refusals };
  return { ...(await show(value)), userErrors: refusals };
}
