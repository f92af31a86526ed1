import { expect } from "vitest";
import { test as base, type TestApp } from "./support/app.js";
import { type Answer, codesOf } from "./support/graphql.js";
import { findPrice, type Person, returnUrl } from "./support/person.js";
import { register, rowsOf, stripeCustomersOf } from "./support/registration.js";
import { apiRequests, plantFault } from "./support/stripe.js";
import { type Mishap, type StripeProxy, startOnSpoiledWire } from "./support/stripe-proxy.js";
import { until } from "./support/until.js";

/** A service whose wire to Stripe can be spoiled. A call there may take one second, and an operation two. */
const test = base.extend<{ wired: { app: TestApp; wire: StripeProxy } }>({
  wired: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const environment = { STRIPE_TIMEOUT_SECONDS: "1", OPERATION_TIMEOUT_SECONDS: "2" };
      const { app, wire, stop } = await startOnSpoiledWire({ environment, worker: false });
      await use({ app, wire });
      await stop();
    },
    { scope: "file" },
  ],
});

const html = "<html><body><h1>502 Bad Gateway</h1>cus_secret nginx</body></html>";
const refusal = (type: string, code?: string) =>
  JSON.stringify({ error: { type, message: "sk_test_secret said no to cus_secret", ...(code && { code }) } });

/** What a caller hears: that it passes, or that somebody has to look into it. */
const temporary = ["UPSTREAM_UNAVAILABLE"];
const ours = ["INTERNAL_SERVER_ERROR"];

const mishaps: readonly (readonly [what: string, mishap: Mishap, codes: readonly string[]])[] = [
  ["answers 402", { status: 402, body: refusal("card_error", "card_declined") }, ours],
  ["answers 404", { status: 404, body: refusal("invalid_request_error") }, ours],
  ["answers 403", { status: 403, body: refusal("invalid_request_error") }, temporary],
  ["answers 409", { status: 409, body: refusal("idempotency_error", "idempotency_key_in_use") }, temporary],
  ["answers 429", { status: 429, body: refusal("rate_limit"), headers: { "retry-after": "3600" } }, temporary],
  ["answers 500", { status: 500, body: refusal("api_error") }, temporary],
  ["answers with a page", { status: 200, body: html, headers: { "content-type": "text/html" } }, temporary],
  ["answers 502 with a page", { status: 502, body: html, headers: { "content-type": "text/html" } }, temporary],
  ["answers with half of an object", { status: 200, body: '{"id": "cus_secret", "object": "cust' }, temporary],
  ["answers with another object", { status: 200, body: '{"message": "cus_secret", "ok": true}' }, temporary],
  ["answers with a list", { status: 200, body: "[]" }, temporary],
  ["answers with a bare text", { status: 200, body: '"cus_secret"' }, temporary],
  ["answers with null", { status: 200, body: "null" }, temporary],
  ["answers with an error that is none", { status: 400, body: '{"error": "cus_secret"}' }, temporary],
  ["answers with nothing", { status: 200, body: "" }, temporary],
  ["breaks the connection", "reset", temporary],
  ["does it and breaks the connection", "reset after", temporary],
  ["does not answer", "silence", temporary],
  ["answers a byte at a time", "trickle", temporary],
];

const checkout = `mutation ($input: CreateCheckoutSessionInput!) {
  createCheckoutSession(input: $input) { checkoutSession { id url } userErrors { code } } }`;
const portal = `mutation ($input: CreatePortalSessionInput!) {
  createPortalSession(input: $input) { url userErrors { code } } }`;
const reading = "query ($id: ID!) { checkoutSession(id: $id) { status } tiers { slug } }";
const nextBill = "{ viewer { customer { upcomingInvoice { total { amount } } } } tiers { slug } }";
const registration = `mutation ($input: RegisterCustomerInput!) {
  registerCustomer(input: $input) { customer { id } userErrors { code } } }`;

test.for(mishaps)(
  "when Stripe %s, the caller is told in time, nothing is half made, and a retry works",
  async ([what, mishap, codes], { wired: { app, wire } }) => {
    const person = (role: string) =>
      app.person(`${role} when it ${what}`, { email: `${role}@${what.replaceAll(" ", "-")}.example` });
    const [newcomer, buyer, visitor] = [person("newcomer"), person("buyer"), person("visitor")];
    const [reader, subscriber] = [person("reader"), person("subscriber")];
    await Promise.all([register(buyer), register(visitor), subscribe(subscriber)]);
    const read = await reader.checkout("starter");
    const priceId = await findPrice(app, "starter");

    const asked: Record<string, () => Promise<Answer>> = {
      registerCustomer: () => newcomer.graphql(registration, { input: {} }),
      createCheckoutSession: () => buyer.graphql(checkout, { input: { priceId, returnUrl } }),
      createPortalSession: () => visitor.graphql(portal, { input: { returnUrl } }),
      checkoutSession: () => reader.graphql(reading, { id: read.checkoutSession.id }),
      "viewer.customer.upcomingInvoice": () => subscriber.graphql(nextBill),
    };
    wire.spoil(
      "POST",
      /^\/v1\/(customers|checkout\/sessions|billing_portal\/sessions|invoices\/create_preview)$/,
      mishap,
    );
    wire.spoil("GET", /^\/v1\/checkout\/sessions\/\w+$/, mishap);
    const answers = await Promise.all(Object.entries(asked).map(async ([field, ask]) => [field, await ask()] as const));
    wire.mend();
    for (const [field, answer] of answers) expectHonest(answer, field, codes);

    for (const [field, ask] of Object.entries(asked)) {
      await until(`${field} to work`, async () => isThrough(await ask(), field));
    }
    await expectOneOfEach(app, newcomer, buyer);
  },
);

/** The contract's kind of answer, an id to ask about, and nothing of what Stripe said; the rest of the operation is served. */
function expectHonest(answer: Answer, field: string, codes: readonly string[]): void {
  expect(answer.status, field).toBe(200);
  expect(codesOf(answer), field).toEqual(codes);
  expect(answer.errors?.[0]).toMatchObject({
    path: field.split("."),
    extensions: { requestId: answer.headers.get("x-request-id") },
  });
  if (codes === temporary) expect(answer.errors?.[0]?.extensions["retryable"]).toBe(true);
  expect(JSON.stringify(answer.errors)).not.toMatch(/secret|nginx|card|stripe|json|\bat \w+ \(|127\.0\.0\.1/i);
  if (field === "checkoutSession" || field.includes(".")) expect(answer.data.tiers.length).toBeGreaterThan(0);
}

/** The customer's lock may be held for a moment yet: by what nobody waits for any more. */
function isThrough(answer: Answer, field: string): boolean {
  const found = field.split(".").reduce((value, name) => value?.[name], answer.data);
  const [refusal] = found?.userErrors ?? [];
  return !answer.errors && found && refusal?.code !== "REQUEST_IN_PROGRESS";
}

/** Buys a tier. Reading the session brings what Stripe knows, so no webhook is waited for. */
async function subscribe(person: Person): Promise<void> {
  const { checkoutSession } = await person.checkout("starter");
  await person.pay(checkoutSession.url);
  await until("the subscription", async () => {
    await person.graphql(reading, { id: checkoutSession.id });
    return isThrough(await person.graphql(nextBill), "viewer.customer.upcomingInvoice");
  });
}

async function expectOneOfEach(app: TestApp, newcomer: Person, buyer: Person): Promise<void> {
  const [row, ...others] = await rowsOf(app, newcomer.sub);
  expect(others).toEqual([]);
  const customers = await app.stripe.customers.list({ limit: 100 });
  expect(customers.data.filter(({ metadata }) => metadata["billing_external_id"] === newcomer.sub)).toMatchObject([
    { id: row?.stripeCustomerId },
  ]);
  const [account] = await rowsOf(app, buyer.sub);
  const open = await app.stripe.checkout.sessions.list({ customer: account?.stripeCustomerId ?? "none", limit: 100 });
  expect(open.data.filter(({ status }) => status === "open")).toHaveLength(1);
}

test("of several mutations in one operation none begins after the deadline", async ({ wired: { app, wire } }) => {
  const patient = app.person("patient");
  await register(patient);
  const priceId = await findPrice(app, "starter");
  wire.spoil("POST", /^\/v1\/checkout\/sessions$/, "silence");
  const both = `mutation ($checkout: CreateCheckoutSessionInput!, $portal: CreatePortalSessionInput!) {
    createCheckoutSession(input: $checkout) { userErrors { code } }
    createPortalSession(input: $portal) { url userErrors { code } } }`;
  const opened = await apiRequests(app, "POST", "/v1/billing_portal/sessions");
  const answer = await patient.graphql(both, { checkout: { priceId, returnUrl }, portal: { returnUrl } });
  expect(answer.data).toEqual({ createCheckoutSession: null, createPortalSession: null });
  expect(codesOf(answer)).toEqual([...temporary, ...temporary]);
  wire.mend();
  await until("the first one to be over", async () =>
    isThrough(await patient.graphql(checkout, { input: { priceId, returnUrl } }), "createCheckoutSession"),
  );
  expect(await apiRequests(app, "POST", "/v1/billing_portal/sessions")).toEqual(opened);
});

test("what Stripe declined can be asked again at once: its answer is not kept for a day", async ({
  wired: { app },
}) => {
  const declined = app.person("declined");
  await plantFault(app, { method: "POST", path: "/v1/customers", status: 402 });
  expect(codesOf(await declined.graphql(registration, { input: {} }))).toEqual(ours);
  expect((await register(declined)).userErrors).toEqual([]);
  expect(await stripeCustomersOf(app, "declined@example.com")).toHaveLength(1);
});
