/** The form fields of the checkout page, by their posted names. */
export type CheckoutField = "number" | "expiry" | "cvc" | "name" | "promotion_code";

/** Everything the hosted checkout page shows. Amounts arrive formatted; card numbers are never sent back. */
export interface CheckoutPageView {
  sessionId: string;
  /** What pressing the button does: subscribes, pays once, or saves a card. */
  mode: "payment" | "setup" | "subscription";
  merchantName: string;
  productName: string;
  description: string | null;
  /** For each interval, before discounts; formatted, such as "$29.99". */
  amount: string;
  /** Such as "3 × $29.99" for seats; null for one of it. */
  seats: string | null;
  /** Such as "month". */
  interval: string;
  /** What the customer's balance takes off, with its sign, or adds; null where there is none to apply. */
  balance: string | null;
  totalDueToday: string;
  /** Tax that was worked out; null where none is. */
  tax: string | null;
  email: string | null;
  trialDays: number;
  /** Whether a card is asked for; where nothing is due it need not be. */
  isCardAsked: boolean;
  /** What becomes of a trial that ends with no card to charge. */
  missingCard: "cancel" | "create_invoice" | "pause";
  allowPromotionCode: boolean;
  discount: { name: string; amountOff: string } | null;
  cancelUrl: string | null;
  values: { name: string; promotion_code: string };
  errors: { field: CheckoutField | null; message: string }[];
}

/** The messages for one field, or with null those for the form as a whole. */
export function errorsOf(view: Pick<CheckoutPageView, "errors">, field: CheckoutField | null): string[] {
  return view.errors.filter((error) => error.field === field).map((error) => error.message);
}

/** Whether this is the first field that has to be corrected. */
export function isFirstWrong(view: Pick<CheckoutPageView, "errors">, field: CheckoutField): boolean {
  return view.errors.find((error) => error.field !== null)?.field === field;
}
