import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { paymentMethodInUse } from "../src/billing/history/payment-method.js";
import { hasUpcomingInvoice } from "../src/billing/history/upcoming-invoice.js";
import { graceEndOf, isEntitling } from "../src/billing/subscriptions/subscription.js";
import { paymentMethodSnapshot } from "../src/stripe/payment-method-snapshot.js";
import type { PaymentMethodSnapshot } from "../src/stripe/snapshots.js";
import { subscriptionStatuses } from "../src/stripe/snapshots.js";
import { pendingChangeOf, unpaidSince } from "../src/stripe/subscription-terms.js";

const at = (text: string) => new Date(`${text}Z`);
const seconds = (text: string) => at(text).getTime() / 1000;

describe("grace", () => {
  const pastDueSince = at("2026-03-01T12:00");
  const tierSlug = "professional";
  const late = { status: "PAST_DUE" as const, pastDueSince, tierSlug };
  const moment = { now: at("2027-01-01T00:00"), gracePeriodDays: 7, graceDaysOf: () => 7 };

  test.each([
    [7, "2026-03-08T11:59:59.999", true],
    [7, "2026-03-08T12:00", false],
    [0, "2026-03-01T12:00", false],
    [90, "2026-05-30T11:59", true],
    [90, "2026-05-30T12:00", false],
  ])("of %i days holds at %s: %s", (days, now, holds) => {
    const graceDaysOf = (slug: string | null) => (slug === tierSlug ? days : 30);
    expect(isEntitling(late, { now: at(now), gracePeriodDays: 30, graceDaysOf })).toBe(holds);
  });

  test("is only for what is past due", () => {
    for (const status of subscriptionStatuses) {
      const entitles = status === "ACTIVE" || status === "TRIALING";
      expect(isEntitling({ status, pastDueSince, tierSlug }, moment)).toBe(entitles);
      expect(graceEndOf({ status, pastDueSince, tierSlug }, moment) !== null).toBe(status === "PAST_DUE");
    }
  });

  test("that nobody knows the beginning of has no end yet", () => {
    expect(isEntitling({ status: "PAST_DUE", pastDueSince: null, tierSlug }, moment)).toBe(true);
  });
});

/** An object of Stripe's with just the fields that a rule reads; the compiler checks those. */
function part<T>(fields: Partial<T>): T {
  return fields as T;
}

/** An invoice as far as it matters to when a subscription fell behind. */
function invoice(status: Stripe.Invoice.Status, finalized: string, more: Partial<Stripe.Invoice> = {}): Stripe.Invoice {
  const finalized_at = seconds(finalized);
  const status_transitions = { finalized_at, marked_uncollectible_at: null, paid_at: null, voided_at: null };
  return part<Stripe.Invoice>({
    collection_method: "charge_automatically",
    created: finalized_at - 3600,
    due_date: null,
    status,
    status_transitions,
    ...more,
  });
}

describe("a subscription has been unpaid since", () => {
  test.each<[string, Stripe.Invoice[], string | null]>([
    ["its only open invoice was charged", [invoice("open", "2026-03-01T01:00")], "2026-03-01T01:00"],
    [
      "the first of two in a row",
      [invoice("open", "2026-04-01T01:00"), invoice("open", "2026-03-01T01:00"), invoice("paid", "2026-02-01T01:00")],
      "2026-03-01T01:00",
    ],
    [
      "the newest, when the one left open before it was followed by one that was paid",
      [invoice("open", "2026-04-01T01:00"), invoice("paid", "2026-03-01T01:00"), invoice("open", "2026-02-01T01:00")],
      "2026-04-01T01:00",
    ],
    [
      "the newest, when the one before it was written off",
      [invoice("open", "2026-04-01T01:00"), invoice("uncollectible", "2026-03-01T01:00")],
      "2026-04-01T01:00",
    ],
    [
      "the first, over drafts and withdrawn ones",
      [
        invoice("draft", "2026-05-01T01:00"),
        invoice("open", "2026-04-01T01:00"),
        invoice("void", "2026-03-15T01:00"),
        invoice("open", "2026-03-01T01:00"),
      ],
      "2026-03-01T01:00",
    ],
    [
      "the first, in whatever order they come",
      [invoice("paid", "2026-02-01T01:00"), invoice("open", "2026-03-01T01:00"), invoice("open", "2026-04-01T01:00")],
      "2026-03-01T01:00",
    ],
    [
      "the due date, of an invoice that is sent",
      [
        invoice("open", "2026-03-01T01:00", {
          collection_method: "send_invoice",
          due_date: seconds("2026-03-31T00:00"),
        }),
      ],
      "2026-03-31T00:00",
    ],
    ["never, when all are paid", [invoice("paid", "2026-03-01T01:00")], null],
    ["never, without invoices", [], null],
  ])("%s", (_what, invoices, since) => {
    expect(unpaidSince(invoices)).toEqual(since && at(since));
  });
});

describe("a pending change", () => {
  const first = { start_date: seconds("2026-03-01T00:00"), end_date: seconds("2026-04-01T00:00") };
  const second = { start_date: first.end_date, end_date: seconds("2026-05-01T00:00") };
  const third = { start_date: second.end_date, end_date: seconds("2026-06-01T00:00") };
  function phase(span: typeof first, price: string): Stripe.SubscriptionSchedule.Phase {
    const items = [part<Stripe.SubscriptionSchedule.Phase.Item>({ price, quantity: 1 })];
    return part<Stripe.SubscriptionSchedule.Phase>({ ...span, currency: "eur", items });
  }

  function on(
    phases: Stripe.SubscriptionSchedule.Phase[] | string | null,
    current: typeof first | null = first,
  ): Stripe.Subscription {
    const schedule = Array.isArray(phases)
      ? part<Stripe.SubscriptionSchedule>({ current_phase: current, phases })
      : phases;
    const item = part<Stripe.SubscriptionItem>({ price: part<Stripe.Price>({ id: "price_now" }) });
    const items = part<Stripe.ApiList<Stripe.SubscriptionItem>>({ data: [item] });
    return part<Stripe.Subscription>({ schedule, items, ended_at: null });
  }

  test.each<[string, Stripe.Subscription, string | null]>([
    [
      "is the next phase at another price",
      on([phase(first, "price_now"), phase(second, "price_next")]),
      "2026-04-01T00:00",
    ],
    [
      "is the one after a phase at the same price",
      on([phase(first, "price_now"), phase(second, "price_now"), phase(third, "price_next")]),
      "2026-05-01T00:00",
    ],
    ["is none in a phase that has begun", on([phase(first, "price_next"), phase(second, "price_now")]), null],
    ["is none before the first phase", on([phase(first, "price_next")], null), null],
    ["is none without a schedule", on(null), null],
    ["is none in a schedule that was not read", on("sub_sched_1"), null],
  ])("%s", (_what, subscription, effectiveAt) => {
    const expected = effectiveAt && {
      stripePriceId: "price_next",
      quantity: 1,
      currency: "eur",
      effectiveAt: at(effectiveAt),
    };
    expect(pendingChangeOf(subscription)).toEqual(expected);
  });
});

describe("a payment method", () => {
  const card = (last4: string): PaymentMethodSnapshot => ({
    kind: "card",
    brand: "visa",
    last4,
    expMonth: 1,
    expYear: 2030,
  });

  test.each([
    ["ACTIVE", "1111", "2222", "1111"],
    ["ACTIVE", null, "2222", "2222"],
    ["CANCELED", "1111", "2222", "2222"],
    ["CANCELED", "1111", null, null],
  ] as const)(
    "of a subscription that is %s with %s, and of its customer with %s, is %s",
    (status, own, theirs, used) => {
      const subscription = { status, paymentMethod: own && card(own) };
      const inUse = paymentMethodInUse({ paymentMethod: theirs && card(theirs) }, subscription);
      expect(inUse?.last4 ?? null).toBe(used);
    },
  );

  const sepa = part<Stripe.PaymentMethod.SepaDebit>({ bank_code: "37040044", last4: "3000" });
  const account = part<Stripe.PaymentMethod.UsBankAccount>({ bank_name: "TEST BANK", last4: "6789" });

  test.each<[Partial<Stripe.PaymentMethod>, string | null, string | null]>([
    [{ type: "sepa_debit", sepa_debit: sepa }, "37040044", "3000"],
    [{ type: "us_bank_account", us_bank_account: account }, "TEST BANK", "6789"],
    [{ type: "link" }, null, null],
  ])("%o has no month to expire in", (method, brand, last4) => {
    const expected = { kind: method.type, brand, last4, expMonth: null, expYear: null };
    expect(paymentMethodSnapshot(part<Stripe.PaymentMethod>(method))).toEqual(expected);
  });

  test("that was not expanded is none", () => {
    for (const reference of ["pm_1", null, undefined]) expect(paymentMethodSnapshot(reference)).toBeNull();
  });
});

test.each([
  ["ACTIVE", null, true],
  ["TRIALING", null, true],
  ["PAST_DUE", null, true],
  ["UNPAID", null, false],
  ["PAUSED", null, false],
  ["INCOMPLETE", null, false],
  ["CANCELED", null, false],
  ["ACTIVE", "2026-04-01T00:00", false],
  ["ACTIVE", "2026-04-02T00:00", true],
] as const)("another invoice of a subscription that is %s and ends at %s is to come: %s", (status, end, isToCome) => {
  const subscription = { status, cancelsAt: end && at(end), currentPeriodEnd: at("2026-04-01T00:00") };
  expect(hasUpcomingInvoice(subscription)).toBe(isToCome);
});
