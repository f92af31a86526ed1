import { z } from "zod";

const money = z.object({ formatted: z.string() });
const userErrors = z.array(z.object({ code: z.string(), message: z.string() }));
const checkoutStatus = z.enum(["COMPLETE", "EXPIRED", "OPEN", "PROCESSING"]);

/** The operations of the tour and what each must answer. */
export const priceList = {
  query: `{ tiers { slug name price { id unitAmount { formatted } } } }`,
  shape: z.object({
    tiers: z.array(
      z.object({
        slug: z.string(),
        name: z.string(),
        price: z.object({ id: z.string(), unitAmount: money }).nullable(),
      }),
    ),
  }),
};

export const signUp = {
  query: `mutation { registerCustomer(input: {}) { customer { id email tier { slug } } userErrors { code message } } }`,
  shape: z.object({
    registerCustomer: z.object({
      customer: z.object({ id: z.string(), email: z.string().nullable(), tier: z.object({ slug: z.string() }) }),
      userErrors,
    }),
  }),
};

export const gate = {
  query: `query ($feature: String!) {
    entitlement(feature: $feature) { hasAccess denialReason source upgradeTier { slug } } guests: entitlement(feature: "guests") { limit } }`,
  shape: z.object({
    entitlement: z.object({
      hasAccess: z.boolean(),
      denialReason: z.string().nullable(),
      source: z.string().nullable(),
      upgradeTier: z.object({ slug: z.string() }).nullable(),
    }),
    guests: z.object({ limit: z.number().nullable() }),
  }),
};

export const checkout = {
  query: `mutation ($input: CreateCheckoutSessionInput!) {
    createCheckoutSession(input: $input) { checkoutSession { id url status } userErrors { code message } } }`,
  shape: z.object({
    createCheckoutSession: z.object({
      checkoutSession: z.object({ id: z.string(), url: z.string(), status: checkoutStatus }),
      userErrors,
    }),
  }),
};

export const returnPage = {
  query: `subscription ($id: ID!) {
    checkoutSessionUpdated(id: $id) { id status subscription { status tier { slug } currentPeriod { end } } } }`,
  shape: z.object({
    checkoutSessionUpdated: z.object({
      status: checkoutStatus,
      subscription: z
        .object({
          status: z.string(),
          tier: z.object({ slug: z.string() }),
          currentPeriod: z.object({ end: z.string() }),
        })
        .nullable(),
    }),
  }),
};

export const billingPage = {
  query: `{
    currentSubscription { id status tier { slug } currentPeriod { start end } cancelsAt }
    payments { totalCount nodes { id status amount { formatted } method { brand last4 } invoice { number } } }
    invoices { totalCount nodes { id number status total { formatted } hostedUrl lines { description } } } }`,
  shape: z.object({
    currentSubscription: z.object({ id: z.string(), status: z.string(), tier: z.object({ slug: z.string() }) }).loose(),
    payments: z.object({
      totalCount: z.number(),
      nodes: z.array(
        z.object({
          status: z.string(),
          amount: money,
          method: z.object({ brand: z.string(), last4: z.string() }),
          invoice: z.object({ number: z.string() }),
        }),
      ),
    }),
    invoices: z.object({
      totalCount: z.number(),
      nodes: z.array(z.object({ number: z.string(), status: z.string(), total: money, hostedUrl: z.string() }).loose()),
    }),
  }),
};

export const portal = {
  query: `mutation ($input: CreatePortalSessionInput!) { createPortalSession(input: $input) { url userErrors { code message } } }`,
  shape: z.object({ createPortalSession: z.object({ url: z.string(), userErrors }) }),
};

export const deliveries = z.object({
  data: z.array(
    z.object({
      event: z.string(),
      url: z.string(),
      status: z.number().nullable(),
      signature: z.string(),
      body: z.string(),
    }),
  ),
});
