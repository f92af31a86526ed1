/** The page on which another plan is chosen. Amounts arrive formatted. */
export interface PortalUpdateView {
  merchantName: string;
  returnUrl: string;
  message: string | null;
  offers: { price: string; name: string; amount: string; isCurrent: boolean; isChosen: boolean }[];
  /** null where it cannot be changed. */
  quantity: { value: string; minimum: number; maximum: number | null } | null;
  /** null where none may be entered. */
  promotionCode: string | null;
}

/** The page on which a change is confirmed. Dates and amounts arrive formatted. */
export interface PortalConfirmView {
  merchantName: string;
  returnUrl: string;
  message: string | null;
  from: string;
  to: string;
  /** The promotion code or coupon that was chosen; null without one. */
  promotion: string | null;
  /** The invoice the change leads to: due today, or the next one; null if there is nothing to pay for it yet. */
  invoice: {
    title: string;
    lines: { description: string; amount: string }[];
    discounts: string | null /** What the customer's balance pays, or is given. */;
    balance: string | null;
    total: string;
  } | null;
  /** What is paid from when on. */
  recurring: string;
  /** Such as "Visa •••• 4242"; null without a card. */
  card: string | null;
  /** The action of the button that leads back. */
  backAction: "back" | "update";
  /** What was chosen, to be posted again with the answer. */
  choice: { price: string; quantity: string; promotion_code: string; proration_date: string };
}
