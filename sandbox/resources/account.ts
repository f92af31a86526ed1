import type Stripe from "stripe";
import { operation } from "../api/operation.js";
import { newId } from "../ids.js";

/** The one account a sandbox has. */
export const account = {
  id: newId.account(),
  object: "account",
  business_profile: {
    mcc: null,
    minority_owned_business_designation: null,
    name: "Atlantiplex",
    specified_commercial_transactions_act_url: null,
    support_address: null,
    support_email: null,
    support_phone: null,
    support_url: null,
    url: null,
  },
  business_type: "company",
  capabilities: { card_payments: "active", transfers: "active" },
  charges_enabled: true,
  country: "US",
  default_currency: "usd",
  details_submitted: true,
  email: "billing@example.com",
  metadata: {},
  payouts_enabled: true,
  type: "standard",
} as const satisfies Stripe.Account;

export const merchantName = account.business_profile.name;

export const accountOperations = [
  operation({ method: "GET", path: "/v1/account", answers: "account", params: {}, run: () => account }),
];
