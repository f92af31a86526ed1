import { expect } from "vitest";
import { test as base, startTestApp, type TestApp } from "./support/app.js";
import { type Answer, codesOf } from "./support/graphql.js";
import { findPrice, type Person, returnUrl } from "./support/person.js";
import { register, rowsOf, stripeCustomersOf } from "./support/registration.js";
import { apiRequests, plantFault } from "./support/stripe.js";
import { until } from "./support/until.js";

/** A service in which a call to Stripe may take one second, and an operation two. */
const test = base.extend<{ app: TestApp }>({
  app: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const environment = { STRIPE_TIMEOUT_SECONDS: "1", OPERATION_TIMEOUT_SECONDS: "2" };
      const { app, stop } = await startTestApp({ environment, worker: false });
      await use(app);
      await stop();
    },
    { scope: "file" },
  ],
});

const html = "<html><body><h1>502 Bad Gateway</h1>cus_secret nginx</body></html>";
const page = { body: html, headers: { "content-type": "text/html" } };
const error = { message: "sk_test_secret said no to cus_secret" };

/** What a caller hears: that it passes, or that somebody has to look into it. */
const temporary = ["UPSTREAM_UNAVAILABLE"];
const ours = ["INTERNAL_SERVER_ERROR"];

/** Faults of the sandbox: what it answers itself it has noted under the request's key, as Stripe does. */
const mishaps: readonly (readonly [what: string, fault: object, codes: readonly string[]])[] = [
  ["answers 402", { status: 402, error }, ours],
  ["answers 404", { status: 404, error }, ours],
  ["answers 403", { status: 403, error }, temporary],
  ["answers 409", { status: 409, error }, temporary],
  ["answers 429", { status: 429, error, headers: { "retry-after": "3600" } }, temporary],
  ["answers 500", { status: 500, error }, temporary],
  ["answers with a page", { status: 200, ...page }, temporary],
  ["answers 502 with a page", { status: 502, ...page }, temporary],
  ["answers with half of an object", { status: 200, body: '{"id": "cus_secret", "object": "cust' }, temporary],
  ["does it and answers with half of the object", { garbage: true }, temporary],
  ["answers with another object", { status: 200, body: '{"message": "cus_secret", "ok": true}' }, temporary],
  ["answers with a list", { status: 200, body: "[]" }, temporary],
  ["answers with a bare text", { status: 200, body: '"cus_secret"' }, temporary],
  ["answers with null", { status: 200, body: "null" }, temporary],
  ["answers with an error that is none", { status: 400, body: '{"error": "cus_secret"}' }, temporary],
  ["answers with nothing", { status: 200, body: "" }, temporary],
  ["breaks the connection", { reset: true }, temporary],
  ["does it and breaks the connection", { reset: true, after: true }, temporary],
  ["does not answer", { hang: true }, temporary],
  ["does it and does not answer", { hang: true, after: true }, temporary],
  ["answers a byte at a time", { trickle: true }, temporary],
];

/** Every request to Stripe that what is asked below leads to. */
const requests = [
  { method: "POST", path: "/v1/customers" },
  { method: "POST", path: "/v1/checkout/sessions" },
  { method: "POST", path: "/v1/billing_portal/sessions" },
  { method: "POST", path: "/v1/invoices/create_preview" },
  { method: "GET", path: "/v1/checkout/sessions/*" },
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
  async ([what, fault, codes], { app }) => {
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
    await Promise.all(requests.map((request) => plantFault(app, { ...request, ...fault, times: 100 })));
    const answers = await Promise.all(Object.entries(asked).map(async ([field, ask]) => [field, await ask()] as const));
    await app.control("DELETE", "/sandbox/faults");
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

test("of several mutations in one operation none begins after the deadline", async ({ app }) => {
  const patient = app.person("patient");
  await register(patient);
  const priceId = await findPrice(app, "starter");
  await plantFault(app, { method: "POST", path: "/v1/checkout/sessions", times: 100, hang: true, after: true });
  const both = `mutation ($checkout: CreateCheckoutSessionInput!, $portal: CreatePortalSessionInput!) {
    createCheckoutSession(input: $checkout) { userErrors { code } }
    createPortalSession(input: $portal) { url userErrors { code } } }`;
  const opened = await apiRequests(app, "POST", "/v1/billing_portal/sessions");
  const answer = await patient.graphql(both, { checkout: { priceId, returnUrl }, portal: { returnUrl } });
  expect(answer.data).toEqual({ createCheckoutSession: null, createPortalSession: null });
  expect(codesOf(answer)).toEqual([...temporary, ...temporary]);
  await app.control("DELETE", "/sandbox/faults");
  await until("the first one to be over", async () =>
    isThrough(await patient.graphql(checkout, { input: { priceId, returnUrl } }), "createCheckoutSession"),
  );
  expect(await apiRequests(app, "POST", "/v1/billing_portal/sessions")).toEqual(opened);
});

test("what Stripe declined can be asked again at once: its answer is not kept for a day", async ({ app }) => {
  const declined = app.person("declined");
  await plantFault(app, { method: "POST", path: "/v1/customers", status: 402 });
  expect(codesOf(await declined.graphql(registration, { input: {} }))).toEqual(ours);
  expect((await register(declined)).userErrors).toEqual([]);
  expect(await stripeCustomersOf(app, "declined@example.com")).toHaveLength(1);
});

test("a page that Stripe made, though it said that it could not, is the page that is paid", async ({ app }) => {
  const lucky = app.person("lucky");
  await register(lucky);
  // The SDK's own second try is given the kept answer, in the same way.
  await plantFault(app, { method: "POST", path: "/v1/checkout/sessions", times: 2, status: 500, after: true });
  const { checkoutSession } = await lucky.checkout("starter");
  const [account] = await rowsOf(app, "lucky");
  const { data } = await app.stripe.checkout.sessions.list({ customer: account?.stripeCustomerId ?? "none" });
  expect(data.map(({ url }) => url)).toEqual([checkoutSession.url]);
});
