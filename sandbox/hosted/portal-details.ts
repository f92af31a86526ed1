import type Stripe from "stripe";
import { readParams } from "../api/params.js";
import type { DetailsField, PortalDetailsView } from "../pages/portal-details-page.js";
import { customerUpdateParams, updateCustomer } from "../resources/customers.js";
import type { World } from "../world.js";
import { configurationOf, portalView } from "./portal-view.js";
import { fieldOf } from "./send-page.js";

type Session = Stripe.BillingPortal.Session;
type Values = PortalDetailsView["values"];

const addressFields = ["line1", "line2", "city", "state", "postal_code", "country"] as const;

/** What customers may change of themselves, as it is. */
export function detailsView(world: World, session: Session): PortalDetailsView {
  const { merchantName, returnUrl } = portalView(world, session);
  return { merchantName, returnUrl, values: valuesOf(world, session), errors: [] };
}

function valuesOf(world: World, session: Session): Values {
  const customer = world.tables.customer.find(session.customer);
  if (!customer) return {};
  const { address } = customer;
  const known: [DetailsField, string | null | undefined][] = [
    ["name", customer.name],
    ["email", customer.email],
    ["phone", customer.phone],
    ...addressFields.map((field): [DetailsField, string | null | undefined] => [field, address?.[field]]),
  ];
  const allowed = allowedFields(world, session);
  return Object.fromEntries(
    known.filter(([field]) => allowed.includes(field)).map(([field, value]) => [field, value ?? ""]),
  );
}

function allowedFields(world: World, session: Session): DetailsField[] {
  const { allowed_updates, enabled } = configurationOf(world, session).features.customer_update;
  if (!enabled) return [];
  const own = (["name", "email", "phone"] as const).filter((field) => allowed_updates.includes(field));
  return [...own, ...(allowed_updates.includes("address") ? addressFields : [])];
}

/** Saves what was typed, as `POST /v1/customers/:id` does; answers with the form again if something is wrong. */
export function saveDetails(world: World, session: Session, body: unknown): PortalDetailsView | null {
  const before = valuesOf(world, session);
  const typed = allowedFields(world, session).map((field): [DetailsField, string] => [
    field,
    fieldOf(body, field).trim(),
  ]);
  const values: Values = Object.fromEntries(typed);
  const errors = errorsIn(values);
  if (errors.length > 0) return { ...detailsView(world, session), values, errors };
  // Whoever posts twice has changed nothing the second time.
  if (typed.every(([field, value]) => before[field] === value)) return null;
  updateCustomer(world, readParams(customerUpdateParams, changesOf(values)), session.customer);
  return null;
}

function errorsIn({ country, email }: Values): PortalDetailsView["errors"] {
  const errors: PortalDetailsView["errors"] = [];
  if (email !== undefined && !/^[^@\s]+@[^@\s]+$/.test(email)) {
    errors.push({ field: "email", message: "Enter an email address." });
  }
  if (country && !/^[a-z]{2}$/i.test(country)) {
    errors.push({ field: "country", message: "Enter the two letters of a country, such as US." });
  }
  return errors;
}

function changesOf(values: Values): Record<string, unknown> {
  const { name, email, phone, ...address } = values;
  const isGiven = Object.values(address).some((part) => part !== "");
  const parts = { ...address, country: address.country?.toUpperCase() };
  return {
    name,
    email,
    phone,
    ...(address.line1 !== undefined && { address: isGiven ? parts : "" }),
  };
}
