import { expect, test } from "vitest";
import { startTestApp, type TestApp } from "./support/app.js";
import { deliver, eventOf, inbox, thinOf } from "./support/deliveries.js";
import { meteredEnvironment, metricsOf } from "./support/metrics.js";
import { quiet } from "./support/quiet.js";
import { apiRequests, plantFault } from "./support/stripe.js";
import { until } from "./support/until.js";

/** Each test has a service of its own, which does not know its account yet. */
async function withService(work: (app: TestApp) => Promise<void>): Promise<void> {
  const { app, stop } = await startTestApp({ environment: meteredEnvironment });
  try {
    await work(app);
  } finally {
    await stop();
  }
}

async function settle(app: TestApp, body: string) {
  expect((await deliver(app, body)).status).toBe(200);
  const { id } = JSON.parse(body);
  return until("the event to be settled", async () => {
    const row = (await inbox(app)).find((found) => found.id === id);
    return row && !["PENDING", "PROCESSING"].includes(row.status) ? row : undefined;
  });
}

async function customerOf(app: TestApp): Promise<string> {
  const ada = app.person("ada");
  await ada.ask("mutation { registerCustomer(input: {}) { customer { id } } }");
  await quiet(app);
  return (await app.stripe.customers.list({ email: "ada@example.com" })).data[0]?.id ?? "";
}

const updated = (id: string, envelope: Record<string, unknown>) =>
  eventOf("customer.updated", { object: "customer", id }, envelope);

const ignored = (app: TestApp, reason: string) =>
  metricsOf(app).then((read) => read(`billing_webhook_ignored_total{reason="${reason}"}`));

const warnings = (app: TestApp, reason: string) =>
  app.logged.map((line) => JSON.parse(line)).filter(({ level, ignored }) => level === 40 && ignored === reason);

const asked = (app: TestApp) => apiRequests(app, "GET", "/v1/account");

test("events of the other mode are taken, ignored with the reason, counted, and logged as warnings", () =>
  withService(async (app) => {
    const id = await customerOf(app);
    const thin = thinOf("v1.customer.updated", { type: "customer", id }, { livemode: true });
    for (const event of [updated(id, { livemode: true }), thin]) {
      const row = await settle(app, event);
      expect(row).toMatchObject({ status: "IGNORED", problem: expect.stringContaining("other mode"), attempts: 0 });
    }
    expect(await ignored(app, "other_mode")).toBe(2);
    expect(warnings(app, "other_mode")).toHaveLength(2);
  }));

test("events of other accounts are ignored, be they of a connected account or of an organisation's", () =>
  withService(async (app) => {
    const id = await customerOf(app);
    const inContext = (context: string) => thinOf("v1.customer.updated", { type: "customer", id }, { context });
    const events = [updated(id, { account: "acct_other" }), inContext("acct_other"), inContext("org_1/acct_other")];
    for (const event of events) {
      const row = await settle(app, event);
      expect(row).toMatchObject({ status: "IGNORED", problem: expect.stringContaining("another Stripe account") });
    }
    expect(await ignored(app, "other_account")).toBe(3);
    expect(warnings(app, "other_account")).toHaveLength(3);
    expect(await asked(app), "who we are is asked once").toHaveLength(1);
  }));

test("events that name the service's own account are processed", () =>
  withService(async (app) => {
    const id = await customerOf(app);
    const { id: account } = await app.stripe.accounts.retrieveCurrent();
    const inOrganisation = { context: `org_1/${account}` };
    const thin = thinOf("v1.customer.updated", { type: "customer", id }, inOrganisation);
    for (const event of [updated(id, { account }), thin, updated(id, { account: null })]) {
      expect(await settle(app, event)).toMatchObject({ status: "PROCESSED" });
    }
  }));

test("a delivery never waits for Stripe to say who we are", () =>
  withService(async (app) => {
    const id = await customerOf(app);
    await plantFault(app, { method: "GET", path: "/v1/account", times: 4, status: 500 });
    const event = updated(id, { account: "acct_other" });
    expect((await deliver(app, event)).status).toBe(200);
    await until("it was put back", async () =>
      (await inbox(app)).find((row) => row.id === JSON.parse(event).id && row.problem),
    );
    await app.control("DELETE", "/sandbox/faults");
    expect(await settle(app, event)).toMatchObject({ status: "IGNORED", attempts: 0 });
  }));

test("with a key that may not read the account, events of others are ignored because Stripe has no such object", () =>
  withService(async (app) => {
    const id = await customerOf(app);
    const { id: account } = await app.stripe.accounts.retrieveCurrent();
    await plantFault(app, { method: "GET", path: "/v1/account", times: 100, status: 403 });
    expect(await settle(app, updated("cus_of_another", { account: "acct_other" }))).toMatchObject({
      status: "IGNORED",
      problem: expect.stringContaining("not made by this service"),
    });
    expect(await settle(app, updated(id, { account }))).toMatchObject({ status: "PROCESSED" });
  }));
