import { readFileSync } from "node:fs";
import { buildSchema, type GraphQLField, isInputObjectType, isNonNullType } from "graphql";
import jwt from "jsonwebtoken";
import { expect, test as plain } from "vitest";
import { startTestApp, type TestApp, test } from "./support/app.js";
import { codesOf } from "./support/graphql.js";

const schema = buildSchema(readFileSync("schema.graphql", "utf8"));

type Caller = "anonymous" | "customer" | "service" | "admin";
type Verdict = "allowed" | "BAD_USER_INPUT" | "UNAUTHENTICATED" | "FORBIDDEN" | "UPGRADE_REQUIRED";

const everybody: Record<Caller, Verdict> = {
  anonymous: "allowed",
  customer: "allowed",
  service: "allowed",
  admin: "allowed",
};
const withAccount: Record<Caller, Verdict> = { ...everybody, anonymous: "UNAUTHENTICATED", service: "FORBIDDEN" };
const signedIn: Record<Caller, Verdict> = { ...everybody, anonymous: "UNAUTHENTICATED" };

const serviceOrAdmin: Record<Caller, Verdict> = { ...signedIn, customer: "FORBIDDEN" };

const staff: Record<Caller, Verdict> = { ...serviceOrAdmin, service: "FORBIDDEN" };

/** Who may ask what: every root field that can be asked over HTTP, and what each kind of caller gets. */
const expected: Record<string, Record<Caller, Verdict>> = {
  "Query.node": everybody,
  "Query.nodes": everybody,
  "Query.tiers": everybody,
  "Query.tier": everybody,
  "Query.pricingContext": everybody,
  "Query.viewer": everybody,
  "Query.customer": serviceOrAdmin,
  "Query.currentSubscription": withAccount,
  "Query.entitlements": withAccount,
  "Query.entitlement": withAccount,
  "Query.usage": withAccount,
  "Query.usageHistory": { ...withAccount, customer: "UPGRADE_REQUIRED" },
  "Query.payments": withAccount,
  "Query.previewPlanChange": withAccount,
  "Query.invoices": withAccount,
  "Query.checkoutSession": signedIn,
  "Query.adminSubscriptions": staff,
  "Query.adminCustomers": staff,
  // It needs one of two arguments, and so none in particular.
  "Query.adminCustomer": { ...staff, admin: "BAD_USER_INPUT" },
  "Query.rateLimit": everybody,
  "Mutation.registerCustomer": signedIn,
  "Mutation.createCheckoutSession": signedIn,
  "Mutation.createPortalSession": signedIn,
  "Mutation.changePlan": withAccount,
  "Mutation.cancelPendingPlanChange": withAccount,
  "Mutation.cancelSubscription": withAccount,
  "Mutation.resumeSubscription": withAccount,
  "Mutation.pauseSubscription": withAccount,
  "Mutation.recordUsage": signedIn,
  // Of a feature that only the product's back end may report.
  "Mutation.reserveUsage": { ...signedIn, customer: "FORBIDDEN", admin: "FORBIDDEN" },
  "Mutation.settleUsage": signedIn,
  "Mutation.adminOverrideEntitlement": staff,
  "Mutation.adminCancelSubscription": staff,
  "Mutation.adminExtendTrial": staff,
  "Mutation.adminGrantTier": staff,
  "Mutation.adminRefundPayment": staff,
  "Query.adminServiceKeys": staff,
  "Mutation.adminCreateServiceKey": staff,
  "Mutation.adminRevokeServiceKey": staff,
  "Query.adminReconciliations": staff,
  "Mutation.adminReconcile": staff,
  "Query.adminWebhookEvents": staff,
  "Mutation.adminReplayWebhookEvent": staff,
  "Mutation.adminReplayWebhookEvents": staff,
};

const values: Record<string, string> = {
  slug: '"starter"',
  ids: '["feat_guests"]',
  externalId: '"matrix-customer"',
  feature: '"guests"',
  id: '"chk_00000000000070008000000000000000"',
  from: '"2026-01-01T00:00:00Z"',
  priceId: '"price_bnothing"',
  events: "[]",
  quantity: "1",
  expiresAt: '"2026-01-01T00:00:00Z"',
  idempotencyKey: '"permissions"',
  reservationId: '"rsv_00000000000070008000000000000000"',
  subscriptionId: '"bsub_00000000000070008000000000000000"',
  trialEndsAt: '"2026-01-01T00:00:00Z"',
  tier: '"starter"',
  paymentId: '"bpay_00000000000070008000000000000000"',
  customerId: '"bcus_00000000000070008000000000000000"',
  returnUrl: '"http://localhost:3000/"',
  name: '"a back end"',
  scopes: "[USAGE_WRITE]",
  reason: '"to see who may"',
  serviceKeyId: '"key_00000000000070008000000000000000"',
  webhookEventId: '"whe_00000000000070008000000000000000"',
  filter: "{}",
};

/** An operation that asks for one root field with just what it needs. */
function operationFor(root: "Query" | "Mutation", field: GraphQLField<unknown, unknown>): string {
  const args = field.args.flatMap(({ name, type, defaultValue }) => {
    if (!isNonNullType(type) || defaultValue !== undefined) return [];
    if (!isInputObjectType(type.ofType)) return [`${name}: ${values[name]}`];
    const needed = Object.values(type.ofType.getFields()).filter(
      (each) => isNonNullType(each.type) && each.defaultValue === undefined,
    );
    return [`${name}: { ${needed.map((each) => `${each.name}: ${values[each.name]}`).join(", ")} }`];
  });
  return `${root.toLowerCase()} { ${field.name}${args.length > 0 ? `(${args.join(", ")})` : ""} { __typename } }`;
}

const fieldsOf = { Query: schema.getQueryType()?.getFields(), Mutation: schema.getMutationType()?.getFields() };

const roots = (["Query", "Mutation"] as const).flatMap((root) =>
  Object.values(fieldsOf[root] ?? {}).map((field) => ({
    name: `${root}.${field.name}`,
    operation: operationFor(root, field),
  })),
);

function tokenOf(app: TestApp, caller: Caller): string | undefined {
  if (caller === "anonymous") return undefined;
  return app.person(`matrix-${caller}`, caller === "customer" ? {} : { role: caller }).token;
}

test.for(roots)("$name answers each kind of caller as the table says", async ({ name, operation }, { app }) => {
  const verdicts = expected[name];
  expect(verdicts, `${name} is missing from the table`).toBeDefined();
  for (const [caller, verdict] of Object.entries(verdicts ?? {}) as [Caller, Verdict][]) {
    const answer = await app.graphql(operation, {}, tokenOf(app, caller));
    expect({ caller, codes: codesOf(answer) }).toEqual({ caller, codes: verdict === "allowed" ? [] : [verdict] });
  }
});

test("the table names no field that the schema does not have", () => {
  expect(Object.keys(expected).filter((name) => !roots.some((root) => root.name === name))).toEqual([]);
});

test("a customer's fields need the same rights when they are reached through the viewer", async ({ app }) => {
  const { token } = app.person("through-viewer");
  const from = '"2026-01-01T00:00:00Z"';
  const answer = await app.graphql(
    `{ viewer { customer { usageHistory(feature: "guests", from: ${from}) { total } } } }`,
    {},
    token,
  );
  expect(codesOf(answer)).toEqual(["UPGRADE_REQUIRED"]);
  expect(answer.errors?.[0]?.extensions).toMatchObject({ feature: "usage_analytics", upgradeTier: "professional" });
});

/** Signs a token as the host product would, with whatever claims. */
function sign(app: TestApp, claims: Record<string, unknown>): string {
  const { secrets, issuer, audience } = app.config.jwt;
  return jwt.sign(claims, secrets[0] ?? "", { algorithm: "HS256", issuer, audience, expiresIn: 60 });
}

plain(
  "where an organisation pays, its members share one account, and only who manages billing sees money",
  async () => {
    const { app, stop } = await startTestApp({
      environment: { BILLING_ACCOUNT_CLAIM: "org_id", BILLING_MANAGER_CLAIM: "billing_manager" },
    });
    const manager = sign(app, { sub: "ada", org_id: "acme", billing_manager: true, email: "ada@acme.example" });
    const member = sign(app, { sub: "bob", org_id: "acme" });
    const stranger = sign(app, { sub: "eve", org_id: "other", billing_manager: true });
    const nobody = sign(app, { sub: "eve" });

    const register = "mutation { registerCustomer(input: {}) { customer { id externalId } } }";
    const { data } = await app.graphql(register, {}, manager);
    expect(data.registerCustomer.customer.externalId).toBe("acme");
    expect(codesOf(await app.graphql(register, {}, member))).toEqual(["FORBIDDEN"]);

    const own = '{ viewer { customer { id } } entitlement(feature: "guests") { limit } }';
    expect((await app.graphql(own, {}, member)).data.viewer.customer.id).toBe(data.registerCustomer.customer.id);
    expect((await app.graphql(own, {}, stranger)).data.viewer.customer.id).not.toBe(data.registerCustomer.customer.id);

    for (const query of [
      "{ payments { totalCount } }",
      "{ invoices { totalCount } }",
      "{ viewer { customer { payments { totalCount } } } }",
    ]) {
      expect(codesOf(await app.graphql(query, {}, member)), query).toEqual(["FORBIDDEN"]);
      expect(codesOf(await app.graphql(query, {}, manager)), query).toEqual([]);
    }
    // Without the claim there is nobody to bill, and no fallback.
    const refused = await app.graphql(own, {}, nobody);
    expect(refused.status).toBe(401);
    expect(codesOf(refused)).toEqual(["UNAUTHENTICATED"]);
    await stop();
  },
);
