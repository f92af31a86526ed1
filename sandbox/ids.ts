import { randomBytes } from "node:crypto";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Random text of Stripe's id alphabet. */
export function randomText(length: number): string {
  return Array.from(randomBytes(length), (byte) => alphabet.charAt(byte % alphabet.length)).join("");
}

/** Prefix and length as real ids have them; `evt_3`, `pi_3` and `ch_3` belong to the payments family, `…_1` to the rest. */
export const newId = {
  account: () => "acct_1SandboxAccount00",
  balanceTransaction: () => `txn_3${randomText(23)}`,
  card: () => `card_1${randomText(23)}`,
  checkoutSession: () => `cs_test_a1${randomText(58)}`,
  charge: () => `ch_3${randomText(23)}`,
  coupon: () => randomText(8),
  customer: () => `cus_${randomText(14)}`,
  customerBalanceTransaction: () => `cbtxn_1${randomText(23)}`,
  discount: () => `di_1${randomText(23)}`,
  dispute: () => `du_1${randomText(23)}`,
  event: () => `evt_1${randomText(23)}`,
  paymentEvent: () => `evt_3${randomText(23)}`,
  invoice: () => `in_1${randomText(23)}`,
  invoiceItem: () => `ii_1${randomText(23)}`,
  invoiceLine: () => `il_1${randomText(23)}`,
  invoicePayment: () => `inpay_1${randomText(23)}`,
  lineItem: () => `li_1${randomText(23)}`,
  meter: () => `mtr_test_61${randomText(24)}`,
  meterEvent: () => `mtrevt_${randomText(24)}`,
  paymentIntent: () => `pi_3${randomText(23)}`,
  paymentMethod: () => `pm_1${randomText(23)}`,
  portalConfiguration: () => `bpc_1${randomText(23)}`,
  portalSession: () => `bps_1${randomText(23)}`,
  price: () => `price_1${randomText(23)}`,
  product: () => `prod_${randomText(14)}`,
  promotionCode: () => `promo_1${randomText(23)}`,
  refund: () => `re_3${randomText(23)}`,
  request: () => `req_${randomText(14)}`,
  setupAttempt: () => `setatt_1${randomText(23)}`,
  setupIntent: () => `seti_1${randomText(23)}`,
  subscription: () => `sub_1${randomText(23)}`,
  subscriptionItem: () => `si_${randomText(14)}`,
  subscriptionSchedule: () => `sub_sched_1${randomText(23)}`,
  testClock: () => `clock_1${randomText(23)}`,
  thinEvent: () => `evt_test_65${randomText(50)}`,
  webhookEndpoint: () => `we_1${randomText(23)}`,
  webhookSecret: () => `whsec_${randomText(32)}`,
} satisfies Record<string, () => string>;
