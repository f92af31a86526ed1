import { expect } from "vitest";
import { test } from "./support/app.js";
import { count, report, results } from "./support/usage.js";

const series = `query ($from: DateTime!, $to: DateTime, $granularity: Granularity!, $feature: String! = "streaming_minutes") {
  usageHistory(feature: $feature, from: $from, to: $to, granularity: $granularity) {
    total points { quantity period { start end } } } }`;

test("what was used shows in the hour, day, week and month in which it was, and all of them add up to the same", async ({
  app,
}) => {
  const ada = await app.customerOn("professional", "ada");
  const now = app.now();
  const at = (hoursAgo: number) => new Date(now.getTime() - hoursAgo * 3_600_000).toISOString();
  const hoursAgo = [0, 0, 1, 5, 30, 60];
  // What lies before the purchase counts as well: into the period that it would have belonged to.
  await results(
    report(
      app,
      "ada",
      hoursAgo.map((hours, n) => ({ feature: "streaming_minutes", quantity: n + 1, occurredAt: at(hours) })),
    ),
  );
  const from = at(24 * 7);
  for (const granularity of ["HOUR", "DAY", "WEEK", "MONTH"]) {
    const { usageHistory } = await ada.ask(series, { from, granularity });
    expect(usageHistory.total).toBe(21);
    const { points } = usageHistory;
    for (const [place, { period }] of points.slice(1).entries()) expect(period.start).toBe(points[place].period.end);
    const usedIn = ({ start, end }: { start: string; end: string }) =>
      hoursAgo.reduce((sum, hours, n) => (at(hours) >= start && at(hours) < end ? sum + n + 1 : sum), 0);
    for (const { quantity, period } of points) expect(quantity).toBe(usedIn(period));
  }
});

test("of a limit the history shows what was taken less what was given back", async ({ app }) => {
  const bob = await app.customerOn("professional", "bob");
  await count(app, "bob", "guests", 5);
  await count(app, "bob", "guests", -3);
  const from = new Date(app.now().getTime() - 60_000).toISOString();
  const { usageHistory } = await bob.ask(series, { from, granularity: "DAY", feature: "guests" });
  expect(usageHistory.total).toBe(2);
});

test("a customer's history is their own, and a service and staff see it through the customer", async ({ app }) => {
  await app.customerOn("professional", "cleo");
  await count(app, "cleo", "streaming_minutes", 9);
  const eve = await app.customerOn("professional", "eve");
  const from = new Date(app.now().getTime() - 3_600_000).toISOString();
  expect((await eve.ask(series, { from, granularity: "HOUR" })).usageHistory.total).toBe(0);
  for (const role of ["service", "admin"] as const) {
    const { customer } = await app.person("somebody", { role }).ask(
      `query ($from: DateTime!) { customer(externalId: "cleo") {
        usageHistory(feature: "streaming_minutes", from: $from, granularity: HOUR) { total } } }`,
      { from },
    );
    expect(customer.usageHistory.total).toBe(9);
  }
});
