import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { test as base, startTestApp, type TestApp } from "./support/app.js";
import { codesOf } from "./support/graphql.js";
import { quiet } from "./support/quiet.js";
import { register, registerMutation, rowsOf, selfQuery, stripeCustomersOf } from "./support/registration.js";
import { apiRequests, plantFault } from "./support/stripe.js";

/** A service whose clock may be moved, apart from the one that the other tests share. */
const test = base.extend<{ timed: TestApp }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
  timed: async ({}, use) => {
    const { app, stop } = await startTestApp();
    await use(app);
    await stop();
  },
});

test("the same key with the same input gets the same answer, and nothing more is done", async ({ app }) => {
  const keen = app.person("keen");
  const input = { idempotencyKey: randomUUID(), email: "one@keen.example" };
  const first = await register(keen, input);
  await register(keen, { email: "two@keen.example" });
  const updates = (await apiRequests(app, "POST", "/v1/customers/*")).length;

  // Told again, the first answer's change is not made again; the account is shown as it is now.
  const again = await register(keen, input);
  expect(again).toEqual({ customer: { ...first.customer, email: "two@keen.example" }, userErrors: [] });
  expect(await apiRequests(app, "POST", "/v1/customers/*")).toHaveLength(updates);
});

test("the same key with other input is refused, and the other input is not taken", async ({ app }) => {
  const idempotencyKey = randomUUID();
  const hasty = app.person("hasty");
  await register(hasty, { idempotencyKey, email: "one@hasty.example" });
  expect(await register(hasty, { idempotencyKey, email: "two@hasty.example" })).toMatchObject({
    customer: null,
    userErrors: [{ code: "IDEMPOTENCY_KEY_REUSED" }],
  });
  expect((await rowsOf(app, "hasty"))[0]?.email).toBe("one@hasty.example");
});

test("a key is its customer's own: with the key of another one, somebody gets their own account", async ({ app }) => {
  const idempotencyKey = randomUUID();
  const first = await register(app.person("key-holder"), { idempotencyKey });
  const second = await register(app.person("key-finder"), { idempotencyKey });
  expect([first.customer.externalId, second.customer.externalId]).toEqual(["key-holder", "key-finder"]);
});

test.for([
  ["of 256 characters", "k".repeat(256)],
  ["with a control character", "key\u0000"],
])("an idempotency key %s is refused", async ([, idempotencyKey], { app }) => {
  expect(await register(app.person("odd-key"), { idempotencyKey })).toMatchObject({
    customer: null,
    userErrors: [{ code: "INVALID_INPUT", path: ["input", "idempotencyKey"] }],
  });
});

test("after a day a key is free again", async ({ timed }) => {
  const idempotencyKey = randomUUID();
  const patient = timed.person("patient");
  const advance = (seconds: number) => timed.control("POST", "/sandbox/clock", { advance_seconds: seconds });
  const codesFor = async (email: string) =>
    (await register(patient, { idempotencyKey, email })).userErrors.map(({ code }: { code: string }) => code);

  expect(await codesFor("one@patient.example")).toEqual([]);
  await advance(23 * 3_600);
  expect(await codesFor("two@patient.example")).toEqual(["IDEMPOTENCY_KEY_REUSED"]);
  await advance(3_600 + 60);
  expect(await codesFor("two@patient.example")).toEqual([]);
  expect((await patient.ask(selfQuery)).viewer.customer.email).toBe("two@patient.example");
});

test.for([
  ["before its webhook comes", "hold"],
  ["though its webhook is lost", "drop"],
  ["and its webhook told of it", "send"],
] as const)(
  "a registration cut off once Stripe made the customer goes on with that one, %s",
  async ([, mode], { app }) => {
    const sub = `unlucky-${mode}`;
    const unlucky = app.person(sub);
    await app.control("POST", "/sandbox/deliveries", { mode });
    await plantFault(app, { method: "POST", path: "/v1/customers", times: 2, after: true });
    const answer = await unlucky.graphql(registerMutation, { input: {} });
    expect(codesOf(answer)).toEqual(["UPSTREAM_UNAVAILABLE"]);
    expect(answer.errors?.[0]?.extensions).toMatchObject({ retryable: true });
    const [made, ...others] = await stripeCustomersOf(app, `${sub}@example.com`);
    expect(made?.id).toMatch(/^cus_/);
    expect(others).toEqual([]);
    if (mode === "send") await quiet(app);

    const { customer, userErrors } = await register(unlucky, { name: "Lucky after all" });
    expect(userErrors).toEqual([]);
    expect(customer).toMatchObject({ externalId: sub, name: "Lucky after all" });
    await app.control("POST", "/sandbox/deliveries", { mode: "send" });
    await quiet(app);
    expect((await rowsOf(app, sub)).map((row) => row.stripeCustomerId)).toEqual([made?.id]);
    expect((await stripeCustomersOf(app, `${sub}@example.com`)).map(({ id }) => id)).toEqual([made?.id]);
  },
);

test("while Stripe fails nobody is registered halfway: the next try works, and there is one customer", async ({
  app,
}) => {
  const idempotencyKey = randomUUID();
  const steady = app.person("steady");
  await plantFault(app, { method: "POST", path: "/v1/customers", times: 2, status: 500 });
  const answer = await steady.graphql(registerMutation, { input: { idempotencyKey } });
  expect(codesOf(answer)).toEqual(["UPSTREAM_UNAVAILABLE"]);
  expect(answer.errors?.[0]?.extensions).toMatchObject({ retryable: true });
  expect(await stripeCustomersOf(app, "steady@example.com")).toEqual([]);
  expect((await steady.ask(selfQuery)).viewer.customer).toMatchObject({ externalId: "steady" });

  expect((await register(steady, { idempotencyKey })).customer.externalId).toBe("steady");
  const [atStripe, ...others] = await stripeCustomersOf(app, "steady@example.com");
  expect(others).toEqual([]);
  expect((await rowsOf(app, "steady")).map((row) => row.stripeCustomerId)).toEqual([atStripe?.id]);
});
