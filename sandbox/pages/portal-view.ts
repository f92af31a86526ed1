/** Everything the customer portal shows. Dates and amounts arrive formatted. */
export interface PortalPageView {
  merchantName: string;
  email: string | null;
  returnUrl: string;
  message: { kind: "success" | "error"; text: string } | null;
  subscription: {
    id: string;
    productName: string;
    amount: string;
    interval: string;
    /** Such as "3 × $29.99"; null for one of it. */
    seats: string | null;
    status: string;
    renewsOn: string | null;
    /** What a change that waits makes of it; null if none does. */
    changesTo: { plan: string; on: string } | null;
    /** Set once the plan is due to end. */
    endsOn: string | null;
  } | null;
  paymentMethod: { brand: string; last4: string; expiry: string } | null;
  invoices: {
    id: string;
    number: string | null;
    date: string;
    amount: string;
    status: string;
    url: string | null;
  }[];
  canCancel: boolean;
  /** Whether another price or quantity is offered. */
  canUpdate: boolean;
  canPause: boolean;
  /** Whether a pause can be ended. */
  canUnpause: boolean;
  canUpdateCard: boolean;
  canUpdateDetails: boolean;
  /** Reasons to choose from when cancelling; empty where none is asked for. */
  cancelReasons: string[];
  /** Whether the page is asking for confirmation of a cancellation. */
  confirmCancel: boolean;
}
