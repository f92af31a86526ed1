import { declines } from "../billing/declines.js";
import { findCardByNumber, passesLuhn, type TestCard } from "../billing/test-cards.js";

/** A card as typed, after checking. */
export interface CardForm {
  card: TestCard;
  expMonth: number;
  expYear: number;
  name: string;
}

export type CardField = "number" | "expiry" | "cvc" | "name";

export interface FormFault {
  field: CardField | null;
  message: string;
}

export type CardFormResult = { ok: true; form: CardForm } | { ok: false; faults: FormFault[] };

/** Checks what was typed as Stripe's page does, naming every field that is wrong. */
export function readCardForm(typed: Record<CardField, string>, now: Date): CardFormResult {
  const number = typed.number.replaceAll(/[\s-]/g, "");
  const card = findCardByNumber(number);
  const expiry = readExpiry(typed.expiry);
  const faults = [
    numberFault(number, card),
    expiryFault(typed.expiry, expiry, now),
    cvcFault(typed.cvc.trim(), card),
    typed.name.trim() === "" ? fault("name", "Enter the name on the card.") : null,
  ].filter((found) => found !== null);
  if (faults.length > 0 || !card || !expiry) return { ok: false, faults };
  return { ok: true, form: { card, expMonth: expiry.month, expYear: expiry.year, name: typed.name.trim() } };
}

function numberFault(number: string, card: TestCard | undefined): FormFault | null {
  if (card) return null;
  if (number === "") return fault("number", "Your card number is incomplete.");
  if (!passesLuhn(number)) return fault("number", "Your card number is invalid.");
  return fault("number", declines.liveCard.message);
}

function readExpiry(typed: string): { month: number; year: number } | null {
  const match = /^\s*(\d{1,2})\s*\/\s*(\d{2}|\d{4})\s*$/.exec(typed);
  const month = Number(match?.[1]);
  const year = Number(match?.[2]);
  if (!match || month < 1 || month > 12) return null;
  return { month, year: year < 100 ? 2000 + year : year };
}

function expiryFault(typed: string, expiry: { month: number; year: number } | null, now: Date): FormFault | null {
  if (!expiry) {
    const isStarted = typed.trim() !== "";
    return fault(
      "expiry",
      isStarted ? "Your card's expiration date is invalid." : "Your card's expiration date is incomplete.",
    );
  }
  const firstInstantAfter = Date.UTC(expiry.year, expiry.month);
  if (firstInstantAfter > now.getTime()) return null;
  return fault("expiry", "Your card's expiration date is in the past.");
}

function cvcFault(cvc: string, card: TestCard | undefined): FormFault | null {
  const length = card?.brand === "amex" ? /^\d{3,4}$/ : /^\d{3}$/;
  return length.test(cvc) ? null : fault("cvc", "Your card's security code is incomplete.");
}

function fault(field: CardField, message: string): FormFault {
  return { field, message };
}
