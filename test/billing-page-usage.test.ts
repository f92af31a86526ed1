import { expect } from "vitest";
import { test } from "./support/app.js";
import { codesOf } from "./support/graphql.js";
import { count } from "./support/usage.js";

const usage = `query ($features: [String!]) { usage(features: $features) {
  id used limit percentUsed overage { amount } period { start end } feature { key } } }`;

test("usage is told of what is counted and included, in the subscription's period", async ({ app }) => {
  const kim = await app.customerOn("starter", "kim");
  await count(app, "kim", "streaming_minutes", 37);
  const { currentSubscription } = await kim.ask("{ currentSubscription { currentPeriod { start end } } }");
  const all = (await kim.ask(usage)).usage;
  expect(all.map(({ feature }: { feature: { key: string } }) => feature.key)).not.toContain("scenes_premium");
  const [minutes] = (await kim.ask(usage, { features: ["streaming_minutes"] })).usage;
  expect(all).toContainEqual(minutes);
  expect(minutes).toMatchObject({ used: 37, overage: null, period: currentSubscription.currentPeriod });
  expect(minutes.percentUsed).toBe(Math.floor((37 / minutes.limit) * 10_000) / 100);
  expect(
    (await kim.ask("query ($id: ID!) { node(id: $id) { ... on UsageSummary { used } } }", { id: minutes.id })).node,
  ).toEqual({ used: 37 });
});

test("usage on the free tier is told by the month from the first use on", async ({ app }) => {
  const lea = app.person("lea");
  const firstUse = app.now().getTime();
  await count(app, "lea", "streaming_minutes", 5);
  const [minutes] = (await lea.ask(usage, { features: ["streaming_minutes"] })).usage;
  const start = Date.parse(minutes.period.start);
  expect(start).toBeGreaterThanOrEqual(firstUse);
  expect(start).toBeLessThanOrEqual(app.now().getTime());
  expect(new Date(minutes.period.end).getUTCMonth()).toBe((new Date(start).getUTCMonth() + 1) % 12);
  expect((await lea.ask(usage, { features: ["streaming_minutes"] })).usage).toEqual([minutes]);
});

test.for([
  ["nothing_like_it", "is no feature"],
  ["scenes_premium", "is a switch"],
])("usage of %s is refused, for it %s", async ([feature, why], { app }) => {
  const answer = await app.person("max").graphql(usage, { features: [feature] });
  expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
  expect(answer.errors?.[0]?.message).toContain(why);
});
