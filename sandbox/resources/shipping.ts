import type Stripe from "stripe";
import { hash, type Read, required, text } from "../api/params.js";
import { emptyAddress } from "../billing/payment-method.js";
import { addressFields, readAddress } from "./addresses.js";

const fields = {
  address: required(hash(addressFields)),
  carrier: text,
  name: required(text),
  phone: text,
  tracking_number: text,
};

export const shippingParam = hash(fields);

/** Where goods go: kept and answered, nothing is shipped. */
export function readShipping(given: Read<typeof fields>): Stripe.PaymentIntent.Shipping {
  return {
    address: readAddress(given.address) ?? emptyAddress,
    carrier: given.carrier ?? null,
    name: given.name,
    phone: given.phone ?? null,
    tracking_number: given.tracking_number ?? null,
  };
}

const customerFields = { address: fields.address, name: fields.name, phone: fields.phone };

export const customerShippingParam = hash(customerFields);

export function readCustomerShipping(given: Read<typeof customerFields>): Stripe.Customer.Shipping {
  return { address: readAddress(given.address) ?? emptyAddress, name: given.name, phone: given.phone ?? null };
}
