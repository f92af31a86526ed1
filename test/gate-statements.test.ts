import { expect, test } from "vitest";

import { startCountedApp } from "./support/counted-app.js";
import { record } from "./support/usage.js";

const gates = [
  [`{ entitlement(feature: "guests") { hasAccess denialReason remaining upgradeTier { slug } } }`, "customer", 1],
  ["{ entitlements { hasAccess limit used source feature { key } } }", "customer", 1],
  [`{ a: entitlement(feature: "guests") { used } b: entitlements { used } }`, "customer", 1],
  [`{ customer(externalId: "ada") { id entitlement(feature: "guests") { hasAccess } } }`, "service", 1],
  [
    `{ customer(externalId: "ada") { ...Gate } } fragment Gate on Customer { entitlements { used } usage { used } }`,
    "service",
    1,
  ],
  [`{ customer(externalId: "ada") { email entitlement(feature: "guests") { hasAccess } } }`, "service", 2],
  [
    `{ a: customer(externalId: "ada") { entitlement(feature: "guests") { used } }
       b: customer(externalId: "bob") { entitlement(feature: "recording_minutes") { used } } }`,
    "service",
    1,
  ],
] as const;

test("a gate is one statement, by whomever and for however many customers, and so is a hundred events", async () => {
  const { app, statements: asked, stop } = await startCountedApp();
  const people = { customer: app.person("ada"), service: app.person("backend", { role: "service" }) };
  /** The fewest of some times: a connection that is opened meanwhile asks for its types, once. */
  const statementsOf = async (work: () => Promise<unknown>) => {
    const counts: number[] = [];
    for (let times = 0; times < 5; times += 1) {
      const before = asked();
      await work();
      counts.push(asked() - before);
    }
    return Math.min(...counts);
  };
  for (const [query, who, statements] of gates) {
    expect([query, await statementsOf(() => people[who].ask(query))]).toEqual([query, statements]);
  }
  let calls = 0;
  const hundred = () => {
    calls += 1;
    const events = Array.from({ length: 100 }, (_, n) => ({
      feature: "streaming_minutes",
      idempotencyKey: `${calls}-${n}`,
    }));
    return people.service.ask(record, { input: { externalCustomerId: "ada", events } });
  };
  expect(await statementsOf(hundred)).toBe(1);
  await stop();
});
