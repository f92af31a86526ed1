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

test("usage on the free tier is told by the calendar month", async ({ app }) => {
  const [minutes] = (await app.person("lea").ask(usage)).usage;
  const now = app.now();
  expect(minutes.period).toEqual({
    start: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth())).toISOString(),
    end: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)).toISOString(),
  });
});

test.for([
  ["nothing_like_it", "is no feature"],
  ["scenes_premium", "is a switch"],
])("usage of %s is refused, for it %s", async ([feature, why], { app }) => {
  const answer = await app.person("max").graphql(usage, { features: [feature] });
  expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
  expect(answer.errors?.[0]?.message).toContain(why);
});
