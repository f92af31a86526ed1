import type Stripe from "stripe";
import type { PaymentMethodSnapshot } from "./snapshots.js";

/**
 * Reads a payment method; null where there is none, or where it was not expanded.
 *
 * Each kind has its details under a name of its own: https://docs.stripe.com/api/payment_methods/object
 */
export function paymentMethodSnapshot(
  method: Stripe.PaymentMethod | string | null | undefined,
): PaymentMethodSnapshot | null {
  if (!method || typeof method === "string") return null;
  const { type: kind, card } = method;
  if (card) {
    return { kind, brand: card.brand, last4: card.last4, expMonth: card.exp_month, expYear: card.exp_year };
  }
  return { kind, brand: bankOf(method), last4: lastFourOf(method), expMonth: null, expYear: null };
}

function bankOf({ us_bank_account, sepa_debit, fpx, ideal, eps, p24 }: Stripe.PaymentMethod): string | null {
  const bank =
    us_bank_account?.bank_name ?? sepa_debit?.bank_code ?? fpx?.bank ?? ideal?.bank ?? eps?.bank ?? p24?.bank;
  return bank ?? null;
}

function lastFourOf(method: Stripe.PaymentMethod): string | null {
  const { us_bank_account, sepa_debit, bacs_debit, au_becs_debit, acss_debit, nz_bank_account } = method;
  const account = us_bank_account ?? sepa_debit ?? bacs_debit ?? au_becs_debit ?? acss_debit ?? nz_bank_account;
  return account?.last4 ?? null;
}

/**
 * What Stripe tells the same card by, whoever's it is, within one account; null for a kind that has none, and where the
 * payment method was not expanded: https://docs.stripe.com/api/payment_methods/object#payment_method_object-card-fingerprint
 */
export function fingerprintOf(method: Stripe.PaymentMethod | string | null | undefined): string | null {
  if (!method || typeof method === "string") return null;
  const { card, us_bank_account, sepa_debit, bacs_debit, au_becs_debit, acss_debit } = method;
  const account = us_bank_account ?? sepa_debit ?? bacs_debit ?? au_becs_debit ?? acss_debit;
  return card?.fingerprint ?? account?.fingerprint ?? null;
}
