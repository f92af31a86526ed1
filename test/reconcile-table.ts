import { type SQL, sql } from "drizzle-orm";
import { expect } from "vitest";
import { userIdOf } from "../src/billing/users/user.js";
import type { TestApp } from "./support/app.js";
import type { Person } from "./support/person.js";
import { unheard } from "./support/reconcile.js";

/** What is known of somebody who bought something. */
export interface Bought {
  readonly app: TestApp;
  readonly person: Person;
  readonly userId: string;
  readonly customer: string;
}

/** Something that goes wrong, and how a comparison must tell of it. */
export interface Planted {
  readonly what: string;
  readonly plant: (bought: Bought) => Promise<unknown>;
  readonly kind: string;
  readonly field: string | null;
  readonly ours?: unknown;
  readonly theirs?: unknown;
}

/** Runs a statement on one person's rows. */
const ours = (statement: (bought: Bought) => SQL) => (bought: Bought) =>
  bought.app.connection.db.execute(statement(bought));
/** Changes something at Stripe of which no event comes. */
const atStripe = (change: (bought: Bought) => Promise<unknown>) => (bought: Bought) =>
  unheard(bought.app, () => change(bought));

async function subscriptionAtStripe({ app, customer }: Bought): Promise<string> {
  return String((await app.stripe.subscriptions.list({ customer })).data[0]?.id);
}

async function paymentAtStripe({ app, customer }: Bought): Promise<string> {
  return String((await app.stripe.paymentIntents.list({ customer })).data[0]?.id);
}

/** What may go wrong between our records and Stripe's: one row, and one thing wrong, for each. */
export const planted: readonly Planted[] = [
  {
    what: "an e-mail address that was altered here",
    plant: ours(({ userId }) => sql`update users set email = 'else@example.com' where id = ${userId}`),
    kind: "customer",
    field: "email",
    ours: "else@example.com",
    theirs: expect.stringContaining("@example.com"),
  },
  {
    what: "a name that was lost here",
    plant: ours(({ userId }) => sql`update users set name = null where id = ${userId}`),
    kind: "customer",
    field: "name",
    ours: null,
    theirs: expect.any(String),
  },
  {
    what: "a currency that was altered here",
    plant: ours(({ userId }) => sql`update users set currency = 'chf' where id = ${userId}`),
    kind: "customer",
    field: "currency",
    ours: "chf",
    theirs: "usd",
  },
  {
    what: "a balance that was altered here",
    plant: ours(({ userId }) => sql`update users set balance = -700 where id = ${userId}`),
    kind: "customer",
    field: "balance",
    ours: -700,
    theirs: 0,
  },
  {
    what: "a subscription that ended here alone",
    plant: ours(({ userId }) => sql`update subscriptions set status = 'CANCELED' where user_id = ${userId}`),
    kind: "subscription",
    field: "status",
    ours: "CANCELED",
    theirs: "ACTIVE",
  },
  {
    what: "a subscription on another tier here",
    plant: ours(({ userId }) => sql`update subscriptions set tier_slug = 'starter' where user_id = ${userId}`),
    kind: "subscription",
    field: "tierSlug",
    ours: "starter",
    theirs: "professional",
  },
  {
    what: "seats that were altered here",
    plant: ours(({ userId }) => sql`update subscriptions set quantity = 40 where user_id = ${userId}`),
    kind: "subscription",
    field: "quantity",
    ours: 40,
    theirs: 1,
  },
  {
    what: "a period that ends elsewhere here",
    plant: ours(
      ({ userId }) =>
        sql`update subscriptions set current_period_end = '2039-01-01T00:00:00Z' where user_id = ${userId}`,
    ),
    kind: "subscription",
    field: "currentPeriodEnd",
    ours: "2039-01-01T00:00:00.000Z",
    theirs: expect.stringMatching(/Z$/),
  },
  {
    what: "a subscription that was lost here",
    plant: async (bought) => {
      await ours(({ userId }) => sql`update checkout_sessions set subscription_id = null where user_id = ${userId}`)(
        bought,
      );
      await ours(({ userId }) => sql`delete from subscriptions where user_id = ${userId}`)(bought);
    },
    kind: "subscription",
    field: null,
    ours: null,
    theirs: expect.objectContaining({ status: "ACTIVE", tierSlug: "professional" }),
  },
  {
    what: "a subscription that Stripe never had",
    plant: ours(
      ({
        userId,
      }) => sql`insert into subscriptions (id, user_id, stripe_subscription_id, status, quantity, started_at, recorded_at, updated_at)
        values (gen_random_uuid(), ${userId}, ${`sub_made_up_${userId}`}, 'CANCELED', 1, now(), now(), now())`,
    ),
    kind: "subscription",
    field: null,
    ours: expect.objectContaining({ status: "CANCELED" }),
    theirs: null,
  },
  {
    what: "an invoice with another total here",
    plant: ours(({ userId }) => sql`update invoices set total = 1 where user_id = ${userId}`),
    kind: "invoice",
    field: "total",
    ours: 1,
    theirs: 2999,
  },
  {
    what: "an invoice whose lines were lost here",
    plant: ours(({ userId }) => sql`update invoices set lines = '[]' where user_id = ${userId}`),
    kind: "invoice",
    field: "lines",
    ours: [],
    theirs: [expect.objectContaining({ amount: 2999 })],
  },
  {
    what: "an invoice that was lost here",
    plant: async (bought) => {
      await ours(({ userId }) => sql`update payments set invoice_id = null where user_id = ${userId}`)(bought);
      await ours(({ userId }) => sql`delete from invoices where user_id = ${userId}`)(bought);
    },
    kind: "invoice",
    field: null,
    ours: null,
    theirs: expect.objectContaining({ total: 2999, status: "PAID" }),
  },
  {
    what: "an invoice that Stripe never had",
    plant: ours(
      ({
        userId,
      }) => sql`insert into invoices (id, user_id, stripe_invoice_id, status, currency, issued_at, period_start,
          period_end, subtotal, discount_total, tax, total, amount_due, recorded_at, updated_at)
        values (gen_random_uuid(), ${userId}, ${`in_made_up_${userId}`}, 'OPEN', 'usd', now(), now(), now(), 5, 0, 0, 5, 5, now(), now())`,
    ),
    kind: "invoice",
    field: null,
    ours: expect.objectContaining({ total: 5 }),
    theirs: null,
  },
  {
    what: "an invoice that is somebody else's here",
    plant: async (bought) => {
      const other = await bought.app.customerOn("starter");
      await ours(({ userId }) => sql`update invoices set user_id = ${userIdOf(other.sub)} where user_id = ${userId}`)(
        bought,
      );
    },
    kind: "invoice",
    field: "userId",
    ours: expect.any(String),
    theirs: expect.any(String),
  },
  {
    what: "a payment that failed here alone",
    plant: ours(({ userId }) => sql`update payments set status = 'FAILED' where user_id = ${userId}`),
    kind: "payment",
    field: "status",
    ours: "FAILED",
    theirs: "SUCCEEDED",
  },
  {
    what: "a payment that is disputed here alone",
    plant: ours(({ userId }) => sql`update payments set dispute_status = 'lost' where user_id = ${userId}`),
    kind: "payment",
    field: "disputeStatus",
    ours: "lost",
    theirs: null,
  },
  {
    what: "a payment that lost its invoice here",
    plant: ours(({ userId }) => sql`update payments set invoice_id = null where user_id = ${userId}`),
    kind: "payment",
    field: "invoiceId",
    ours: null,
    theirs: expect.any(String),
  },
  {
    what: "a payment that was lost here",
    plant: ours(({ userId }) => sql`delete from payments where user_id = ${userId}`),
    kind: "payment",
    field: null,
    ours: null,
    theirs: expect.objectContaining({ amount: 2999, status: "SUCCEEDED" }),
  },
  {
    what: "a payment that Stripe never had",
    plant: ours(
      ({ userId }) => sql`insert into payments (id, user_id, stripe_payment_intent_id, status, amount, refunded_amount,
          currency, created_at, recorded_at, updated_at)
        values (gen_random_uuid(), ${userId}, ${`pi_made_up_${userId}`}, 'SUCCEEDED', 5, 0, 'usd', now(), now(), now())`,
    ),
    kind: "payment",
    field: null,
    ours: expect.objectContaining({ amount: 5 }),
    theirs: null,
  },
  {
    what: "an open checkout with another address here",
    plant: async (bought) => {
      const { app, userId } = bought;
      await unheard(app, async () => app.stripe.subscriptions.cancel(await subscriptionAtStripe(bought)));
      await app.connection.db.execute(
        sql`update subscriptions set status = 'CANCELED', ended_at = now() where user_id = ${userId}`,
      );
      await bought.person.checkout("starter");
      await app.connection.db.execute(
        sql`update checkout_sessions set url = 'https://else.example' where user_id = ${userId} and status = 'OPEN'`,
      );
    },
    kind: "checkout",
    field: "url",
    ours: "https://else.example",
    theirs: expect.stringMatching(/^http/),
  },
  {
    what: "a customer who was renamed at Stripe",
    plant: atStripe(({ app, customer }) => app.stripe.customers.update(customer, { name: "Ada King" })),
    kind: "customer",
    field: "name",
    ours: expect.any(String),
    theirs: "Ada King",
  },
  {
    what: "a customer who was deleted at Stripe",
    plant: atStripe(({ app, customer }) => app.stripe.customers.del(customer)),
    kind: "customer",
    field: "isDeleted",
    ours: false,
    theirs: true,
  },
  {
    what: "a subscription that was told to end at Stripe",
    plant: atStripe(async (bought) =>
      bought.app.stripe.subscriptions.update(await subscriptionAtStripe(bought), { cancel_at_period_end: true }),
    ),
    kind: "subscription",
    field: "cancelsAt",
    ours: null,
    theirs: expect.stringMatching(/Z$/),
  },
  {
    what: "a refund that was made at Stripe",
    plant: atStripe(async (bought) =>
      bought.app.stripe.refunds.create({ payment_intent: await paymentAtStripe(bought), amount: 999 }),
    ),
    kind: "payment",
    field: "refundedAmount",
    ours: 0,
    theirs: 999,
  },
  {
    what: "an invoice that was made at Stripe",
    plant: atStripe(async ({ app, customer }) => {
      await app.stripe.invoiceItems.create({ customer, amount: 1234, currency: "usd", description: "Setup" });
      await app.stripe.invoices.create({ customer, pending_invoice_items_behavior: "include" });
    }),
    kind: "invoice",
    field: null,
    ours: null,
    theirs: expect.objectContaining({ status: "DRAFT", total: 1234 }),
  },
];
