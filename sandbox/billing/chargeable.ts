import { invalidParameter, invalidRequest } from "../api/errors.js";
import { chargeStep, formatMoney, greatestCharge, leastCharge } from "../money.js";

/** Refuses an amount that no card can be charged. https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts */
export function refuseUnchargeable(amount: number, currency: string): void {
  if (amount < 1) {
    throw invalidParameter(
      "parameter_invalid_integer",
      "The amount must be greater than or equal to the minimum charge amount allowed for your account and the currency " +
        "set (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).  If you want to save a Payment " +
        "Method for future use without an immediate payment, use a Setup Intent instead: " +
        "https://docs.stripe.com/payments/setup-intents",
      "amount",
    );
  }
  if (amount < leastCharge(currency)) {
    const least = formatMoney(leastCharge(currency), currency);
    throw invalidRequest(`Amount must be at least ${least} ${currency}`, { code: "amount_too_small", param: "amount" });
  }
  if (amount > greatestCharge) {
    const most = formatMoney(greatestCharge, currency);
    throw invalidRequest(`Amount must be no more than ${most} ${currency}`, {
      code: "amount_too_large",
      param: "amount",
    });
  }
  const step = chargeStep(currency);
  if (amount % step === 0) return;
  throw invalidRequest(`Amounts in ${currency} must be divisible by ${step}.`, { param: "amount" });
}

/** A currency as it is kept: three letters in lower case. */
export function readCurrency(given: string, param = "currency"): string {
  const currency = given.toLowerCase();
  if (/^[a-z]{3}$/.test(currency)) return currency;
  throw invalidParameter("parameter_invalid", `Invalid currency: ${given}`, param);
}
