import { z } from "zod";

export { portal, priceList } from "./shapes.js";

const money = z.object({ formatted: z.string() });
const tier = z.object({ slug: z.string() });
const userErrors = z.array(z.object({ code: z.string(), message: z.string() }));
const pendingChange = z.object({ tier, effectiveAt: z.string() }).nullable();

/** What is asked once time passes, and what must come back. */
export const preview = {
  query: `query ($input: PreviewPlanChangeInput!) { previewPlanChange(input: $input) {
    token dueNow { formatted } recurring { formatted } lines { description amount { formatted } } } }`,
  shape: z.object({
    previewPlanChange: z.object({
      token: z.string(),
      dueNow: money,
      recurring: money,
      lines: z.array(z.object({ description: z.string(), amount: money })),
    }),
  }),
};

export const changePlan = {
  query: `mutation ($input: ChangePlanInput!) { changePlan(input: $input) {
    subscription { tier { slug } pendingChange { tier { slug } effectiveAt } } userErrors { code message } } }`,
  shape: z.object({ changePlan: z.object({ subscription: z.object({ tier, pendingChange }), userErrors }) }),
};

export const cancel = {
  query: `mutation ($input: CancelSubscriptionInput!) { cancelSubscription(input: $input) {
    subscription { status cancelsAt } userErrors { code message } } }`,
  shape: z.object({
    cancelSubscription: z.object({
      subscription: z.object({ status: z.string(), cancelsAt: z.string().nullable() }),
      userErrors,
    }),
  }),
};

export const refund = {
  query: `mutation ($input: AdminRefundPaymentInput!) { adminRefundPayment(input: $input) {
    payment { status refundedAmount { formatted } } userErrors { code message } } }`,
  shape: z.object({
    adminRefundPayment: z.object({ payment: z.object({ status: z.string(), refundedAmount: money }), userErrors }),
  }),
};

export const gate = {
  query: `{ entitlement(feature: "scenes_premium") { hasAccess source denialReason } }`,
  shape: z.object({
    entitlement: z.object({
      hasAccess: z.boolean(),
      source: z.string().nullable(),
      denialReason: z.string().nullable(),
    }),
  }),
};

export const plan = {
  query: `{
    currentSubscription { id status tier { slug } cancelsAt graceEndsAt currentPeriod { end } pendingChange { tier { slug } effectiveAt } }
    payments(first: 3) { totalCount nodes { id status amount { formatted } refundedAmount { formatted } } }
    invoices(first: 3) { totalCount nodes { status total { formatted } hostedUrl } } }`,
  shape: z.object({
    currentSubscription: z.object({
      id: z.string(),
      status: z.string(),
      tier,
      cancelsAt: z.string().nullable(),
      graceEndsAt: z.string().nullable(),
      currentPeriod: z.object({ end: z.string() }).nullable(),
      pendingChange,
    }),
    payments: z.object({
      totalCount: z.number(),
      nodes: z.array(z.object({ id: z.string(), status: z.string(), amount: money, refundedAmount: money })),
    }),
    invoices: z.object({
      totalCount: z.number(),
      nodes: z.array(z.object({ status: z.string(), total: money, hostedUrl: z.string().nullable() })),
    }),
  }),
};
