import { type Decline, declines } from "./declines.js";

/**
 * When the bank asks the customer: never, at every payment, only while the card has not been set up for later
 * use, or only when the customer is there to answer.
 */
export type Authentication = "never" | "always" | "unless_set_up" | "on_session";

/** A refund that is pending and then arrives, or that seems to arrive and then comes back. */
export type LaterRefund = "succeeds" | "fails";

/** How a payment is disputed: as fraud, as something that never came, or as a question that moves no money. */
export type DisputeKind = "fraudulent" | "not_received" | "inquiry";

/** A documented test card. https://docs.stripe.com/testing */
export interface TestCard {
  /** The `pm_card_…` name the API takes; cards without a documented one have a name of the same form. */
  token: string;
  number: string;
  brand: string;
  country: string;
  funding: "credit" | "debit" | "prepaid";
  authentication: Authentication;
  /** What a charge is answered, if not success. */
  decline: Decline | null;
  /** Whether saving the card succeeds although charging it fails. */
  attaches: boolean;
  /** How a refund ends, if not at once. */
  laterRefund: LaterRefund | null;
  /** What becomes of a payment, if not nothing. */
  dispute: DisputeKind | null;
}

type Traits = Partial<Omit<TestCard, "token" | "number">>;

function card(token: string, number: string, traits: Traits = {}): TestCard {
  const ordinary = { brand: "visa", country: "US", funding: "credit", authentication: "never" } as const;
  const decline = traits.decline ?? null;
  return {
    token: `pm_card_${token}`,
    number,
    ...ordinary,
    decline,
    attaches: decline === null,
    laterRefund: null,
    dispute: null,
    ...traits,
  };
}

export const testCards: TestCard[] = [
  card("visa", "4242424242424242"),
  card("visa_debit", "4000056655665556", { funding: "debit" }),
  card("mastercard", "5555555555554444", { brand: "mastercard" }),
  card("mastercard_2series", "2223003122003222", { brand: "mastercard" }),
  card("mastercard_debit", "5200828282828210", { brand: "mastercard", funding: "debit" }),
  card("mastercard_prepaid", "5105105105105100", { brand: "mastercard", funding: "prepaid" }),
  card("amex", "371449635398431", { brand: "amex" }),
  card("amex_second", "378282246310005", { brand: "amex" }),
  card("discover", "6011000990139424", { brand: "discover" }),
  card("discover_second", "6011111111111117", { brand: "discover" }),
  card("discover_debit", "6011981111111113", { brand: "discover", funding: "debit" }),
  card("diners", "3056930009020004", { brand: "diners" }),
  card("diners_14digits", "36227206271667", { brand: "diners" }),
  card("jcb", "3566002020360505", { brand: "jcb", country: "JP" }),
  card("unionpay", "6200000000000005", { brand: "unionpay", country: "CN" }),

  card("gb", "4000008260000000", { country: "GB" }),
  card("de", "4000002760000016", { country: "DE" }),
  card("fr", "4000002500000003", { country: "FR" }),
  card("ca", "4000001240000000", { country: "CA" }),
  card("au", "4000000360000006", { country: "AU" }),
  card("in", "4000003560000008", { country: "IN" }),

  card("chargeDeclined", "4000000000000002", { decline: declines.generic }),
  card("chargeDeclinedInsufficientFunds", "4000000000009995", { decline: declines.insufficientFunds }),
  card("chargeDeclinedLostCard", "4000000000009987", { decline: declines.lost }),
  card("chargeDeclinedStolenCard", "4000000000009979", { decline: declines.stolen }),
  card("chargeDeclinedExpiredCard", "4000000000000069", { decline: declines.expired }),
  card("chargeDeclinedIncorrectCvc", "4000000000000127", { decline: declines.cvc }),
  card("chargeDeclinedProcessingError", "4000000000000119", { decline: declines.processing }),
  card("visa_chargeDeclinedVelocityLimitExceeded", "4000000000006975", { decline: declines.velocity }),
  card("radarBlock", "4100000000000019", { decline: declines.fraudulent }),
  card("chargeCustomerFail", "4000000000000341", { decline: declines.generic, attaches: true }),

  card("authenticationRequiredOnSetup", "4000002500003155", { authentication: "unless_set_up", country: "FR" }),
  card("authenticationRequired", "4000002760003184", { authentication: "always", country: "DE" }),
  card("authenticationRequiredSetupForOffSession", "4000003800000446", { authentication: "on_session", country: "PL" }),
  card("authenticationRequiredChargeDeclinedInsufficientFunds", "4000008260003178", {
    authentication: "always",
    country: "GB",
    decline: declines.insufficientFunds,
    attaches: true,
  }),
  card("threeDSecure2Required", "4000000000003220", { authentication: "always" }),
  card("threeDSecureRequiredChargeDeclined", "4000008400001629", {
    authentication: "always",
    decline: declines.generic,
  }),
  card("threeDSecureOptional", "4000000000003055"),

  card("createDispute", "4000000000000259", { dispute: "fraudulent" }),
  card("createDisputeProductNotReceived", "4000000000002685", { dispute: "not_received" }),
  card("createDisputeInquiry", "4000000000001976", { dispute: "inquiry" }),
  card("createIssuerFraudRecord", "4000000000005423"),
  card("pendingRefund", "4000000000007726", { laterRefund: "succeeds" }),
  card("refundFail", "4000000000005126", { laterRefund: "fails" }),
  card("bypassPending", "4000000000000077"),
  card("riskLevelElevated", "4000000000009235"),
  card("riskLevelHighest", "4000000000004954"),
];

export function findCardByNumber(number: string): TestCard | undefined {
  return testCards.find((known) => known.number === number);
}

export function findCardByToken(token: string): TestCard | undefined {
  // Declining Visa cards go by two names: pm_card_chargeDeclined and pm_card_visa_chargeDeclined.
  const short = token.replace("_visa_chargeDeclined", "_chargeDeclined");
  return testCards.find((known) => known.token === token || known.token === short);
}

/** The check digit every card number carries. */
export function passesLuhn(number: string): boolean {
  if (!/^\d{12,19}$/.test(number)) return false;
  const sum = [...number].reverse().reduce((total, digit, index) => {
    const value = index % 2 === 0 ? Number(digit) : Number(digit) * 2;
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}
