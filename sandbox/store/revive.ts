import Stripe from "stripe";

/** JSON of a Stripe object with its `…_decimal` strings as the SDK's Decimal again; the text is trusted to have the shape. */
export function revive(json: string): ReturnType<typeof JSON.parse> {
  return JSON.parse(json, (key, value) =>
    key.endsWith("_decimal") && typeof value === "string" ? Stripe.Decimal.from(value) : value,
  );
}
