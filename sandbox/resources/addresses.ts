import type Stripe from "stripe";
import { clearable, hash, type Read, text } from "../api/params.js";

export const addressFields = {
  city: clearable(text),
  country: clearable(text),
  line1: clearable(text),
  line2: clearable(text),
  postal_code: clearable(text),
  state: clearable(text),
};

export const addressParam = clearable(hash(addressFields));

export function readAddress(given: Read<typeof addressFields> | null | undefined): Stripe.Address | null {
  if (!given) return null;
  return {
    city: given.city ?? null,
    country: given.country ?? null,
    line1: given.line1 ?? null,
    line2: given.line2 ?? null,
    postal_code: given.postal_code ?? null,
    state: given.state ?? null,
  };
}
