import { eq } from "drizzle-orm";
import { users } from "../../src/billing/users/user.table.js";
import type { TestApp } from "./app.js";
import type { Person } from "./person.js";

export const registerMutation = `mutation ($input: RegisterCustomerInput!) {
  registerCustomer(input: $input) {
    customer { id externalId email name currency createdAt tier { slug } }
    userErrors { code message path actionUrl } } }`;

/** Registers somebody; gives the payload. */
export async function register(person: Person, input: Record<string, unknown> = {}) {
  return (await person.ask(registerMutation, { input })).registerCustomer;
}

/** The caller's account, with nothing in it that is not there before the first purchase. */
export const selfQuery =
  "{ viewer { customer { id externalId email name createdAt tier { slug } subscription { id } } } }";

/** The rows of a payer: one, or none. */
export function rowsOf(app: TestApp, externalId: string) {
  return app.connection.db.select().from(users).where(eq(users.externalId, externalId));
}

/** The Stripe customers with this e-mail address. */
export async function stripeCustomersOf(app: TestApp, email: string) {
  return (await app.stripe.customers.list({ email, limit: 100 })).data;
}
