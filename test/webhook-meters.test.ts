import { test as base, expect } from "vitest";
import { clientOf } from "./sandbox/support.js";
import { startTestApp, type TestApp } from "./support/app.js";
import { deliver, inbox, thinOf } from "./support/deliveries.js";
import { meteredEnvironment, metricsOf } from "./support/metrics.js";
import { quiet } from "./support/quiet.js";

const test = base.extend<{ app: TestApp }>({
  app: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, stop } = await startTestApp({ environment: meteredEnvironment });
      await use(app);
      await stop();
    },
    { scope: "file" },
  ],
});

/** The notifications that Stripe would send of what it has reported so far, newest first. */
async function notifications({ sandbox }: TestApp): Promise<string[]> {
  const { data } = await clientOf(sandbox).v2.core.events.list({ limit: 100 });
  return data.map((report) => {
    const { id, type, created } = report;
    const isOfMeter = type === "v1.billing.meter.error_report_triggered";
    return thinOf(type, isOfMeter ? report.related_object : null, { id, created });
  });
}

const alarms = (app: TestApp) =>
  app.logged
    .map((line) => JSON.parse(line))
    .filter(({ level, msg }) => level === 50 && msg === "Stripe's meters could not count some use");

test("use that Stripe's meters could not count is told of with the meter and the reason, and never with whose it was", async ({
  app,
}) => {
  // The service's own client does not take answers without an id, as of this endpoint.
  const stripe = clientOf(app.sandbox);
  const meter = await stripe.billing.meters.create({
    display_name: "Streaming hours",
    event_name: "hours",
    default_aggregation: { formula: "sum" },
  });
  const send = (event_name: string, payload: Record<string, string>) =>
    stripe.billing.meterEvents.create({
      event_name,
      payload,
      identifier: `secret-${event_name}-${payload["value"]}`,
    });
  await send("hours", { stripe_customer_id: "cus_secret", value: "1" });
  await send("hours", { stripe_customer_id: "cus_secret", value: "2" });
  await send("minutes", { stripe_customer_id: "cus_secret", value: "3" });
  const bodies = await notifications(app);
  for (const body of [...bodies, ...bodies]) expect((await deliver(app, body)).status).toBe(200);
  await quiet(app);

  const read = await metricsOf(app);
  expect(read('billing_meter_errors_total{reason="meter_event_customer_not_found"}')).toBe(2);
  expect(read('billing_meter_errors_total{reason="no_meter"}')).toBe(1);
  const found = alarms(app).map(({ meter: of, faults }) => ({ of, faults }));
  expect(found).toHaveLength(3);
  expect(found).toEqual(
    expect.arrayContaining([
      { of: meter.id, faults: [{ fault: "meter_event_customer_not_found", count: 1 }] },
      { of: null, faults: [{ fault: "no_meter", count: 1 }] },
    ]),
  );
  expect(app.logged.join()).not.toContain("secret");
});

test("staff find the reports in the inbox, by their meter", async ({ app }) => {
  const staff = app.person("root", { role: "admin" });
  const [meter] = (await app.stripe.billing.meters.list()).data;
  const query = `query ($stripeId: String) { adminWebhookEvents(
    filter: { stripeId: $stripeId, name: "billing.meter.error_report_triggered" }, first: 10) {
    nodes { name status } } }`;
  const { adminWebhookEvents } = await staff.ask(query, { stripeId: meter?.id });
  expect(adminWebhookEvents.nodes).toEqual([
    { name: "billing.meter.error_report_triggered", status: "PROCESSED" },
    { name: "billing.meter.error_report_triggered", status: "PROCESSED" },
  ]);
});

test("a report that Stripe has no more is stored and marked IGNORED", async ({ app }) => {
  await deliver(app, thinOf("v1.billing.meter.no_meter_found", null, { id: "evt_test_gone" }));
  await quiet(app);
  const row = (await inbox(app)).find(({ id }) => id === "evt_test_gone");
  expect(row).toMatchObject({ status: "IGNORED", problem: expect.stringContaining("any more") });
});
